#include "app/studio/pages/settings_page.h"

#include <filesystem>

#include <QClipboard>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QUrl>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/form_field.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr int kWidthMax = 760;
constexpr int kNameWidth = 190;

QString textOf(const std::filesystem::path& path) {
    return QString::fromStdString(path.string());
}

std::pair<QFrame*, QVBoxLayout*> makeCard(const QString& heading, QWidget* parent) {
    auto* card = new QFrame(parent);
    card->setProperty("card", true);
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kLarge, spacing::kLarge);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(makeLabel(TextRole::Heading, heading, card));
    return {card, layout};
}

void clearRows(QVBoxLayout* rows) {
    while (QLayoutItem* item = rows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

/// A name, what it is, and a button that copies it or opens it.
QWidget* makeFact(const QString& name, const QString& value, QPushButton* button, QWidget* parent) {
    auto* row = new QWidget(parent);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    auto* label = makeLabel(TextRole::Muted, name, row);
    label->setFixedWidth(kNameWidth);
    auto* text = new ElidedLabel(TextRole::Plain, row);
    text->setFullText(value);
    layout->addWidget(label);
    layout->addWidget(text, 1);
    if (button != nullptr) {
        layout->addWidget(button);
    }
    return row;
}

QPushButton* makeCopy(const QString& value) {
    auto* copy = new QPushButton(themedIcon(QStringLiteral("copy"), Ink::Accent), SettingsPage::tr("Copy"));
    copy->setProperty("link", true);
    copy->setAccessibleName(SettingsPage::tr("Copy %1").arg(value));
    QObject::connect(copy, &QPushButton::clicked, copy,
                     [value] { QGuiApplication::clipboard()->setText(value); });
    return copy;
}

QPushButton* makeOpen(const QString& folder) {
    auto* open = new QPushButton(themedIcon(QStringLiteral("folder"), Ink::Accent), SettingsPage::tr("Open"));
    open->setProperty("link", true);
    open->setAccessibleName(SettingsPage::tr("Open %1").arg(folder));
    QObject::connect(open, &QPushButton::clicked, open,
                     [folder] { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
    return open;
}

}  // namespace

SettingsPage::SettingsPage(StudioModel& studio, QWidget* parent) : QWidget(parent), m_studio(studio) {
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("scrollContent"));
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    column->setSpacing(spacing::kMedium);
    column->addWidget(makeLabel(TextRole::Title, tr("Settings"), content));
    for (QWidget* card : {makeLook(), makeNotices(), makeFolders(), makeSsh()}) {
        card->setMaximumWidth(kWidthMax);
        column->addWidget(card);
    }
    column->addStretch();
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    setFocusProxy(m_theme);
    connect(&studio.machines(), &MachineSetup::configRead, this, &SettingsPage::refreshFacts);
    refreshFacts();
}

QWidget* SettingsPage::makeLook() {
    const auto [card, layout] = makeCard(tr("Looks"), this);
    StudioSettings& settings = m_studio.settings();
    m_theme = new QComboBox(card);
    m_theme->setObjectName(QStringLiteral("theme"));
    m_theme->addItem(themedIcon(QStringLiteral("monitor")), tr("Like the desktop"),
                     static_cast<int>(ThemeChoice::System));
    m_theme->addItem(themedIcon(QStringLiteral("sun")), tr("Light"), static_cast<int>(ThemeChoice::Light));
    m_theme->addItem(themedIcon(QStringLiteral("moon")), tr("Dark"), static_cast<int>(ThemeChoice::Dark));
    m_theme->setCurrentIndex(m_theme->findData(static_cast<int>(settings.theme())));
    connect(m_theme, &QComboBox::activated, this, [this] {
        m_studio.settings().setTheme(static_cast<ThemeChoice>(m_theme->currentData().toInt()));
    });
    // Chosen in the menu, it stands here, too.
    connect(&settings, &StudioSettings::themeChanged, m_theme, [this] {
        m_theme->setCurrentIndex(m_theme->findData(static_cast<int>(m_studio.settings().theme())));
    });
    m_language = new QComboBox(card);
    m_language->setObjectName(QStringLiteral("language"));
    m_language->addItem(tr("Like the desktop"), QString());
    // Each language is named in itself, so that people find theirs.
    m_language->addItem(QStringLiteral("English"), QStringLiteral("en"));
    m_language->addItem(QStringLiteral("简体中文"), QStringLiteral("zh_CN"));
    m_language->setCurrentIndex(m_language->findData(settings.language()));
    connect(m_language, &QComboBox::activated, this, [this] {
        // Queued: the change builds this page anew.
        QMetaObject::invokeMethod(
            &m_studio,
            [this, language = m_language->currentData().toString()] {
                m_studio.settings().setLanguage(language);
            },
            Qt::QueuedConnection);
    });
    auto* row = new QHBoxLayout;
    row->setSpacing(spacing::kLarge);
    row->addWidget(new FormField(tr("Theme"), m_theme, card), 1);
    row->addWidget(new FormField(tr("Language"), m_language, card), 1);
    layout->addLayout(row);
    return card;
}

QWidget* SettingsPage::makeNotices() {
    const auto [card, layout] = makeCard(tr("Notifications of the desktop"), this);
    auto* about = makeLabel(TextRole::Muted,
                            tr("Told while another window is in front, as long as the studio runs."), card);
    about->setWordWrap(true);
    layout->addWidget(about);
    const std::tuple<NoticeKind, QString, const char*> kinds[] = {
        {NoticeKind::Finished, tr("A run has finished"), "notifyFinished"},
        {NoticeKind::Failed, tr("A run has failed"), "notifyFailed"},
        {NoticeKind::NodeLost, tr("A node is lost"), "notifyNodeLost"}};
    for (const auto& [kind, text, name] : kinds) {
        auto* box = new QCheckBox(text, card);
        box->setObjectName(QString::fromLatin1(name));
        box->setChecked(m_studio.settings().notifies(kind));
        connect(box, &QCheckBox::toggled, this,
                [this, kind = kind](bool on) { m_studio.settings().setNotifies(kind, on); });
        layout->addWidget(box);
    }
    return card;
}

QWidget* SettingsPage::makeFolders() {
    const auto [card, layout] = makeCard(tr("Data folders"), this);
    auto* about = makeLabel(
        TextRole::Muted,
        tr("Set before the start: LONGSHIP_HOME moves both, XDG_DATA_HOME and XDG_CONFIG_HOME one each."),
        card);
    about->setWordWrap(true);
    layout->addWidget(about);
    m_folders = new QVBoxLayout;
    m_folders->setSpacing(spacing::kTight);
    layout->addLayout(m_folders);
    return card;
}

QWidget* SettingsPage::makeSsh() {
    const auto [card, layout] = makeCard(tr("SSH identities"), this);
    auto* about =
        makeLabel(TextRole::Muted,
                  tr("What Longship logs in with, in this order, unless a machine names a key of its own. "
                     "~/.ssh is read and never written."),
                  card);
    about->setWordWrap(true);
    layout->addWidget(about);
    m_ssh = new QVBoxLayout;
    m_ssh->setSpacing(spacing::kTight);
    layout->addLayout(m_ssh);
    return card;
}

void SettingsPage::refreshFacts() {
    clearRows(m_folders);
    clearRows(m_ssh);
    const Surroundings& here = m_studio.machines().surroundings();
    const std::pair<QString, QString> folders[] = {{tr("Runs, models, clusters"), textOf(here.home.data)},
                                                   {tr("Settings of the studio"), textOf(here.home.config)}};
    for (const auto& [name, folder] : folders) {
        m_folders->addWidget(makeFact(name, folder.isEmpty() ? tr("not known") : folder,
                                      folder.isEmpty() ? nullptr : makeOpen(folder), this));
    }
    const SshSettings& ssh = here.ssh.settings;
    const QString agent = textOf(ssh.agentSocket);
    m_ssh->addWidget(makeFact(tr("ssh-agent"), agent.isEmpty() ? tr("none runs for this session") : agent,
                              agent.isEmpty() ? nullptr : makeCopy(agent), this));
    int found = 0;
    for (const std::filesystem::path& key : ssh.usualKeys) {
        std::error_code ignored;
        if (std::filesystem::exists(key, ignored)) {
            ++found;
            m_ssh->addWidget(makeFact(tr("Key"), textOf(key), makeCopy(textOf(key)), this));
        }
    }
    if (found == 0) {
        m_ssh->addWidget(makeFact(tr("Key"), tr("none in ~/.ssh; ssh-keygen -t ed25519 makes one"),
                                  makeCopy(QStringLiteral("ssh-keygen -t ed25519")), this));
    }
    m_ssh->addWidget(makeFact(tr("Hosts"), textOf(here.ssh.configFile()), nullptr, this));
    m_ssh->addWidget(makeFact(tr("Accepted host keys"), textOf(ssh.acceptedKeys), nullptr, this));
}

}  // namespace longship
