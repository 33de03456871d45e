#include "core/training/torch_environment.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include <filesystem>
#include <new>

namespace longship {
namespace {

/// "OpenBLAS 0.3.21 NO_AFFINITY SkylakeX MAX_THREADS=64" → "OpenBLAS 0.3.21 (SkylakeX)".
std::string openBlasName() {
    using ConfigFunction = char* (*)();
    const auto config = reinterpret_cast<ConfigFunction>(dlsym(RTLD_DEFAULT, "openblas_get_config"));
    const auto core = reinterpret_cast<ConfigFunction>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
    if (config == nullptr) {
        return {};
    }
    const std::string text = config();
    const std::size_t nameEnd = text.find(' ');
    const std::size_t versionEnd = nameEnd == std::string::npos ? nameEnd : text.find(' ', nameEnd + 1);
    const std::string name = text.substr(0, versionEnd);
    return core == nullptr ? name : fmt::format("{} ({})", name, core());
}

}  // namespace

std::string blasName() {
    if (std::string name = openBlasName(); !name.empty()) {
        return name;
    }
    Dl_info place{};
    void* const symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    if (symbol == nullptr || dladdr(symbol, &place) == 0 || place.dli_fname == nullptr) {
        return "unknown BLAS, built into libtorch";
    }
    std::error_code ignored;
    const std::filesystem::path file = std::filesystem::weakly_canonical(place.dli_fname, ignored);
    if (file.parent_path().filename() == "blas" || file.filename().string().starts_with("libblas")) {
        return fmt::format("reference BLAS (slow; install libopenblas0-pthread), {}",
                           file.filename().string());
    }
    return file.filename().string();
}

Result<torch::Device> chooseDevice(Device wanted) {
    const bool available = torch::cuda::is_available();
    if (wanted == Device::Cuda && !available) {
        return failure(
            ErrorKind::BadInput,
            "The job asks for device: cuda, but there is no usable NVIDIA GPU here or this libtorch was "
            "built without CUDA. Use device: auto or cpu.");
    }
    return wanted != Device::Cpu && available ? torch::Device(torch::kCUDA) : torch::Device(torch::kCPU);
}

std::string nameOf(const torch::Device& device) {
    return device.is_cpu() ? "cpu" : "cuda";
}

Error errorFrom(const std::exception& exception, std::string_view what) {
    std::string text = exception.what();
    if (const auto* const torchError = dynamic_cast<const c10::Error*>(&exception)) {
        text = torchError->what_without_backtrace();
    }
    const bool outOfMemory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
                             text.find("allocate memory") != std::string::npos ||
                             text.find("out of memory") != std::string::npos;
    if (outOfMemory) {
        return {ErrorKind::Exhausted, fmt::format("Not enough memory to {}: {}.", what, text)};
    }
    return {ErrorKind::Internal, fmt::format("libtorch could not {}: {}.", what, text)};
}

}  // namespace longship
