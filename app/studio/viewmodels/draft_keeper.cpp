#include "app/studio/viewmodels/draft_keeper.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "core/base/files.h"

namespace longship {

namespace {

using namespace std::chrono_literals;
using namespace Qt::Literals::StringLiterals;

// Keys come faster than a disk syncs; whoever stops typing is kept at once.
constexpr auto kPause = 200ms;
constexpr std::size_t kBytesMax = std::size_t{1} << 20;

QByteArray packed(const DraftState& state) {
    QJsonObject changes;
    for (const auto& [key, value] : state.changes) {
        changes[QString::fromStdString(key)] =
            value ? QJsonValue(QString::fromStdString(*value)) : QJsonValue(QJsonValue::Null);
    }
    const QJsonObject all{{u"base"_s, QString::fromStdString(state.base)},
                          {u"saved"_s, QString::fromStdString(state.saved)},
                          {u"path"_s, QString::fromStdString(state.path)},
                          {u"changes"_s, changes}};
    return QJsonDocument(all).toJson(QJsonDocument::Compact);
}

/// None when the file is not one of ours; then the draft starts anew.
std::optional<DraftState> unpacked(const std::string& bytes) {
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(bytes)).object();
    if (!all[u"base"_s].isString() || !all[u"changes"_s].isObject()) {
        return std::nullopt;
    }
    DraftState state{all[u"base"_s].toString().toStdString(),
                     all[u"saved"_s].toString().toStdString(),
                     all[u"path"_s].toString().toStdString(),
                     {}};
    const QJsonObject changes = all[u"changes"_s].toObject();
    for (auto at = changes.begin(); at != changes.end(); ++at) {
        state.changes[at.key().toStdString()] =
            at.value().isString() ? std::optional(at.value().toString().toStdString()) : std::nullopt;
    }
    return state;
}

}  // namespace

DraftKeeper::DraftKeeper(JobDraft& draft, std::filesystem::path file, QObject* parent)
    : QObject(parent), m_draft(draft), m_file(std::move(file)) {
    if (const auto bytes = readFile(m_file, kBytesMax)) {
        if (const auto state = unpacked(*bytes)) {
            m_draft.restore(*state);
        }
    }
    m_writer.setMaxThreadCount(1);  // The newest is written last.
    m_timer.setSingleShot(true);
    m_timer.setInterval(kPause);
    connect(&m_timer, &QTimer::timeout, this, &DraftKeeper::write);
    connect(&m_draft, &JobDraft::changed, &m_timer, qOverload<>(&QTimer::start));
}

DraftKeeper::~DraftKeeper() {
    if (m_timer.isActive()) {
        write();
    }
    m_writer.waitForDone();
}

void DraftKeeper::write() {
    m_writer.start([file = m_file, bytes = packed(m_draft.state())] {
        // A draft that cannot be kept is no reason to disturb anyone: it is still on the screen.
        static_cast<void>(writeFileAtomically(file, {bytes.data(), static_cast<std::size_t>(bytes.size())},
                                              FileAccess::OwnerOnly));
    });
}

}  // namespace longship
