#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/base/ids.h"

namespace longship {

/// What one member knows of a link that does not work.
struct LinkTrouble {
    Rank peer = 0;
    /// The peer's machine did not acknowledge what was sent to it, or did not answer a connection: the link,
    /// or that machine, is at fault. False: the connection was closed, which a peer that gave up does, too.
    bool isSilent = false;
    std::uint64_t bytesStuck = 0;  ///< Sent and not acknowledged.

    bool operator==(const LinkTrouble&) const = default;
};

/// Why the links of one membership failed, beside the error that says so in words: who is to blame for it is
/// acted on. Written where the links are used, read by who asked for them. Any thread.
class LinkReport {
public:
    /// The first word on a peer counts, but silence overrides a closed connection.
    void add(const LinkTrouble& trouble) {
        const std::lock_guard lock(m_mutex);
        for (LinkTrouble& known : m_troubles) {
            if (known.peer == trouble.peer) {
                known = trouble.isSilent && !known.isSilent ? trouble : known;
                return;
            }
        }
        m_troubles.push_back(trouble);
    }

    /// Silent links first.
    std::vector<LinkTrouble> troubles() const {
        const std::lock_guard lock(m_mutex);
        std::vector<LinkTrouble> sorted;
        for (const bool silent : {true, false}) {
            for (const LinkTrouble& trouble : m_troubles) {
                if (trouble.isSilent == silent) {
                    sorted.push_back(trouble);
                }
            }
        }
        return sorted;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<LinkTrouble> m_troubles;
};

}  // namespace longship
