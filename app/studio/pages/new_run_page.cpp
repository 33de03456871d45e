#include "app/studio/pages/new_run_page.h"

#include <utility>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/studio/pages/dialogs.h"
#include "app/studio/pages/node_strip.h"
#include "app/studio/text/problem_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr int kColumns = 4;
constexpr int kWorkersOffered = 16;

/// A card with a heading and a grid of equal columns for its fields.
QGridLayout* makeCard(QWidget* card, const QString& heading) {
    card->setProperty("card", true);
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kLarge, spacing::kSmall);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(makeLabel(TextRole::Heading, heading, card));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kLarge);
    grid->setVerticalSpacing(spacing::kTight);
    layout->addLayout(grid);
    return grid;
}

void equalColumns(QGridLayout* grid, int columns) {
    for (int column = 0; column < columns; ++column) {
        grid->setColumnStretch(column, 1);
        grid->setColumnMinimumWidth(column, 120);
    }
}

QComboBox* makeChoice(const QString& name, const std::vector<std::pair<QString, QVariant>>& choices) {
    auto* box = new QComboBox;
    box->setObjectName(name);
    for (const auto& [text, value] : choices) {
        box->addItem(text, value);
    }
    return box;
}

template <typename Enum>
QVariant valueOf(Enum value) {
    return static_cast<int>(value);
}

template <typename Enum>
Enum chosen(const QComboBox* box) {
    return static_cast<Enum>(box->currentData().toInt());
}

void select(QComboBox* box, const QVariant& value) {
    const QSignalBlocker quiet(box);
    box->setCurrentIndex(box->findData(value));
}

}  // namespace

NewRunPage::NewRunPage(StudioModel& studio, QWidget* parent) : QWidget(parent), m_studio(studio) {
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("scrollContent"));
    auto* cards = new QVBoxLayout(content);
    cards->setContentsMargins(0, 0, 0, 0);
    cards->setSpacing(spacing::kMedium);
    auto* upper = new QHBoxLayout;
    upper->setSpacing(spacing::kMedium);
    upper->addWidget(makeDataCard(), 1);
    upper->addWidget(makeModelCard(), 1);
    cards->addLayout(upper);
    m_csv = new CsvSection(studio, content);
    auto* table = new QFrame(content);
    makeCard(table, tr("Your table"))->addWidget(m_csv, 0, 0);
    table->setObjectName(QStringLiteral("csvCard"));
    m_fields.emplace("dataset.csv", m_csv->fileField());
    m_fields.emplace("dataset.label", m_csv->labelField());
    cards->addWidget(table);
    cards->addWidget(makeTrainingCard());
    cards->addStretch();
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    connect(scroll->verticalScrollBar(), &QScrollBar::rangeChanged, this,
            [cards](int, int most) { cards->setContentsMargins(0, 0, most > 0 ? spacing::kMedium : 0, 0); });

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeActions());
    layout->addWidget(scroll, 1);
    layout->addWidget(new NodeStrip(studio, this));

    setFocusProxy(m_train);
    connectChoices();
    connect(&studio.draft(), &JobDraft::changed, this, &NewRunPage::refresh);
    connect(&studio.csv(), &CsvPreviewModel::stateChanged, this, &NewRunPage::refreshActions);
    connect(&studio, &StudioModel::clusterChanged, this, &NewRunPage::refreshActions);
    connect(&studio, &StudioModel::trainStateChanged, this, &NewRunPage::refreshActions);
    refresh();
}

QWidget* NewRunPage::makeActions() {
    auto* bar = new QWidget(this);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(makeLabel(TextRole::Title, tr("New run"), bar));
    m_readiness = makeLabel(TextRole::Muted, {}, bar);
    words->addWidget(m_readiness);
    layout->addLayout(words);
    layout->addStretch();
    m_problems = makeLabel(TextRole::Problem, {}, bar);
    layout->addWidget(m_problems);
    auto* file = new QPushButton(tr("Show as file"), bar);
    file->setObjectName(QStringLiteral("showAsFile"));
    m_train = new QPushButton(bar);
    m_train->setObjectName(QStringLiteral("train"));
    m_train->setProperty("primary", true);
    m_train->setProperty("large", true);
    layout->addWidget(file);
    layout->addWidget(m_train);
    connect(file, &QPushButton::clicked, this, &NewRunPage::showAsFile);
    connect(m_train, &QPushButton::clicked, this, &NewRunPage::trainOrCancel);
    return bar;
}

void NewRunPage::trainOrCancel() {
    if (m_studio.trainState() == StudioModel::TrainState::WaitingForNodes) {
        m_studio.cancelTrain();
    } else if (m_train->isEnabled()) {
        m_studio.train();
    }
}

/// A field has no use for it. (No shortcut: that would ask the window system whether this window is active,
/// which it may not know yet.)
void NewRunPage::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        trainOrCancel();
        return;
    }
    QWidget::keyPressEvent(event);
}

