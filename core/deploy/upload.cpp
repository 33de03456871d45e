#include "core/deploy/upload.h"

#include "core/base/digest.h"
#include "core/deploy/node_scripts.h"
#include "core/deploy/node_shell.h"
#include "core/deploy/tar_stream.h"

namespace longship {
namespace {

constexpr std::size_t kTokenBytes = 8;
constexpr std::uint64_t kToldBytes = 1U << 20;
// Unpacking and hashing hundreds of MB on a slow disk says nothing meanwhile.
constexpr std::chrono::seconds kUploadSilence{180};

}  // namespace

Result<void> upload(SshSession& session, const Bundle& bundle, const std::vector<std::size_t>& files,
                    std::stop_token stop, const std::function<void(std::uint64_t)>& told) {
    TarStream archive(bundle, files);
    std::uint64_t last = 0;
    ScriptCall call{node_scripts::kUpload, {randomHex(kTokenBytes)}, {}};
    call.silenceMax = kUploadSilence;
    call.input = [&](std::span<std::byte> bytes) -> Result<std::size_t> {
        auto count = archive.read(bytes);
        if (archive.contentBytes() - last >= kToldBytes || (count && *count == 0)) {
            last = archive.contentBytes();
            told(last);
        }
        return count;
    };
    LONGSHIP_TRY(NodeShell(session).must(call, "The upload", std::move(stop)));
    return {};
}

Result<void> uploadPacked(SshSession& session, const Bundle& bundle, RuntimePack::Reader& packed,
                          std::stop_token stop, const std::function<void(std::uint64_t)>& told) {
    std::vector<std::string> arguments{randomHex(kTokenBytes), randomHex(kTokenBytes), "tool"};
    for (const BundleFile& file : bundle.files) {
        if (file.ofAgent) {
            arguments.push_back(file.sha256 + " " + file.path);
        }
    }
    arguments.emplace_back(".");
    std::uint64_t last = 0;
    ScriptCall call{node_scripts::kUnpack, std::move(arguments), {}};
    call.silenceMax = kUploadSilence;
    call.input = [&](std::span<std::byte> bytes) -> Result<std::size_t> {
        auto count = packed.read(bytes);
        if (packed.bytesRead() - last >= kToldBytes || (count && *count == 0)) {
            last = packed.bytesRead();
            told(last);
        }
        return count;
    };
    LONGSHIP_TRY(NodeShell(session).must(call, "The upload", std::move(stop)));
    return {};
}

}  // namespace longship
