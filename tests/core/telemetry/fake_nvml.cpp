// Stands in for NVIDIA's library: two GPUs, the second of which cannot tell its utilization or temperature.
// FAKE_NVML_STUCK makes a driver that never answers.
#include <unistd.h>

#include <cstdint>
#include <cstring>

extern "C" {

struct Utilization {
    unsigned gpu;
    unsigned memory;
};
struct Memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};

int nvmlInit_v2() {
    return 0;
}
int nvmlShutdown() {
    return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
    *count = 2;
    return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
    *device = reinterpret_cast<void*>(static_cast<std::uintptr_t>(index + 1));
    return 0;
}
int nvmlDeviceGetName(void*, char* name, unsigned size) {
    std::strncpy(name, "Fake GPU", size);
    return 0;
}
int nvmlDeviceGetUtilizationRates(void* device, Utilization* rates) {
    *rates = {75, 10};
    return device == reinterpret_cast<void*>(1) ? 0 : 3;
}
int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
#ifdef FAKE_NVML_STUCK
    for (;;) {
        ::pause();
    }
#endif
    *memory = {1000, 400, 600};
    return 0;
}
int nvmlDeviceGetTemperature(void* device, int, unsigned* degrees) {
    *degrees = 61;
    return device == reinterpret_cast<void*>(1) ? 0 : 3;
}
}
