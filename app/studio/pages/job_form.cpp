#include "app/studio/pages/job_form.h"

#include <algorithm>

#include <QFrame>
#include <QHBoxLayout>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/studio/text/job_key_words.h"
#include "app/studio/text/problem_words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "core/domain/job_keys.h"

namespace longship {

namespace {

constexpr int kColumns = 4;
constexpr int kColumnMin = 120;

QString nameOf(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// The list stands for dataset.name and for the table; a script or a test finds it by the short name.
QString controlName(const JobKey& key) {
    return key.key == "dataset.name" ? QStringLiteral("dataset") : nameOf(key.key);
}

/// A card with a heading and a grid of equal columns.
QGridLayout* makeCard(QWidget* card, const QString& heading, const QString& about) {
    card->setProperty("card", true);
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kLarge, spacing::kSmall);
    layout->setSpacing(spacing::kSmall);
    auto* head = new QHBoxLayout;
    head->setSpacing(spacing::kMedium);
    head->addWidget(makeLabel(TextRole::Heading, heading, card));
    head->addWidget(makeLabel(TextRole::Small, about, card), 1);
    layout->addLayout(head);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kLarge);
    grid->setVerticalSpacing(spacing::kTight);
    layout->addLayout(grid);
    return grid;
}

/// These choices explain themselves in half a line; all else is short.
int widthOf(const JobKey& key) {
    return key.key == "strategy.kind" || key.key == "strategy.mode" ? 2 : 1;
}

}  // namespace

JobForm::JobForm(StudioModel& studio, QWidget* parent) : QScrollArea(parent), m_studio(studio) {
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("scrollContent"));
    auto* cards = new QVBoxLayout(content);
    cards->setContentsMargins(0, 0, 0, 0);
    cards->setSpacing(spacing::kMedium);
    auto* upper = new QHBoxLayout;
    upper->setSpacing(spacing::kMedium);
    upper->addWidget(makePart(JobPart::Data, content).card, 1);
    upper->addWidget(makePart(JobPart::Model, content).card, 1);
    cards->addLayout(upper);
    for (const JobPart part : {JobPart::Training, JobPart::Strategy, JobPart::Placement}) {
        cards->addWidget(makePart(part, content).card);
    }
    for (const JobKey& key : jobKeys()) {
        addField(key);
    }
    m_csv = new CsvSection(studio, content);
    m_table = new QFrame(content);
    makeCard(m_table, tr("Your table"), {})->addWidget(m_csv, 0, 0);
    m_table->setObjectName(QStringLiteral("csvCard"));
    m_fields["dataset.csv"] = m_csv->fileField();
    m_fields["dataset.label"] = m_csv->labelField();
    cards->insertWidget(1, m_table);
    m_review = new JobReview(studio, content);
    cards->addWidget(m_review);
    cards->addStretch();
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWidget(content);
    setFocusPolicy(Qt::NoFocus);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, content,
            [cards](int, int most) { cards->setContentsMargins(0, 0, most > 0 ? spacing::kMedium : 0, 0); });
    connect(&studio.draft(), &JobDraft::changed, this, &JobForm::refresh);
    refresh();
}

JobForm::Part& JobForm::makePart(JobPart kind, QWidget* parent) {
    Part& part = m_parts[kind];
    part.card = new QFrame(parent);
    part.grid = makeCard(part.card, JobKeyWords::of(kind), JobKeyWords::about(kind));
    // The first two are short, and stand side by side.
    part.columns = kind == JobPart::Data || kind == JobPart::Model ? kColumns / 2 : kColumns;
    for (int column = 0; column < part.columns; ++column) {
        part.grid->setColumnStretch(column, 1);
        part.grid->setColumnMinimumWidth(column, kColumnMin);
    }
    return part;
}

/// The table's own keys have a card of their own, and which data was brought is nobody's choice.
void JobForm::addField(const JobKey& key) {
    if (key.key == "dataset.csv" || key.key == "dataset.label" || key.key == "dataset.content") {
        return;
    }
    Part& part = m_parts[key.part];
    QWidget* control = key.words.empty() ? makeLine(key) : makeChoice(key);
    control->setObjectName(controlName(key));
    auto* field = new FormField(JobKeyWords::title(key.key), control, part.card);
    field->setHint(JobKeyWords::hint(key));
    control->setToolTip(nameOf(key.key) + QStringLiteral(": ") + nameOf(key.about) +
                        (key.range.empty() ? QString() : QStringLiteral(" (") + nameOf(key.range) + u')'));
    m_fields[std::string(key.key)] = field;
    part.keys.emplace_back(key.key);
}

