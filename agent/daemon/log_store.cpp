#include "agent/daemon/log_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/protocol/log_record.h"

namespace longship {
namespace {

// A record: "LREC", bytes of the payload (32 bit), number (64 bit), 16 hexadecimal digits of the SHA-256 of
// number and payload, payload. Numbers grow by one; little endian.
constexpr std::string_view kMark = "LREC";
constexpr std::size_t kHeaderBytes = 4 + 4 + 8 + 16;
constexpr std::size_t kDigestDigits = 16;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30;

void put(std::string& bytes, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) {
        bytes += static_cast<char>(value >> (8 * i) & 0xFF);
    }
}

std::uint64_t get(std::string_view bytes, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
        value |= std::uint64_t{static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])} << (8 * i);
    }
    return value;
}

std::string digestOf(std::uint64_t sequence, std::string_view payload) {
    std::string number;
    put(number, sequence, 8);
    Sha256 sum;
    sum.update(std::as_bytes(std::span(number))).update(std::as_bytes(std::span(payload)));
    return sum.hex().substr(0, kDigestDigits);
}

std::string recordOf(std::uint64_t sequence, const LogWrite& write) {
    const std::string payload = encodeRecord(write);
    std::string record(kMark);
    put(record, payload.size(), 4);
    put(record, sequence, 8);
    return record + digestOf(sequence, payload) + payload;
}

struct Record {
    std::uint64_t sequence = 0;
    std::string_view payload;
};

/// The whole and undamaged record that begins there.
std::optional<Record> recordAt(std::string_view bytes, std::size_t at) {
    const std::string_view rest = bytes.substr(at);
    if (rest.size() < kHeaderBytes || !rest.starts_with(kMark)) {
        return std::nullopt;
    }
    const std::uint64_t size = get(rest.substr(4), 4);
    if (size > rest.size() - kHeaderBytes) {
        return std::nullopt;
    }
    const Record record{get(rest.substr(8), 8), rest.substr(kHeaderBytes, size)};
    if (rest.substr(16, kDigestDigits) != digestOf(record.sequence, record.payload)) {
        return std::nullopt;
    }
    return record;
}

bool anyRecordAfter(std::string_view bytes, std::size_t at) {
    for (at = bytes.find(kMark, at + 1); at != std::string_view::npos; at = bytes.find(kMark, at + 1)) {
        if (recordAt(bytes, at)) {
            return true;
        }
    }
    return false;
}

tl::unexpected<Error> systemFailure(std::string_view what, const std::filesystem::path& path) {
    return failure(ErrorKind::Io, fmt::format("Could not {} the replicated log {}: {}.", what, path.string(),
                                              std::strerror(errno)));
}

}  // namespace

Result<std::unique_ptr<LogStore>> LogStore::open(const std::filesystem::path& path,
                                                 std::shared_ptr<const DiskFaults> faults) {
    std::unique_ptr<LogStore> store(new LogStore(path, std::move(faults)));
    LONGSHIP_TRY(store->load());
    LONGSHIP_TRY(store->rewrite());  // Cuts off what was torn, and makes sure that the file can be written.
    return store;
}

LogStore::~LogStore() {
    if (m_file >= 0) {
        ::close(m_file);
    }
}

Result<void> LogStore::load() {
    const auto bytes = readFile(m_path, kFileBytesMax);
    if (!bytes) {
        return bytes.error().kind == ErrorKind::NotFound ? Result<void>() : tl::unexpected(bytes.error());
    }
    return recover(*bytes);
}

Result<void> LogStore::recover(const std::string& bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto record = recordAt(bytes, at);
        if (!record) {
            if (at == 0 || anyRecordAfter(bytes, at)) {
                return putAside(fmt::format("it is damaged at byte {} of {}", at, bytes.size()));
            }
            m_notice = fmt::format(
                "The last {} bytes of the replicated log {} were not whole and were dropped: "
                "the machine went down while they were written.",
                bytes.size() - at, m_path.string());
            return {};
        }
        const auto write = decodeRecord(std::as_bytes(std::span(record->payload)));
        const bool follows = at == 0 || record->sequence == m_sequence + 1;
        if (!write || !follows || !apply(*write, m_log)) {
            return putAside(fmt::format("the record at byte {} does not follow from those before it", at));
        }
        m_sequence = record->sequence;
        at += kHeaderBytes + record->payload.size();
    }
    return {};
}

Result<void> LogStore::putAside(const std::string& why) {
    std::filesystem::path aside = m_path;
    aside += ".damaged-" + toIso8601(UtcTime::now());
    if (std::rename(m_path.c_str(), aside.c_str()) != 0) {
        return systemFailure("put aside", m_path);
    }
    m_log = {};
    m_sequence = 0;
    m_notice = fmt::format(
        "The replicated log {} cannot be trusted: {}. It was put aside as {}; this node gets the "
        "log from the others again, and votes when it has it.",
        m_path.string(), why, aside.filename().string());
    return {};
}

/// One record that makes the whole log, in place of all that made it before.
Result<void> LogStore::rewrite() {
    LogWrite whole;
    whole.identity = {m_log.lineage, m_log.incarnation};
    whole.ballot = {m_log.term, m_log.votedFor};
    whole.base = m_log.base;
    whole.entries = m_log.entries;
    const std::string record = recordOf(m_sequence + 1, whole);
    LONGSHIP_TRY(writeFileAtomically(m_path, record, FileAccess::OwnerOnly, m_faults.get()));
    ++m_sequence;
    m_fileBytes = record.size();
    m_liveBytes = record.size();
    return openForAppending();
}

Result<void> LogStore::openForAppending() {
    if (m_file >= 0) {
        ::close(m_file);
    }
    m_file = ::open(m_path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    return m_file < 0 ? systemFailure("open", m_path) : Result<void>();
}

Result<void> LogStore::write(const std::vector<LogWrite>& changes) {
    std::string records;
    std::uint64_t sequence = m_sequence;
    bool compacted = false;
    for (const LogWrite& change : changes) {
        m_misfit = m_misfit || !apply(change, m_log);
        records += recordOf(++sequence, change);
        compacted = compacted || change.base;
    }
    if (m_misfit) {
        return failure(ErrorKind::Internal, "A change of the replicated log does not fit what is stored.");
    }
    if (std::exchange(m_uncertain, true)) {
        LONGSHIP_TRY(rewrite());
    } else if (!records.empty()) {
        LONGSHIP_TRY(append(records));
        m_sequence = sequence;
        if (m_fileBytes > m_liveBytes + kDeadBytesMax && (compacted || m_fileBytes > 4 * m_liveBytes)) {
            LONGSHIP_TRY(rewrite());
        }
    }
    m_uncertain = false;
    return {};
}

Result<void> LogStore::append(const std::string& records) {
    if (m_faults != nullptr) {
        LONGSHIP_TRY(m_faults->check(m_path));
    }
    std::string_view rest = records;
    while (!rest.empty()) {
        const ssize_t written = ::write(m_file, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return systemFailure("write", m_path);
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    // An error of fsync is final for this file: a second call may say that all is well when it is not.
    if (::fsync(m_file) != 0) {
        return systemFailure("sync", m_path);
    }
    m_fileBytes += records.size();
    return {};
}

}  // namespace longship
