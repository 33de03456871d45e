#include "core/client/model_fetcher.h"

#include <fmt/format.h>

namespace longship {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kPartBytes = 1u << 20;
constexpr seconds kPartTimeout{10};
constexpr seconds kRetry{2};

}  // namespace

void ModelFetcher::advance(ClusterSession& session, TimePoint now) {
    lookForModels(session);
    if (m_underWay) {
        return;
    }
    for (auto item = m_items.begin(); item != m_items.end();) {
        const RunId run = item->first;
        if (isHere(run, item->second.model)) {
            m_here.insert(run);
            m_changed.insert(run);
            item = m_items.erase(item);
            const std::lock_guard lock(m_mutex);
            m_copies.erase(run);
            continue;
        }
        if (item->second.retryAt <= now && session.isReady(item->second.model.node)) {
            step(run, item->second, session, now);
            if (m_underWay) {
                return;
            }
        }
        ++item;
    }
}

void ModelFetcher::lookForModels(const ClusterSession& session) {
    for (const RunId& run : session.runsOnCluster()) {
        if (m_here.contains(run) || m_items.contains(run)) {
            continue;
        }
        const auto model = m_cache.modelOf(run);
        if (!model) {
            continue;
        }
        if (isHere(run, *model)) {
            m_here.insert(run);
        } else {
            m_items.emplace(run, Item{*model, nullptr, TimePoint()});
        }
    }
}

void ModelFetcher::step(const RunId& run, Item& item, ClusterSession& session, TimePoint now) {
    if (!item.download) {
        auto opened = ModelDownload::open(m_cache.runFolder(run), item.model);
        if (!opened) {
            // Another program is at it: not a problem, its file will be ours too.
            if (opened.error().kind == ErrorKind::Unavailable) {
                item.retryAt = now + kRetry / 4;
            } else {
                postpone(run, item, opened.error(), now);
            }
            return;
        }
        item.download = std::move(*opened);
    }
    if (item.download->hasAll()) {
        auto finished = item.download->finish();
        item.download.reset();
        if (!finished) {
            postpone(run, item, finished.error(), now);
        }
        return;
    }
    FetchRequest request;
    request.run = run;
    request.name = kModelFileName;
    request.offset = item.download->offset();
    request.bytesMax = kPartBytes;
    m_underWay = {session.fetch(item.model.node, request, now, now + kPartTimeout), run};
}

bool ModelFetcher::handle(const ClusterSession::FetchDone& done, TimePoint now) {
    if (!m_underWay || m_underWay->first != done.number) {
        return false;
    }
    const RunId run = m_underWay->second;
    m_underWay.reset();
    Item& item = m_items.at(run);
    if (!done.result) {
        postpone(run, item, done.result.error(), now);
        return true;
    }
    const FetchAnswer& answer = *done.result;
    if (answer.bytesTotal != item.model.bytes || answer.offset != item.download->offset() ||
        answer.bytes.empty()) {
        postpone(run, item,
                 Error{ErrorKind::Corrupt,
                       fmt::format("{} holds {} bytes of the model, but the run saved {}.",
                                   item.model.node.value, answer.bytesTotal, item.model.bytes)},
                 now);
        return true;
    }
    if (auto written = item.download->write(answer.bytes); !written) {
        postpone(run, item, written.error(), now);
        return true;
    }
    if (item.download->hasAll()) {
        auto finished = item.download->finish();
        item.download.reset();
        if (!finished) {
            postpone(run, item, finished.error(), now);
            return true;
        }
    }
    report(run, item, {});
    return true;
}

void ModelFetcher::postpone(const RunId& run, Item& item, const Error& error, TimePoint now) {
    item.download.reset();
    item.retryAt = now + kRetry;
    report(run, item, error.text);
}

void ModelFetcher::report(const RunId& run, const Item& item, std::string problem) {
    m_changed.insert(run);
    const std::lock_guard lock(m_mutex);
    ModelCopy& copy = m_copies[run];
    copy.bytes = item.download ? item.download->offset() : copy.bytes;
    copy.bytesTotal = item.model.bytes;
    copy.problem = std::move(problem);
}

std::set<RunId> ModelFetcher::takeChanged() {
    return std::exchange(m_changed, {});
}

ModelCopy ModelFetcher::copyOf(const RunSnapshot& run) const {
    ModelCopy copy;
    if (!run.model) {
        return copy;
    }
    {
        const std::lock_guard lock(m_mutex);
        if (const auto known = m_copies.find(run.run); known != m_copies.end()) {
            copy = known->second;
        }
    }
    copy.bytesTotal = run.model->bytes;
    if (isHere(run.run, *run.model)) {
        return {true, copy.bytesTotal, copy.bytesTotal, {}};
    }
    return copy;
}

bool ModelFetcher::isHere(const RunId& run, const ModelSaved& model) const {
    std::error_code code;
    const auto size = std::filesystem::file_size(m_cache.runFolder(run) / kModelFileName, code);
    return !code && size == model.bytes;
}

}  // namespace longship
