#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <QComboBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QWidget>

#include "app/studio/pages/csv_section.h"
#include "app/studio/pages/job_review.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/form_field.h"

namespace longship {

/// The sections of a new run, one below the other, made of the descriptions of a job's keys. A key that means
/// nothing beside what was chosen has no field.
class JobForm : public QScrollArea {
    Q_OBJECT

public:
    explicit JobForm(StudioModel& studio, QWidget* parent = nullptr);

    /// Brings a key's field into view and puts the cursor there; false when it has none.
    bool goTo(const std::string& key);
    void goToPart(JobPart part);
    void goToReview();

    CsvSection* csv() const { return m_csv; }
    JobReview* review() const { return m_review; }

    void refresh();

private:
    struct Part {
        QWidget* card = nullptr;
        QGridLayout* grid = nullptr;
        int columns = 0;
        std::vector<std::string> keys;   ///< Of its fields, in order.
        std::vector<std::string> shown;  ///< As they are laid out now.
    };

    Part& makePart(JobPart part, QWidget* parent);
    void addField(const JobKey& key);
    QWidget* makeChoice(const JobKey& key);
    QWidget* makeLine(const JobKey& key);
    void chooseDataset();
    void layOut(Part& part);
    void refreshField(const std::string& key);
    void refreshProblems();

    StudioModel& m_studio;
    std::map<JobPart, Part> m_parts;
    std::map<std::string, FormField*> m_fields;
    std::map<std::string, QComboBox*> m_choices;
    std::map<std::string, QLineEdit*> m_lines;
    QWidget* m_table = nullptr;
    CsvSection* m_csv = nullptr;
    JobReview* m_review = nullptr;
};

}  // namespace longship
