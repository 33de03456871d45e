#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/deploy/bundle.h"

namespace longship {

/// A tar archive (POSIX.1-1988, "ustar") of some files of a bundle, each under the name of its SHA-256, made
/// while it is read. Every Linux unpacks it without anything being installed, which is why it is this and no
/// newer format.
class TarStream {
public:
    TarStream(const Bundle& bundle, std::vector<std::size_t> files)
        : m_bundle(bundle), m_files(std::move(files)) {}

    /// Fills the span; 0 at the end. Io when a file cannot be read any more, Corrupt when it has changed its
    /// size.
    Result<std::size_t> read(std::span<std::byte> bytes);
    /// Bytes of files so far, without the archive's own.
    std::uint64_t contentBytes() const { return m_contentBytes; }

private:
    Result<void> openNext();
    Result<std::size_t> readContent(std::span<std::byte> bytes);

    const Bundle& m_bundle;
    std::vector<std::size_t> m_files;
    std::size_t m_next = 0;
    std::string m_frame;  ///< Header, padding or end mark that goes out next.
    std::ifstream m_stream;
    const BundleFile* m_file = nullptr;
    std::uint64_t m_left = 0;  ///< Of m_file.
    std::uint64_t m_contentBytes = 0;
    bool m_ended = false;
};

}  // namespace longship
