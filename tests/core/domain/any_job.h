#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "core/domain/job.h"

namespace longship {

inline double anyNumber(double min, double max) {
    const auto word = *rc::gen::arbitrary<std::uint64_t>();
    return min + (max - min) * static_cast<double>(word >> 11) * 0x1.0p-53;
}

inline std::string anyText() {
    const auto code = rc::gen::weightedElement<std::string>({{20, "a"},
                                                             {5, " "},
                                                             {3, ":"},
                                                             {3, "#"},
                                                             {3, "\""},
                                                             {3, "\\"},
                                                             {3, "'"},
                                                             {2, "ö"},
                                                             {2, "🚣"},
                                                             {2, "-"},
                                                             {2, "["},
                                                             {2, "{"},
                                                             {2, "&"},
                                                             {2, "*"},
                                                             {2, "!"},
                                                             {2, "%"},
                                                             {2, "@"},
                                                             {2, "~"},
                                                             {3, "7"}});
    const auto parts = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(code));
    std::string text;
    for (const std::string& part : parts) {
        text += part;
    }
    return text;
}

/// Any valid job, with the values that its kinds do not use at their defaults.
inline JobSpec anyJob() {
    JobSpec job;
    job.name = anyText();
    const bool table = *rc::gen::arbitrary<bool>();
    if (table) {
        job.dataset = {"", anyText(), anyText(), anyNumber(0.001, 0.999)};
    } else {
        job.dataset.name = "fashion-mnist";
    }
    job.model.name = table ? "mlp" : *rc::gen::element<std::string>("mlp", "cnn", "resnet");
    if (job.model.name == "mlp") {
        job.model.hidden =
            *rc::gen::resize(20, rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
                                     rc::gen::inRange<std::int64_t>(1, 65'537))));
        job.model.hidden.resize(std::min<std::size_t>(job.model.hidden.size(), 32));
    }
    job.optimizer.learningRate = anyNumber(1e-9, 10);
    job.optimizer.weightDecay = anyNumber(0, 1);
    if (*rc::gen::arbitrary<bool>()) {
        job.optimizer.kind = OptimizerKind::Adam;
        job.optimizer.beta1 = anyNumber(0, 0.999);
        job.optimizer.beta2 = anyNumber(0, 0.999);
        job.optimizer.epsilon = anyNumber(1e-12, 1e-3);
    } else {
        job.optimizer.momentum = anyNumber(0, 0.999);
    }
    job.epochs = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
    job.globalBatch = *rc::gen::inRange<std::uint64_t>(1, 1u << 24);
    if (*rc::gen::arbitrary<bool>()) {
        job.microBatch = *rc::gen::inRange<std::uint64_t>(1, job.globalBatch + 1);
    }
    job.seed = *rc::gen::arbitrary<std::uint64_t>();
    job.workers = *rc::gen::inRange<std::uint32_t>(0, 1'024);
    job.numerics = *rc::gen::element(Numerics::Fast, Numerics::Reproducible);
    job.device = *rc::gen::element(Device::Auto, Device::Cpu, Device::Cuda);
    job.dataPlane = *rc::gen::element(DataPlane::Encrypted, DataPlane::TrustedNetwork);
    job.recovery.tolerateSilence = std::chrono::milliseconds(*rc::gen::inRange(500, 600'001));
    job.checkpoint.replicas = *rc::gen::inRange<std::uint32_t>(1, 17);
    return job;
}

}  // namespace longship