FormField* NewRunPage::addField(const char* key, const QString& name, QWidget* control) {
    auto* field = new FormField(name, control, this);
    m_fields.emplace(key, field);
    return field;
}

FormField* NewRunPage::addNumber(const char* key, const QString& name) {
    auto* line = new QLineEdit(this);
    line->setObjectName(QString::fromLatin1(key));
    m_numbers[key] = line;
    connect(line, &QLineEdit::textEdited, this,
            [this, key](const QString& text) { m_studio.draft().setText(key, text); });
    return addField(key, name, line);
}

QWidget* NewRunPage::makeDataCard() {
    auto* card = new QFrame(this);
    auto* grid = makeCard(card, tr("Data"));
    equalColumns(grid, 2);
    m_name = new QLineEdit(card);
    m_name->setObjectName(QStringLiteral("name"));
    m_dataset = makeChoice(QStringLiteral("dataset"),
                           {{QStringLiteral("Fashion-MNIST"), QStringLiteral("fashion-mnist")},
                            {tr("My own table (CSV)"), QString()}});
    auto* choice = addField("dataset", tr("Dataset"), m_dataset);
    m_fields.emplace("dataset.name", choice);
    grid->addWidget(addField("name", tr("Name of the run"), m_name), 0, 0);
    grid->addWidget(choice, 0, 1);
    return card;
}

QWidget* NewRunPage::makeModelCard() {
    auto* card = new QFrame(this);
    auto* grid = makeCard(card, tr("Model"));
    equalColumns(grid, 2);
    std::vector<std::pair<QString, QVariant>> models;
    for (const std::string_view known : modelNames()) {
        const QString name = QString::fromLatin1(known.data(), static_cast<qsizetype>(known.size()));
        models.emplace_back(Words::modelTitle(name), name);
    }
    m_model = makeChoice(QStringLiteral("model"), models);
    grid->addWidget(addField("model.name", tr("Model"), m_model), 0, 0);
    auto* hidden = addNumber(JobDraft::kHidden, tr("Hidden layers"));
    hidden->setObjectName(QStringLiteral("hiddenField"));
    grid->addWidget(hidden, 0, 1);
    return card;
}

QWidget* NewRunPage::makeTrainingCard() {
    auto* card = new QFrame(this);
    auto* grid = makeCard(card, tr("Training"));
    equalColumns(grid, kColumns);
    m_optimizer =
        makeChoice(QStringLiteral("optimizer"), {{QStringLiteral("SGD"), valueOf(OptimizerKind::Sgd)},
                                                 {QStringLiteral("Adam"), valueOf(OptimizerKind::Adam)}});
    m_workers = makeChoice(QStringLiteral("workers"), {{tr("One on each ready node"), 0}});
    for (int count = 1; count <= kWorkersOffered; ++count) {
        m_workers->addItem(QString::number(count), count);
    }
    m_numerics = makeChoice(QStringLiteral("numerics"),
                            {{tr("Fast"), valueOf(Numerics::Fast)},
                             {tr("Reproducible to the last bit"), valueOf(Numerics::Reproducible)}});
    m_dataPlane = makeChoice(QStringLiteral("dataPlane"),
                             {{tr("Encrypted"), valueOf(DataPlane::Encrypted)},
                              {tr("Trusted network (faster)"), valueOf(DataPlane::TrustedNetwork)}});
    grid->addWidget(addNumber(JobDraft::kEpochs, tr("Epochs")), 0, 0);
    auto* batch = addNumber(JobDraft::kGlobalBatch, tr("Global batch"));
    batch->setHint(tr("samples per step, over all workers"));
    grid->addWidget(batch, 0, 1);
    auto* workers = addField("workers", tr("Workers"), m_workers);
    grid->addWidget(workers, 0, 2);
    grid->addWidget(addNumber(JobDraft::kSeed, tr("Seed")), 0, 3);
    grid->addWidget(addField("optimizer.kind", tr("Optimizer"), m_optimizer), 1, 0);
    grid->addWidget(addNumber(JobDraft::kLearningRate, tr("Learning rate")), 1, 1);
    grid->addWidget(addNumber(JobDraft::kMomentum, tr("Momentum")), 1, 2);
    grid->addWidget(addNumber(JobDraft::kWeightDecay, tr("Weight decay")), 1, 3);
    auto* numerics = addField("numerics", tr("Numerics"), m_numerics);
    numerics->setHint(tr("reproducible: the same bits whatever the number of nodes"));
    auto* network = addField("data_plane", tr("Traffic between workers"), m_dataPlane);
    network->setHint(tr("trusted network: gradients travel unencrypted"));
    grid->addWidget(numerics, 2, 0, 1, 2);
    grid->addWidget(network, 2, 2, 1, 2);
    return card;
}

