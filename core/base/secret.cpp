#include "core/base/secret.h"

#include <sodium.h>

#include <cstring>
#include <utility>

#include "core/base/check.h"

namespace longship {

Secret::Secret(std::string_view text) : m_size(text.size()) {
    LONGSHIP_CHECK(::sodium_init() >= 0, "libsodium cannot start");
    // Guard pages around, locked against swapping, left out of core files; sodium_free overwrites it.
    m_bytes = static_cast<char*>(::sodium_malloc(m_size + 1));
    LONGSHIP_CHECK(m_bytes != nullptr, "no memory for a password");
    std::memcpy(m_bytes, text.data(), m_size);
    m_bytes[m_size] = '\0';
}

Secret::~Secret() {
    ::sodium_free(m_bytes);
}

Secret::Secret(Secret&& other) noexcept
    : m_bytes(std::exchange(other.m_bytes, nullptr)), m_size(std::exchange(other.m_size, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    std::swap(m_bytes, other.m_bytes);
    std::swap(m_size, other.m_size);
    return *this;
}

}  // namespace longship
