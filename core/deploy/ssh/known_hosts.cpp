#include "core/deploy/ssh/known_hosts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "core/base/files.h"
#include "core/deploy/ssh/libssh_handles.h"

namespace longship {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} << 20;
constexpr std::string_view kRevoked = "@revoked";
constexpr std::string_view kBlanks = " \t\r";

struct EntryFree {
    void operator()(ssh_knownhosts_entry* entry) const { ::ssh_knownhosts_entry_free(entry); }
};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

Result<HostKey> describeKey(ssh_key key) {
    unsigned char* hash = nullptr;
    std::size_t length = 0;
    char* base64 = nullptr;
    if (::ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != 0) {
        return failure(ErrorKind::Internal, "The fingerprint of a host key cannot be computed.");
    }
    const TextHandle fingerprint(::ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length));
    ::ssh_clean_pubkey_hash(&hash);
    if (fingerprint == nullptr || ::ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK) {
        return failure(ErrorKind::Internal, "A host key cannot be written as text.");
    }
    const TextHandle text(base64);
    const ssh_keytypes_e type = ::ssh_key_type(key);
    const bool curve =
        type == SSH_KEYTYPE_ECDSA_P256 || type == SSH_KEYTYPE_ECDSA_P384 || type == SSH_KEYTYPE_ECDSA_P521;
    const char* name = curve ? ::ssh_pki_key_ecdsa_name(key) : ::ssh_key_type_to_char(type);
    return HostKey{name == nullptr ? "" : name, text.get(), fingerprint.get()};
}

struct KnownHosts::Line {
    HostKey key;
    bool revoked = false;
    std::string file;
};

KnownHosts::KnownHosts(std::filesystem::path own, std::vector<std::filesystem::path> others)
    : m_own(std::move(own)), m_others(std::move(others)) {}

Result<std::vector<KnownHosts::Line>> KnownHosts::linesFor(const std::string& name) const {
    std::vector<std::filesystem::path> files{m_own};
    files.insert(files.end(), m_others.begin(), m_others.end());
    std::vector<Line> lines;
    for (const auto& file : files) {
        auto text = readFile(file, kFileBytesMax);
        if (!text && text.error().kind == ErrorKind::NotFound) {
            continue;
        }
        if (!text) {
            return failure(text.error().within("The known hosts cannot be read, so no host can be trusted"));
        }
        std::istringstream stream(*text);
        for (std::string raw; std::getline(stream, raw);) {
            std::string_view line = trimmed(raw);
            const bool revoked = line.starts_with(kRevoked);
            line = revoked ? trimmed(line.substr(kRevoked.size())) : line;
            if (line.empty() || line.front() == '#' || line.front() == '@') {
                continue;
            }
            ssh_knownhosts_entry* entry = nullptr;
            // A line that libssh does not understand speaks of no host, as in OpenSSH.
            if (::ssh_known_hosts_parse_line(name.c_str(), std::string(line).c_str(), &entry) != SSH_OK) {
                continue;
            }
            const std::unique_ptr<ssh_knownhosts_entry, EntryFree> owner(entry);
            if (entry != nullptr && entry->publickey != nullptr) {
                LONGSHIP_ASSIGN(HostKey key, describeKey(entry->publickey));
                lines.push_back({std::move(key), revoked, file.string()});
            }
        }
    }
    return lines;
}

Result<HostKeyFinding> KnownHosts::find(const std::string& name, const HostKey& key) const {
    LONGSHIP_ASSIGN(const std::vector<Line> lines, linesFor(name));
    HostKeyFinding finding;
    for (const Line& line : lines) {
        if (line.revoked) {
            if (line.key == key) {
                return HostKeyFinding{HostKeyVerdict::Revoked, {line.key}, line.file};
            }
            continue;
        }
        if (line.key == key) {
            finding.verdict = HostKeyVerdict::Known;
            finding.file = line.file;
        } else if (finding.verdict != HostKeyVerdict::Known) {
            finding.verdict = HostKeyVerdict::Changed;
            finding.file = finding.file.empty() ? line.file : finding.file;
        }
        finding.expected.push_back(line.key);
    }
    return finding;
}

Result<std::vector<std::string>> KnownHosts::typesOf(const std::string& name) const {
    LONGSHIP_ASSIGN(const std::vector<Line> lines, linesFor(name));
    std::vector<std::string> types;
    for (const Line& line : lines) {
        if (!line.revoked && std::find(types.begin(), types.end(), line.key.type) == types.end()) {
            types.push_back(line.key.type);
        }
    }
    return types;
}

Result<void> KnownHosts::accept(const std::string& name, const HostKey& key) const {
    LONGSHIP_TRY(makePrivateFolder(m_own.parent_path()));
    // Appended by one write, so that two programs that accept at once both keep their line.
    const std::string line = fmt::format("{} {} {}\n", name, key.type, key.base64);
    const int file = ::open(m_own.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, line.data(), line.size()) == std::ssize(line) && ::fsync(file) == 0;
    const int problem = errno;
    if (file >= 0) {
        ::close(file);
    }
    if (!written) {
        return failure(ErrorKind::Io, fmt::format("The accepted host key cannot be written to {}: {}.",
                                                  m_own.string(), std::strerror(problem)));
    }
    return {};
}

}  // namespace longship
