#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/form_field.h"

namespace longship {

/// The part of the form for a person's own table: the file, the column to predict, and the first rows with
/// what each column was taken for.
class CsvSection : public QWidget {
    Q_OBJECT

public:
    explicit CsvSection(StudioModel& studio, QWidget* parent = nullptr);

    FormField* fileField() const { return m_fileField; }
    FormField* labelField() const { return m_labelField; }

    /// Shows the draft's file and column.
    void refresh();

    /// False while the table itself cannot be trained on, whatever the form says.
    bool isUsable() const;

private:
    void chooseFile();
    void useFile(const QString& path);
    void refreshPreview();
    void refreshColumns();

    StudioModel& m_studio;
    QLineEdit* m_file;
    QComboBox* m_label;
    FormField* m_fileField;
    FormField* m_labelField;
    QLabel* m_summary;
    QLabel* m_problems;
    QTableView* m_preview;
};

}  // namespace longship
