#pragma once

#include <torch/nn.h>

#include <exception>
#include <string>
#include <utility>

#include "core/base/result.h"
#include "core/domain/job.h"

namespace longship {

/// What libtorch computes matrix products with, in words: "OpenBLAS 0.3.21 (SkylakeX)", "reference BLAS
/// (slow)". Asks the library that the symbol sgemm_ of this process resolves to.
std::string blasName();

/// The device to train on. BadInput when the job wants one that this libtorch or machine does not have.
Result<torch::Device> chooseDevice(Device wanted);

/// "cpu", or "cuda (NVIDIA …)".
std::string nameOf(const torch::Device& device);

/// The Error for an exception that libtorch or std threw; `what` was being done.
Error errorFrom(const std::exception& exception, std::string_view what);

/// Runs `work`, which returns a Result, and turns exceptions into errors: none leaves this folder.
template <typename Work>
auto guarded(std::string_view what, Work&& work) -> decltype(work()) {
    try {
        return std::forward<Work>(work)();
    } catch (const std::exception& exception) {
        return failure(errorFrom(exception, what));
    }
}

}  // namespace longship
