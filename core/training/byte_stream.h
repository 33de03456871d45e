#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace longship {

/// Appends plain values to bytes in this machine's byte order (all members of a run have the same
/// architecture: preflight refuses others).
class ByteWriter {
public:
    template <typename Value>
    requires std::is_trivially_copyable_v<Value> ByteWriter& write(const Value& value) {
        const auto* const first = reinterpret_cast<const std::byte*>(&value);
        m_bytes.insert(m_bytes.end(), first, first + sizeof(Value));
        return *this;
    }

    ByteWriter& write(const std::string& text) {
        write(text.size());
        const auto* const first = reinterpret_cast<const std::byte*>(text.data());
        m_bytes.insert(m_bytes.end(), first, first + text.size());
        return *this;
    }

    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    std::vector<std::byte> m_bytes;
};

/// Reads them back. Every read is checked; after one failed, all later ones fail.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) : m_rest(bytes) {}

    template <typename Value>
    requires std::is_trivially_copyable_v<Value>
    bool read(Value& value) {
        if (m_failed || m_rest.size() < sizeof(Value)) {
            m_failed = true;
            return false;
        }
        std::memcpy(&value, m_rest.data(), sizeof(Value));
        m_rest = m_rest.subspan(sizeof(Value));
        return true;
    }

    bool read(std::string& text, std::size_t sizeMax) {
        std::size_t size = 0;
        if (!read(size) || size > sizeMax || m_rest.size() < size) {
            m_failed = true;
            return false;
        }
        text.assign(reinterpret_cast<const char*>(m_rest.data()), size);
        m_rest = m_rest.subspan(size);
        return true;
    }

    /// Everything was read and nothing is left.
    bool complete() const { return !m_failed && m_rest.empty(); }

private:
    std::span<const std::byte> m_rest;
    bool m_failed = false;
};

}  // namespace longship
