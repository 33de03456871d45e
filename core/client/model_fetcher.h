#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "core/client/cluster_session.h"
#include "core/client/model_download.h"
#include "core/client/run_cache.h"

namespace longship {

/// Brings the final models of the cluster's runs onto this machine, one at a time, so that saving one needs
/// no node. Belongs to the engine thread, but for copyOf().
class ModelFetcher {
public:
    explicit ModelFetcher(RunCache& cache) : m_cache(cache) {}

    /// Looks for models that are announced and not here, and goes on with what it can.
    void advance(ClusterSession& session, TimePoint now);
    /// The answer to one of its fetches; false when it is not one.
    bool handle(const ClusterSession::FetchDone& done, TimePoint now);
    /// Runs whose copy came further since the last call.
    std::set<RunId> takeChanged();

    /// Any thread.
    ModelCopy copyOf(const RunSnapshot& run) const;

private:
    struct Item {
        ModelSaved model;
        std::unique_ptr<ModelDownload> download;
        TimePoint retryAt{};
    };

    void lookForModels(const ClusterSession& session);
    void step(const RunId& run, Item& item, ClusterSession& session, TimePoint now);
    void postpone(const RunId& run, Item& item, const Error& error, TimePoint now);
    void report(const RunId& run, const Item& item, std::string problem);
    bool isHere(const RunId& run, const ModelSaved& model) const;

    RunCache& m_cache;
    std::map<RunId, Item> m_items;
    std::set<RunId> m_here;
    std::optional<std::pair<std::uint64_t, RunId>> m_underWay;  ///< Number of the fetch, and whose it is.
    std::set<RunId> m_changed;
    mutable std::mutex m_mutex;
    std::map<RunId, ModelCopy> m_copies;  ///< Of the items; guarded by m_mutex.
};

}  // namespace longship