void NewRunPage::connectChoices() {
    JobDraft& draft = m_studio.draft();
    const auto onChoice = [&](QComboBox* box, auto change) {
        connect(box, &QComboBox::activated, this,
                [this, change] { m_studio.draft().edit([&](JobSpec& job) { change(job); }); });
    };
    connect(m_name, &QLineEdit::textEdited, this, [&draft](const QString& text) {
        draft.edit([&](JobSpec& job) { job.name = text.toStdString(); });
    });
    connect(m_dataset, &QComboBox::activated, this, &NewRunPage::chooseDataset);
    onChoice(m_model,
             [this](JobSpec& job) { job.model.name = m_model->currentData().toString().toStdString(); });
    onChoice(m_optimizer, [this](JobSpec& job) { job.optimizer.kind = chosen<OptimizerKind>(m_optimizer); });
    onChoice(m_workers, [this](JobSpec& job) { job.workers = m_workers->currentData().toUInt(); });
    onChoice(m_numerics, [this](JobSpec& job) { job.numerics = chosen<Numerics>(m_numerics); });
    onChoice(m_dataPlane, [this](JobSpec& job) { job.dataPlane = chosen<DataPlane>(m_dataPlane); });
}

void NewRunPage::chooseDataset() {
    const std::string name = m_dataset->currentData().toString().toStdString();
    m_studio.draft().edit([&](JobSpec& job) {
        job.dataset.name = name;
        if (name.empty()) {
            job.model.name = "mlp";  // A table has no image.
        } else {
            job.dataset.csv.clear();
            job.dataset.label.clear();
        }
    });
    if (name.empty() && m_studio.draft().job().model.hidden == ModelSpec().hidden) {
        // The default is made for images; a table of some columns is learned by less.
        m_studio.draft().setText(JobDraft::kHidden, QStringLiteral("64 64"));
    }
}

void NewRunPage::refresh() {
    const JobDraft& draft = m_studio.draft();
    const JobSpec& job = draft.job();
    if (const QString name = QString::fromStdString(job.name); m_name->text() != name) {
        m_name->setText(name);
    }
    for (const auto& [key, line] : m_numbers) {
        if (const QString text = draft.text(key.c_str()); line->text() != text) {
            line->setText(text);
        }
    }
    select(m_dataset, QString::fromStdString(job.dataset.name));
    select(m_model, QString::fromStdString(job.model.name));
    select(m_optimizer, valueOf(job.optimizer.kind));
    select(m_workers, job.workers);
    select(m_numerics, valueOf(job.numerics));
    select(m_dataPlane, valueOf(job.dataPlane));
    const bool ownTable = job.dataset.name.empty();
    m_csv->parentWidget()->setVisible(ownTable);
    m_csv->refresh();
    m_numbers[JobDraft::kHidden]->setEnabled(job.model.name == "mlp");
    m_numbers[JobDraft::kMomentum]->setEnabled(job.optimizer.kind == OptimizerKind::Sgd);
    refreshProblems();
    refreshActions();
}

void NewRunPage::refreshProblems() {
    std::size_t unplaced = 0;
    std::map<FormField*, QString> texts;
    for (const auto& [key, problem] : m_studio.draft().problems()) {
        const auto field = m_fields.find(key);
        // A choice that has not been made yet is not a mistake.
        if (field == m_fields.end()) {
            ++unplaced;
        } else {
            texts[field->second] = ProblemWords::of(problem);
        }
    }
    for (const auto& [key, field] : m_fields) {
        const auto text = texts.find(field);
        field->setProblem(text == texts.end() ? QString() : text->second);
    }
    const auto count = static_cast<int>(texts.size() + unplaced);
    m_problems->setText(count == 0 ? QString() : tr("Fields to correct: %1").arg(count));
}

void NewRunPage::refreshActions() {
    using TrainState = StudioModel::TrainState;
    const TrainState state = m_studio.trainState();
    const bool usable =
        m_studio.draft().isValid() && (!m_studio.draft().job().dataset.name.empty() || m_csv->isUsable());
    const auto bridge = m_studio.bridge().state();
    m_train->setText(state == TrainState::WaitingForNodes ? tr("Waiting for nodes – cancel")
                     : state == TrainState::BringingData  ? tr("Bringing the data…")
                     : state == TrainState::Submitting    ? tr("Starting…")
                                                          : tr("Train"));
    m_train->setEnabled(state == TrainState::WaitingForNodes ||
                        (state == TrainState::Idle && usable && bridge != ClientBridge::State::Failed));
    const int ready = m_studio.nodes().readyCount();
    const int nodes = m_studio.nodes().rowCount();
    if (nodes > 0) {
        m_readiness->setText(tr("%1 of %2 nodes ready on cluster “%3”")
                                 .arg(ready)
                                 .arg(nodes)
                                 .arg(QString::fromStdString(m_studio.cluster().name)));
    } else {
        m_readiness->setText(bridge == ClientBridge::State::Failed ? tr("The cluster could not be started.")
                                                                   : tr("The nodes are starting…"));
    }
}

void NewRunPage::showAsFile() {
    showJobFile(m_studio, this);
}

}  // namespace longship
