#include "app/studio/pages/csv_section.h"

#include <algorithm>

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/studio/text/table_text.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr std::size_t kProblemsShownMax = 4;

/// A control made of the file's name and the button beside it.
QWidget* beside(QLineEdit* line, QPushButton* button) {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(line, 1);
    layout->addWidget(button);
    row->setFocusProxy(line);
    return row;
}

QTableView* makePreview(StudioModel& studio, QWidget* parent) {
    auto* view = new QTableView(parent);
    view->setModel(new CsvTableText(&studio.csv(), view));
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(26);
    view->setSelectionMode(QAbstractItemView::NoSelection);
    view->setShowGrid(false);
    view->setFixedHeight(276);
    view->setObjectName(QStringLiteral("csvPreview"));
    view->setAccessibleName(CsvSection::tr("First rows of the table"));
    return view;
}

}  // namespace

CsvSection::CsvSection(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_file(new QLineEdit(this)),
      m_label(new QComboBox(this)),
      m_summary(makeLabel(TextRole::Small, {}, this)),
      m_problems(makeLabel(TextRole::Problem, {}, this)),
      m_preview(makePreview(studio, this)) {
    auto* browse = new QPushButton(tr("Choose file…"), this);
    browse->setObjectName(QStringLiteral("chooseCsv"));
    m_fileField = new FormField(tr("Table (CSV with a header row)"), beside(m_file, browse), this);
    m_labelField = new FormField(tr("Column to predict"), m_label, this);
    m_file->setObjectName(QStringLiteral("csvFile"));
    m_file->setAccessibleName(tr("Table (CSV with a header row)"));
    m_label->setObjectName(QStringLiteral("csvLabel"));
    m_problems->setWordWrap(true);
    auto* fields = new QHBoxLayout;
    fields->setSpacing(spacing::kLarge);
    fields->addWidget(m_fileField, 3);
    fields->addWidget(m_labelField, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(fields);
    layout->addWidget(m_summary);
    layout->addWidget(m_problems);
    layout->addWidget(m_preview);
    connect(browse, &QPushButton::clicked, this, &CsvSection::chooseFile);
    connect(m_file, &QLineEdit::editingFinished, this, [this] { useFile(m_file->text().trimmed()); });
    connect(m_label, &QComboBox::activated, this, [this] {
        m_studio.draft().edit([label = m_label->currentData().toString().toStdString()](JobSpec& job) {
            job.dataset.label = label;
        });
    });
    connect(&studio.csv(), &CsvPreviewModel::stateChanged, this, &CsvSection::refreshPreview);
    refreshPreview();
}

void CsvSection::refresh() {
    const QString path = QString::fromStdString(m_studio.draft().job().dataset.csv);
    if (!m_file->hasFocus() && m_file->text() != path) {
        m_file->setText(path);
    }
    m_studio.csv().load(path);
    refreshColumns();
}

bool CsvSection::isUsable() const {
    const auto& dataset = m_studio.draft().job().dataset;
    return m_studio.csv().state() == CsvPreviewModel::State::Loaded &&
           trainingProblems(m_studio.csv().summary(), dataset.label).empty();
}

void CsvSection::chooseFile() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Choose a table"), m_studio.settings().lastFolder(),
                                     tr("CSV tables (*.csv);;All files (*)"));
    if (!path.isEmpty()) {
        m_studio.settings().setLastFolder(QFileInfo(path).absolutePath());
        m_file->setText(path);
        useFile(path);
    }
}

void CsvSection::useFile(const QString& path) {
    if (path.toStdString() == m_studio.draft().job().dataset.csv) {
        return;
    }
    m_studio.draft().edit([&](JobSpec& job) {
        job.dataset.csv = path.toStdString();
        job.dataset.label.clear();
        if (job.name == demoJob().name) {
            job.name = QFileInfo(path).completeBaseName().toStdString();
        }
    });
}

void CsvSection::refreshPreview() {
    const CsvPreviewModel& csv = m_studio.csv();
    const bool loaded = csv.state() == CsvPreviewModel::State::Loaded;
    m_preview->setVisible(loaded);
    m_summary->setVisible(csv.state() != CsvPreviewModel::State::Failed);
    switch (csv.state()) {
        case CsvPreviewModel::State::Empty:
            m_summary->setText(tr("Choose a file to see its first rows. Types are inferred from all of it."));
            break;
        case CsvPreviewModel::State::Loading: m_summary->setText(tr("Reading the file…")); break;
        case CsvPreviewModel::State::Loaded:
            m_summary->setText(
                tr("%1 rows, %2 columns")
                    .arg(Words::count(csv.summary().rows), Words::count(csv.summary().columns.size())));
            m_preview->resizeColumnsToContents();
            break;
        case CsvPreviewModel::State::Failed: break;
    }
    refreshColumns();
}

void CsvSection::refreshColumns() {
    const CsvPreviewModel& csv = m_studio.csv();
    const QSignalBlocker quiet(m_label);
    m_label->clear();
    m_label->addItem(tr("Choose…"), QString());
    for (const CsvColumn& column : csv.summary().columns) {
        const QString name = QString::fromStdString(column.name);
        m_label->addItem(name, name);
    }
    const auto& dataset = m_studio.draft().job().dataset;
    m_label->setCurrentIndex(std::max(0, m_label->findData(QString::fromStdString(dataset.label))));
    QStringList lines;
    if (csv.error()) {
        lines << Words::error(*csv.error());
    }
    if (csv.state() == CsvPreviewModel::State::Loaded) {
        const auto problems =
            dataset.label.empty() ? csv.summary().problems : trainingProblems(csv.summary(), dataset.label);
        for (std::size_t i = 0; i < std::min(problems.size(), kProblemsShownMax); ++i) {
            const QString text = QString::fromStdString(problems[i].text);
            lines << (problems[i].line > 0 ? tr("Line %1: %2").arg(problems[i].line).arg(text) : text);
        }
        if (problems.size() > kProblemsShownMax) {
            lines << tr("… and %1 more").arg(problems.size() - kProblemsShownMax);
        }
    }
    m_problems->setText(lines.join(u'\n'));
    m_problems->setVisible(!lines.isEmpty());
}

}  // namespace longship
