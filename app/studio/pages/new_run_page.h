#pragma once

#include <map>
#include <string>

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QWidget>

#include "app/studio/pages/csv_section.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/form_field.h"

namespace longship {

/// The form of a new run, filled in with the demo's job at first. Train starts it; so does Enter.
class NewRunPage : public QWidget {
    Q_OBJECT

public:
    explicit NewRunPage(StudioModel& studio, QWidget* parent = nullptr);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void trainOrCancel();
    QWidget* makeDataCard();
    QWidget* makeModelCard();
    QWidget* makeTrainingCard();
    QWidget* makeActions();
    FormField* addField(const char* key, const QString& name, QWidget* control);
    FormField* addNumber(const char* key, const QString& name);
    void connectChoices();

    void refresh();
    void refreshProblems();
    void refreshActions();
    void chooseDataset();
    void showAsFile();

    StudioModel& m_studio;
    std::multimap<std::string, FormField*> m_fields;
    std::map<std::string, QLineEdit*> m_numbers;
    QLineEdit* m_name = nullptr;
    QComboBox* m_dataset = nullptr;
    CsvSection* m_csv = nullptr;
    QComboBox* m_model = nullptr;
    QComboBox* m_optimizer = nullptr;
    QComboBox* m_workers = nullptr;
    QComboBox* m_numerics = nullptr;
    QComboBox* m_dataPlane = nullptr;
    QPushButton* m_train = nullptr;
    QLabel* m_readiness = nullptr;
    QLabel* m_problems = nullptr;
};

}  // namespace longship
