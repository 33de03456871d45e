#include "core/transport/keys.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/base/check.h"
#include "core/base/files.h"

namespace longship {
namespace {

constexpr std::size_t kKeyTextSize = 40;
constexpr std::size_t kKeyFileBytesMax = 4096;
constexpr std::string_view kZ85Alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

tl::unexpected<Error> notAKeyPair(const std::filesystem::path& path) {
    return failure(
        ErrorKind::Corrupt,
        fmt::format("{} is not a key pair: expected a public key and the secret key that belongs to "
                    "it, one per line, 40 characters each. Remove the file to have a new pair made.",
                    path.string()));
}

}  // namespace

bool isPublicKey(const std::string& text) {
    if (text.size() != kKeyTextSize || text.find_first_not_of(kZ85Alphabet) != std::string::npos) {
        return false;
    }
    std::array<std::uint8_t, 32> key;
    return zmq_z85_decode(key.data(), text.c_str()) != nullptr;
}

KeyPair KeyPair::generate() {
    std::array<char, kKeyTextSize + 1> publicKey;
    std::array<char, kKeyTextSize + 1> secretKey;
    const int code = zmq_curve_keypair(publicKey.data(), secretKey.data());
    LONGSHIP_CHECK(code == 0, "this libzmq was built without CURVE, which Longship needs");
    return {publicKey.data(), secretKey.data()};
}

Result<KeyPair> KeyPair::load(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return failure(
            errno == ENOENT ? ErrorKind::NotFound : ErrorKind::Io,
            fmt::format("Could not read the key file {}: {}.", path.string(), std::strerror(errno)));
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return failure(
            ErrorKind::Refused,
            fmt::format("The key file {} can be read by others (mode {:04o}). Keys must be private: "
                        "run chmod 600 {}, or remove the file to have a new pair made.",
                        path.string(), status.st_mode & 07777, path.string()));
    }
    LONGSHIP_ASSIGN(const std::string text, readFile(path, kKeyFileBytesMax));
    if (text.size() != 2 * (kKeyTextSize + 1) || text[kKeyTextSize] != '\n' || text.back() != '\n') {
        return notAKeyPair(path);
    }
    KeyPair keys{text.substr(0, kKeyTextSize), text.substr(kKeyTextSize + 1, kKeyTextSize)};
    std::array<char, kKeyTextSize + 1> derived;
    if (!isPublicKey(keys.publicKey) || !isPublicKey(keys.secretKey) ||
        zmq_curve_public(derived.data(), keys.secretKey.c_str()) != 0 || keys.publicKey != derived.data()) {
        return notAKeyPair(path);
    }
    return keys;
}

Result<void> KeyPair::save(const std::filesystem::path& path) const {
    return writeFileAtomically(path, publicKey + "\n" + secretKey + "\n", FileAccess::OwnerOnly);
}

Result<KeyPair> KeyPair::loadOrCreate(const std::filesystem::path& path) {
    auto keys = load(path);
    if (keys || keys.error().kind != ErrorKind::NotFound) {
        return keys;
    }
    const KeyPair fresh = generate();
    LONGSHIP_TRY(fresh.save(path));
    return fresh;
}

}  // namespace longship
