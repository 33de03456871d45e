#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/base/digest.h"
#include "core/base/result.h"

namespace longship {

/// Puts packed files into a store: each is named by its SHA-256, is hashed while it comes, and gets its place
/// only when the hash is its name. What came whole before an error stays.
class Unpacker {
public:
    /// `incoming`: a folder on the store's disk, for the file that is coming.
    Unpacker(std::filesystem::path store, std::filesystem::path incoming);
    ~Unpacker();
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;

    /// Corrupt for what is no packed file or has another hash; Exhausted and Io of the disk.
    Result<void> take(std::span<const std::byte> packed);
    /// Corrupt when the last file did not come whole.
    Result<void> finish() const;

private:
    Result<void> takePlain(std::span<const std::byte> plain);
    Result<void> takeHeader();
    Result<void> takeContent(std::span<const std::byte> bytes);
    Result<void> place();
    void closeFile();

    struct Frames;
    std::unique_ptr<Frames> m_frames;
    std::filesystem::path m_store;
    std::filesystem::path m_incoming;
    std::string m_header;  ///< As much of a tar header as has come.
    std::string m_name;
    std::uint64_t m_left = 0;     ///< Bytes of the file that are still to come.
    std::uint64_t m_padding = 0;  ///< Bytes that mean nothing before the next header.
    int m_file = -1;
    Sha256 m_digest;
};

/// For the agent's program: unpacks standard input, or any descriptor, to its end.
Result<void> unpack(int input, const std::filesystem::path& store, const std::filesystem::path& incoming);

}  // namespace longship
