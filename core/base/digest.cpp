#include "core/base/digest.h"

#include <sodium.h>

#include <vector>

#include "core/base/check.h"

namespace longship {
namespace {

const unsigned char* asUnsigned(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

struct Sha256::State {
    crypto_hash_sha256_state sodium;
};

Sha256::Sha256() : m_state(std::make_unique<State>()) {
    crypto_hash_sha256_init(&m_state->sodium);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
    crypto_hash_sha256_update(&m_state->sodium, asUnsigned(bytes), bytes.size());
    return *this;
}

std::string Sha256::hex() {
    std::array<std::byte, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&m_state->sodium, reinterpret_cast<unsigned char*>(digest.data()));
    return toHex(digest);
}

std::string sha256Hex(std::span<const std::byte> bytes) {
    return Sha256().update(bytes).hex();
}

std::string toHex(std::span<const std::byte> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte byte : bytes) {
        text += kDigits[std::to_integer<std::size_t>(byte >> 4)];
        text += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return text;
}

std::string randomHex(std::size_t count) {
    LONGSHIP_CHECK(sodium_init() >= 0, "libsodium could not be initialised");
    std::vector<std::byte> bytes(count);
    randombytes_buf(bytes.data(), bytes.size());
    return toHex(bytes);
}

}  // namespace longship
