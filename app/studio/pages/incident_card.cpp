#include "app/studio/pages/incident_card.h"

#include <algorithm>

#include <QGridLayout>
#include <QVBoxLayout>

#include "app/studio/pages/node_buttons.h"
#include "app/studio/text/incident_words.h"
#include "app/studio/text/phrase_words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr int kLogLinesShown = 6;
constexpr std::array kAnswers = {IncidentAnswer::GoOn, IncidentAnswer::Move, IncidentAnswer::Wait,
                                 IncidentAnswer::Stop};

QString objectNameOf(IncidentAnswer answer) {
    switch (answer) {
        case IncidentAnswer::GoOn: return QStringLiteral("answerGoOn");
        case IncidentAnswer::Move: return QStringLiteral("answerMove");
        case IncidentAnswer::Wait: return QStringLiteral("answerWait");
        case IncidentAnswer::Stop: return QStringLiteral("answerStop");
    }
    return {};
}

QString lastLines(const std::string& log) {
    const QStringList lines = QString::fromStdString(log).trimmed().split(u'\n');
    return lines.mid(std::max<qsizetype>(0, lines.size() - kLogLinesShown)).join(u'\n');
}

Tone toneOf(const TimedIncident& incident, RunState state) {
    return state == RunState::Failed ? Tone::Bad : incident.resolved ? Tone::Good : Tone::Warning;
}

}  // namespace

IncidentCard::IncidentCard(StudioModel& studio, RunActions& actions, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_actions(actions),
      m_banner(new Banner(this)),
      m_hide(m_banner->addButton(tr("Hide"))),
      m_again(m_banner->addButton(tr("Choose again"))),
      m_choiceArea(makeChoices()) {
    m_banner->setObjectName(QStringLiteral("incident"));
    m_hide->setProperty("link", true);
    m_hide->setObjectName(QStringLiteral("hideIncident"));
    m_hide->setToolTip(tr("It stays in the history of the run and on its loss curve"));
    m_again->setObjectName(QStringLiteral("chooseAgain"));
    m_banner->addBelow(m_choiceArea);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_banner);
    connect(m_hide, &QPushButton::clicked, this, [this] {
        const RunSnapshot& run = m_studio.run().snapshot();
        if (const TimedIncident* incident = incidentToShow(run)) {
            m_hidden = {run.run, incident->sequence};
        }
        refresh();
    });
    connect(m_again, &QPushButton::clicked, this, [this] {
        m_waited = {};
        refresh();
    });
    connect(&studio, &StudioModel::clusterChanged, this, &IncidentCard::refresh);
    setVisible(false);
}

QWidget* IncidentCard::makeChoices() {
    auto* area = new QWidget(m_banner);
    auto* grid = new QGridLayout(area);
    grid->setContentsMargins(0, spacing::kSmall, 0, 0);
    grid->setHorizontalSpacing(spacing::kLarge);
    grid->setVerticalSpacing(spacing::kTight);
    for (const IncidentAnswer answer : kAnswers) {
        auto* button = new QPushButton(IncidentWords::answer(answer), area);
        button->setObjectName(objectNameOf(answer));
        auto* cost = makeLabel(TextRole::Small, {}, area);
        cost->setWordWrap(true);
        const int column = static_cast<int>(m_choices.size());
        grid->addWidget(button, 0, column);
        grid->addWidget(cost, 1, column, Qt::AlignTop);
        grid->setColumnStretch(column, 1);
        m_choices.push_back({answer, button, cost});
        if (answer == IncidentAnswer::Move) {
            button->setMenu(makeMoveMenu(
                m_studio, [this] { return work(); },
                [this] {
                    const auto tasks = work();
                    return tasks.empty() ? NodeId() : tasks.front().task.node;
                },
                button));
        } else {
            connect(button, &QPushButton::clicked, this, [this, answer] { this->answer(answer); });
        }
    }
    m_choices.front().button->setProperty("primary", true);
    m_choices.back().button->setProperty("danger", true);
    return area;
}

std::vector<PlacedTask> IncidentCard::work() const {
    if (!m_studio.run().isShown()) {
        return {};
    }
    const RunSnapshot& run = m_studio.run().snapshot();
    const TimedIncident* incident = incidentToShow(run);
    const auto task = incident == nullptr ? std::nullopt : taskOf(*incident, run);
    return task ? std::vector<PlacedTask>{{run.run, *task}} : std::vector<PlacedTask>();
}

void IncidentCard::answer(IncidentAnswer answer) {
    const RunSnapshot& run = m_studio.run().snapshot();
    switch (answer) {
        case IncidentAnswer::GoOn: m_studio.resume(run.run); break;
        case IncidentAnswer::Move: break;  // Its menu does it.
        case IncidentAnswer::Wait:
            if (const TimedIncident* incident = incidentToShow(run)) {
                m_waited = {run.run, incident->sequence};
            }
            refresh();
            break;
        case IncidentAnswer::Stop:
            m_actions.stop(run.run, QString::fromStdString(m_studio.run().job().name));
            break;
    }
}

void IncidentCard::refresh() {
    if (!m_studio.run().isShown()) {
        setVisible(false);
        return;
    }
    const RunSnapshot& run = m_studio.run().snapshot();
    const TimedIncident* incident = incidentToShow(run);
    m_hide->setVisible(false);
    m_again->setVisible(false);
    m_choiceArea->setVisible(false);
    if (incident == nullptr) {
        const bool failed = run.state == RunState::Failed;
        if (failed) {
            m_banner->show(
                Tone::Bad, tr("The run failed"),
                run.finished ? PhraseWords::of(run.finished->causePhrase, run.finished->cause) : QString());
            m_banner->setDetail(QString());
        }
        setVisible(failed);
        return;
    }
    const std::pair shown(run.run, incident->sequence);
    const bool over = incident->resolved.has_value();
    QStringList facts = IncidentWords::facts(*incident, run);
    if (m_waited == shown && !over && run.state == RunState::Paused) {
        facts << tr("Waiting for it, as you chose.");
    }
    m_banner->show(toneOf(*incident, run.state), IncidentWords::heading(*incident, run), facts.join(u'\n'));
    m_banner->setDetail(over ? QString() : lastLines(incident->incident.lastLog));
    m_hide->setVisible(over);
    refreshChoices(*incident);
    setVisible(!over || m_hidden != shown);
}

void IncidentCard::refreshChoices(const TimedIncident& incident) {
    const RunSnapshot& run = m_studio.run().snapshot();
    const auto answers = answersTo(incident, run);
    const bool waits = m_waited == std::pair(run.run, incident.sequence);
    m_again->setVisible(waits && !answers.empty());
    m_choiceArea->setVisible(!waits && !answers.empty());
    const auto tasks = work();
    const bool noTarget = tasks.empty() || moveTargets(m_studio.cluster(), tasks.front().task.node).empty();
    for (const Choice& choice : m_choices) {
        const bool offered = std::find(answers.begin(), answers.end(), choice.answer) != answers.end();
        choice.button->setVisible(offered);
        choice.cost->setVisible(offered);
        const bool possible = choice.answer != IncidentAnswer::Move || !noTarget;
        choice.button->setEnabled(possible);
        choice.cost->setText(possible ? IncidentWords::cost(choice.answer, incident, run)
                                      : IncidentWords::of(Obstacle::NoFreeNode));
    }
}

}  // namespace longship
