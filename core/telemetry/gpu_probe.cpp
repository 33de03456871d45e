#include "core/telemetry/gpu_probe.h"

#include <dlfcn.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace longship {
namespace {

// The few declarations of NVML's stable C interface that are used here (NVML API Reference, "Device
// Queries").
using NvmlDevice = void*;
struct NvmlUtilization {
    unsigned gpu;  // Percent.
    unsigned memory;
};
struct NvmlMemory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};
constexpr int kNvmlSuccess = 0;
constexpr int kNvmlTemperatureGpu = 0;
constexpr unsigned kGpusMax = 64;  // Per node; more are not shown.

/// NVML's functions; all set when load() succeeded.
struct Nvml {
    int (*init)() = nullptr;
    int (*shutdown)() = nullptr;
    int (*deviceCount)(unsigned*) = nullptr;
    int (*deviceByIndex)(unsigned, NvmlDevice*) = nullptr;
    int (*deviceName)(NvmlDevice, char*, unsigned) = nullptr;
    int (*utilization)(NvmlDevice, NvmlUtilization*) = nullptr;
    int (*memory)(NvmlDevice, NvmlMemory*) = nullptr;
    int (*temperature)(NvmlDevice, int, unsigned*) = nullptr;

    template <typename Function>
    static bool find(void* library, const char* name, Function& function) {
        function = reinterpret_cast<Function>(::dlsym(library, name));
        return function != nullptr;
    }

    bool load(void* library) {
        return find(library, "nvmlInit_v2", init) && find(library, "nvmlShutdown", shutdown) &&
               find(library, "nvmlDeviceGetCount_v2", deviceCount) &&
               find(library, "nvmlDeviceGetHandleByIndex_v2", deviceByIndex) &&
               find(library, "nvmlDeviceGetName", deviceName) &&
               find(library, "nvmlDeviceGetUtilizationRates", utilization) &&
               find(library, "nvmlDeviceGetMemoryInfo", memory) &&
               find(library, "nvmlDeviceGetTemperature", temperature);
    }
};

std::optional<GpuSample> sampleDevice(const Nvml& nvml, unsigned index) {
    NvmlDevice device = nullptr;
    std::array<char, 96> name{};
    NvmlMemory memory{};
    if (nvml.deviceByIndex(index, &device) != kNvmlSuccess ||
        nvml.deviceName(device, name.data(), static_cast<unsigned>(name.size())) != kNvmlSuccess ||
        nvml.memory(device, &memory) != kNvmlSuccess) {
        return std::nullopt;
    }
    GpuSample sample;
    sample.name = name.data();
    sample.memoryUsed = memory.used;
    sample.memoryTotal = memory.total;
    NvmlUtilization utilization{};
    if (nvml.utilization(device, &utilization) == kNvmlSuccess) {  // Not offered by a partitioned GPU.
        sample.utilization = utilization.gpu / 100.0;
    }
    unsigned degrees = 0;
    if (nvml.temperature(device, kNvmlTemperatureGpu, &degrees) == kNvmlSuccess) {
        sample.temperatureCelsius = degrees;
    }
    return sample;
}

std::vector<GpuSample> sampleAll(const Nvml& nvml) {
    unsigned count = 0;
    std::vector<GpuSample> samples;
    if (nvml.deviceCount(&count) != kNvmlSuccess) {
        return samples;
    }
    for (unsigned index = 0; index < std::min(count, kGpusMax); ++index) {
        if (auto sample = sampleDevice(nvml, index)) {
            samples.push_back(std::move(*sample));
        }
    }
    return samples;
}

constexpr std::chrono::milliseconds kEndPatience{500};  // For a driver call in flight when the probe ends.

}  // namespace

struct GpuProbe::Shared {
    explicit Shared(Options given) : options(std::move(given)) {}

    const Options options;
    Nvml nvml;
    std::thread thread;
    mutable std::mutex mutex;
    std::condition_variable changed;
    // Guarded by the mutex.
    bool ending = false;
    bool ended = true;
    bool running = false;  ///< NVML was initialised; samples are expected.
    TimePoint sampledAt;
    std::vector<GpuSample> samples;

    void run() {
        if (nvml.init() == kNvmlSuccess) {
            loop();
            nvml.shutdown();
        }
        const std::lock_guard lock(mutex);
        ended = true;
        running = false;
        changed.notify_all();
    }

    void loop() {
        std::unique_lock lock(mutex);
        running = true;
        sampledAt = BootClock::now();
        while (!ending) {
            lock.unlock();
            std::vector<GpuSample> fresh = sampleAll(nvml);
            lock.lock();
            samples = std::move(fresh);
            sampledAt = BootClock::now();
            changed.wait_for(lock, options.period, [this] { return ending; });
        }
    }
};

GpuProbe::GpuProbe(Options options) : m_shared(std::make_shared<Shared>(std::move(options))) {
    // Never closed: a driver thread may still run in it.
    void* library = ::dlopen(m_shared->options.library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr || !m_shared->nvml.load(library)) {
        return;
    }
    m_shared->ended = false;
    m_shared->thread = std::thread([shared = m_shared] { shared->run(); });
}

GpuProbe::~GpuProbe() {
    if (!m_shared->thread.joinable()) {
        return;
    }
    std::unique_lock lock(m_shared->mutex);
    m_shared->ending = true;
    m_shared->changed.notify_all();
    const bool ended = m_shared->changed.wait_for(lock, kEndPatience, [this] { return m_shared->ended; });
    lock.unlock();
    if (ended) {
        m_shared->thread.join();
    } else {
        // The driver hangs. Waiting for it would hang the agent as well; the thread owns what it uses.
        m_shared->thread.detach();
    }
}

std::vector<GpuSample> GpuProbe::latest(TimePoint now) const {
    const std::lock_guard lock(m_shared->mutex);
    const bool fresh = m_shared->running && now - m_shared->sampledAt <= m_shared->options.patience;
    return fresh ? m_shared->samples : std::vector<GpuSample>();
}

bool GpuProbe::isStuck(TimePoint now) const {
    const std::lock_guard lock(m_shared->mutex);
    return m_shared->running && now - m_shared->sampledAt > m_shared->options.patience;
}

}  // namespace longship
