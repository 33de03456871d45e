#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/domain/run_event.h"

namespace longship {

inline constexpr std::string_view kModelFileName = "model.safetensors";

/// One final model on its way into its run's folder: bytes go to "model.safetensors.part", which a later
/// attempt continues, and become "model.safetensors" when the SHA-256 is right. Holds a lock, so that two
/// programs do not fetch the same file. Not thread-safe.
class ModelDownload {
public:
    /// Unavailable while another program fetches it; Io, Exhausted.
    static Result<std::unique_ptr<ModelDownload>> open(const std::filesystem::path& runFolder,
                                                       const ModelSaved& model);
    ~ModelDownload();
    ModelDownload(const ModelDownload&) = delete;
    ModelDownload& operator=(const ModelDownload&) = delete;

    std::uint64_t offset() const { return m_offset; }
    bool hasAll() const { return m_offset == m_model.bytes; }

    /// Appends at offset(). Exhausted when the disk is full: what is there stays for the next attempt.
    Result<void> write(std::string_view bytes);

    /// Checks and renames. Corrupt when the digest is wrong: the part is then thrown away.
    Result<void> finish();

private:
    ModelDownload(std::filesystem::path folder, ModelSaved model, int descriptor);
    Result<void> resume();

    std::filesystem::path m_folder;
    ModelSaved m_model;
    int m_descriptor;
    std::uint64_t m_offset = 0;
    Sha256 m_digest;
};

}  // namespace longship
