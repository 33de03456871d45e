#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <QObject>
#include <QString>

#include "core/domain/job.h"
#include "core/domain/job_yaml.h"

namespace longship {

/// Why the text of a field is not a value at all; what the value may be is said by JobProblem.
enum class FieldSyntax { Fine, NotWholeNumber, NotNumber, NotNumberList };

/// What is wrong with one field of the form.
struct FieldProblem {
    FieldSyntax syntax = FieldSyntax::Fine;
    JobProblem problem;  ///< Of the job's check, when the syntax is fine.
};

/// The New run form's draft: numbers as the person typed them, the rest as values. It becomes a JobSpec when
/// every field can be read and checkJob() finds nothing.
class JobDraft : public QObject {
    Q_OBJECT

public:
    /// The fields that are typed as text, by their key in the job file.
    static constexpr const char* kEpochs = "epochs";
    static constexpr const char* kGlobalBatch = "global_batch";
    static constexpr const char* kLearningRate = "optimizer.learning_rate";
    static constexpr const char* kMomentum = "optimizer.momentum";
    static constexpr const char* kWeightDecay = "optimizer.weight_decay";
    static constexpr const char* kSeed = "seed";
    static constexpr const char* kHidden = "model.hidden";

    explicit JobDraft(QObject* parent = nullptr);

    /// Starts over from a job: the demo's, or an earlier run's.
    void setJob(const JobSpec& job);

    /// The job as far as the fields can be read.
    const JobSpec& job() const { return m_job; }

    QString text(const char* key) const;
    void setText(const char* key, const QString& text);

    /// Changes values that need no reading: choices, paths, names.
    void edit(const std::function<void(JobSpec&)>& change);

    /// By the key of the field; several problems of one key are all there.
    const std::multimap<std::string, FieldProblem>& problems() const { return m_problems; }
    bool isValid() const { return m_problems.empty(); }

    /// The job file that does the same.
    QString yaml() const;

Q_SIGNALS:
    void changed();

private:
    void showTexts();
    void check();

    JobSpec m_job;
    std::map<std::string, QString> m_texts;
    std::map<std::string, FieldSyntax> m_unreadable;
    std::multimap<std::string, FieldProblem> m_problems;
};

}  // namespace longship
