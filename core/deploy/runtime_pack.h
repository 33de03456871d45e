#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include "core/deploy/bundle.h"

namespace longship {

/// Files of a bundle, packed: each once, whatever the number of nodes that get it, when the first one asks.
/// The packed bytes lie in a file of this machine that has no name and ends with the object. Used by any
/// number of threads; the bundle outlives it.
class RuntimePack {
public:
    explicit RuntimePack(const Bundle& bundle) : m_bundle(bundle) {}
    ~RuntimePack();
    RuntimePack(const RuntimePack&) = delete;
    RuntimePack& operator=(const RuntimePack&) = delete;

    /// Packs those that are not packed yet, on all cores; a second caller waits for the first. Interrupted by
    /// `stop`; Io and Exhausted of this machine's disk.
    Result<void> prepare(const std::vector<std::size_t>& files, const std::stop_token& stop);

    /// The packed bytes of prepared files, one after another.
    class Reader {
    public:
        Reader(const RuntimePack& pack, const std::vector<std::size_t>& files);
        /// Fills the span; 0 at the end.
        Result<std::size_t> read(std::span<std::byte> bytes);
        std::uint64_t bytesRead() const { return m_bytesRead; }
        std::uint64_t bytesTotal() const { return m_bytesTotal; }

    private:
        struct Piece {
            std::uint64_t offset = 0;
            std::uint64_t bytes = 0;
        };
        int m_descriptor;
        std::vector<Piece> m_pieces;  ///< What is still to be read.
        std::size_t m_next = 0;
        std::uint64_t m_bytesRead = 0;
        std::uint64_t m_bytesTotal = 0;

        friend class RuntimePack;
    };

private:
    Result<void> open();
    Result<void> pack(std::size_t file, const std::stop_token& stop);
    std::uint64_t claim(std::uint64_t bytes);

    const Bundle& m_bundle;
    std::mutex m_preparing;      ///< One prepares at a time.
    mutable std::mutex m_mutex;  ///< Guards what follows.
    std::map<std::size_t, std::vector<Reader::Piece>> m_packed;
    std::uint64_t m_end = 0;
    int m_descriptor = -1;
};

}  // namespace longship