QWidget* JobForm::makeChoice(const JobKey& key) {
    auto* box = new QComboBox(this);
    for (const std::string_view word : key.words) {
        box->addItem(JobKeyWords::choice(key.key, word), nameOf(word));
    }
    m_choices[std::string(key.key)] = box;
    if (key.key == "dataset.name") {
        box->addItem(tr("My own table (CSV)"), QString());
        connect(box, &QComboBox::activated, this, &JobForm::chooseDataset);
    } else {
        connect(box, &QComboBox::activated, this, [this, box, name = std::string(key.key)] {
            m_studio.draft().setText(name, box->currentData().toString());
        });
    }
    return box;
}

QWidget* JobForm::makeLine(const JobKey& key) {
    auto* line = new QLineEdit(this);
    m_lines[std::string(key.key)] = line;
    connect(line, &QLineEdit::textEdited, this, [this, name = std::string(key.key)](const QString& text) {
        m_studio.draft().setText(name, text);
    });
    return line;
}

void JobForm::chooseDataset() {
    JobDraft& draft = m_studio.draft();
    const std::string name = m_choices["dataset.name"]->currentData().toString().toStdString();
    const bool defaultWidths = draft.job().model.hidden == ModelSpec().hidden;
    draft.edit([&](JobSpec& job) {
        job.dataset.name = name;
        if (name.empty()) {
            job.model.name = "mlp";  // A table has no image.
        } else {
            job.dataset.csv.clear();
            job.dataset.label.clear();
        }
    });
    if (name.empty() && defaultWidths) {
        // The default is made for images; a table of some columns is learned by less.
        draft.setText("model.hidden", QStringLiteral("64, 64"));
    }
}

void JobForm::refresh() {
    for (auto& [kind, part] : m_parts) {
        for (const std::string& key : part.keys) {
            refreshField(key);
        }
        layOut(part);
    }
    m_table->setVisible(m_studio.draft().job().dataset.name.empty());
    m_csv->refresh();
    refreshProblems();
}

void JobForm::refreshField(const std::string& key) {
    const JobDraft& draft = m_studio.draft();
    if (const auto line = m_lines.find(key); line != m_lines.end()) {
        if (const QString text = draft.text(key); line->second->text() != text) {
            line->second->setText(text);
        }
        line->second->setPlaceholderText(draft.standard(key));
    }
    if (const auto box = m_choices.find(key); box != m_choices.end()) {
        const QSignalBlocker quiet(box->second);
        box->second->setCurrentIndex(box->second->findData(draft.value(key)));
    }
}

void JobForm::layOut(Part& part) {
    std::vector<std::string> shown;
    std::copy_if(
        part.keys.begin(), part.keys.end(), std::back_inserter(shown),
        [this](const std::string& key) { return key == "dataset.name" || m_studio.draft().isUsed(key); });
    if (shown == part.shown) {
        return;
    }
    part.shown = shown;
    int row = 0;
    int column = 0;
    QWidget* before = nullptr;
    for (const std::string& key : part.keys) {
        FormField* field = m_fields[key];
        part.grid->removeWidget(field);
        const bool visible = std::find(shown.begin(), shown.end(), key) != shown.end();
        field->setVisible(visible);
        if (!visible) {
            continue;
        }
        const int width = widthOf(*jobKey(key));
        if (column + width > part.columns) {
            ++row;
            column = 0;
        }
        part.grid->addWidget(field, row, column, 1, width);
        column += width;
        if (before != nullptr) {
            QWidget::setTabOrder(before, field->control());
        }
        before = field->control();
    }
}

void JobForm::refreshProblems() {
    std::map<FormField*, QString> texts;
    for (const JobProblem& problem : m_studio.draft().problems()) {
        const std::string key = problem.key == "dataset" ? "dataset.csv" : problem.key;
        if (const auto field = m_fields.find(key); field != m_fields.end()) {
            texts.emplace(field->second, ProblemWords::of(problem));
        }
    }
    for (const auto& [key, field] : m_fields) {
        const auto text = texts.find(field);
        field->setProblem(text == texts.end() ? QString() : text->second);
    }
}

bool JobForm::goTo(const std::string& key) {
    const auto field = m_fields.find(key == "dataset" ? "dataset.csv" : key);
    if (field == m_fields.end() || field->second->isHidden() || !field->second->isVisibleTo(this)) {
        return false;
    }
    ensureWidgetVisible(field->second, 0, spacing::kPage);
    field->second->control()->setFocus(Qt::ShortcutFocusReason);
    if (auto* line = qobject_cast<QLineEdit*>(field->second->control())) {
        line->selectAll();
    }
    return true;
}

void JobForm::goToPart(JobPart kind) {
    const Part& part = m_parts[kind];
    verticalScrollBar()->setValue(part.card->y());
    if (!part.shown.empty()) {
        m_fields[part.shown.front()]->control()->setFocus(Qt::ShortcutFocusReason);
    }
}

void JobForm::goToReview() {
    verticalScrollBar()->setValue(m_review->y());
}

}  // namespace longship
