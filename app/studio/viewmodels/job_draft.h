#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <QObject>
#include <QString>

#include "core/domain/job.h"
#include "core/domain/job_file.h"
#include "core/domain/job_yaml.h"

namespace longship {

/// All that a draft is made of: enough to go on with it another day.
struct DraftState {
    std::string base;    ///< The file that is being changed.
    std::string saved;   ///< What stands on the disk, when there is a path.
    std::string path;    ///< Empty: of no file.
    JobChanges changes;  ///< What was typed.

    bool operator==(const DraftState&) const = default;
};

/// The New run form's draft: a job file, and what was typed into the form, as it was typed. The form and the
/// file are two views of it: what is typed is written into the file where the value stands.
class JobDraft : public QObject {
    Q_OBJECT

public:
    explicit JobDraft(QObject* parent = nullptr);

    /// Starts over from a job: the demo's, or an earlier run's.
    void setJob(const JobSpec& job);

    /// Starts over from a file's text; `path` is empty when it is not on the disk.
    void setFile(const std::string& yaml, const QString& path = {});

    /// The file was changed by hand.
    void setYaml(const QString& yaml);

    /// The job as far as the file can be read; a table's path is absolute.
    const JobSpec& job() const { return m_job; }

    /// What stands in the field; empty when the key is left out.
    QString text(std::string_view key) const;
    /// What it is when it is left out; empty when that is found out only when it runs.
    QString standard(std::string_view key) const;
    /// text(), or what stands for it.
    QString value(std::string_view key) const;
    /// Empty takes a value out that has a default.
    void setText(std::string_view key, const QString& text);
    void apply(const JobChanges& changes);

    /// Changes several values at once.
    void edit(const std::function<void(JobSpec&)>& change);

    /// Whether the key means anything beside what else was chosen.
    bool isUsed(std::string_view key) const;

    /// All of them, in the order of the file, with their places in it.
    const std::vector<JobProblem>& problems() const { return m_problems; }
    bool isValid() const { return m_problems.empty(); }

    QString yaml() const { return QString::fromStdString(m_yaml); }
    QString path() const { return QString::fromStdString(m_state.path); }
    /// Something would be lost with it: the file on the disk differs.
    bool isUnsaved() const { return m_state.path.empty() || m_yaml != m_state.saved; }
    /// It has just been written there.
    void setSaved(const QString& path);

    /// What starts the same run from a terminal.
    QString command(const std::string& cluster) const;

    const DraftState& state() const { return m_state; }
    void restore(const DraftState& state);

Q_SIGNALS:
    void changed();

private:
    void change(std::string_view key, const std::string& text);
    JobValues valuesNow() const;
    JobChanges meaningfulChanges() const;
    void read();

    DraftState m_state;
    JobValues m_baseValues;  ///< Of m_state.base.
    JobValues m_values;      ///< Of the job as read: the defaults, too.
    std::string m_yaml;
    JobSpec m_job;
    std::vector<JobProblem> m_problems;
};

}  // namespace longship
