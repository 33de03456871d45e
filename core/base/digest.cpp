#include "core/base/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <vector>

#include "core/base/check.h"

namespace longship {

// OpenSSL's, because it uses the processor's own instructions for SHA-256: seven times libsodium's speed, for
// parameters of gigabytes.
struct Sha256::State {
    State() : context(EVP_MD_CTX_new()) {
        LONGSHIP_CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1,
                       "OpenSSL has SHA-256");
    }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    EVP_MD_CTX* context;
};

Sha256::Sha256() : m_state(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
    LONGSHIP_CHECK(EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size()) == 1,
                   "a digest has one end");
    return *this;
}

std::string Sha256::hex() {
    std::array<std::byte, 32> digest{};
    LONGSHIP_CHECK(
        EVP_DigestFinal_ex(m_state->context, reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1,
        "a digest has one end");
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
