#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace longship {

/// A CURVE key pair (RFC 26, CurveZMQ), both halves in Z85 (RFC 32).
struct KeyPair {
    std::string publicKey;
    std::string secretKey;

    static KeyPair generate();
    /// File of two lines, mode 0600. Refused when others can read it, Corrupt when it is not a key pair.
    static Result<KeyPair> load(const std::filesystem::path& path);
    Result<void> save(const std::filesystem::path& path) const;
    /// load(), or generate() and save() when there is no file.
    static Result<KeyPair> loadOrCreate(const std::filesystem::path& path);
};

/// True when the text is a Z85 public key.
bool isPublicKey(const std::string& text);

}  // namespace longship
