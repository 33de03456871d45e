#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace longship {

/// SHA-256 (FIPS 180-4) of a stream of bytes, by OpenSSL.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    Sha256& update(std::span<const std::byte> bytes);
    /// The digest of all bytes so far, as 64 lower-case hexadecimal digits. Call once.
    std::string hex();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

std::string sha256Hex(std::span<const std::byte> bytes);

/// Lower-case hexadecimal.
std::string toHex(std::span<const std::byte> bytes);

/// `count` unpredictable bytes from the operating system, as hexadecimal digits: tokens, run ids.
std::string randomHex(std::size_t count);

}  // namespace longship
