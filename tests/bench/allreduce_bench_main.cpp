// Prints what `longship bench allreduce --json` prints, with the settings of the algorithm open to trial:
// allreduce_bench NODES encrypted|trusted-network [sizes=BYTES,…] [direct=BYTES] [chunk=BYTES] [iterations=N]
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>

#include "core/collective/allreduce_bench.h"

int main(int argumentCount, char** arguments) {
    longship::AllreduceBenchOptions options;
    if (argumentCount < 3) {
        std::fprintf(stderr, "usage: allreduce_bench NODES encrypted|trusted-network [name=value]...\n");
        return 2;
    }
    options.nodes = static_cast<std::uint32_t>(std::stoul(arguments[1]));
    options.encrypted = std::strcmp(arguments[2], "encrypted") == 0;
    for (int i = 3; i < argumentCount; ++i) {
        const std::string text = arguments[i];
        const std::string name = text.substr(0, text.find('='));
        const std::string value = text.substr(text.find('=') + 1);
        if (name == "sizes") {
            options.sizes.clear();
            std::istringstream list(value);
            for (std::string size; std::getline(list, size, ',');) {
                options.sizes.push_back(std::stoull(size));
            }
        } else if (name == "direct") {
            options.communicator.directBytesMax = std::stoull(value);
        } else if (name == "chunk") {
            options.communicator.chunkBytes = std::stoull(value);
        } else if (name == "iterations") {
            options.iterations = static_cast<std::uint32_t>(std::stoul(value));
        } else {
            std::fprintf(stderr, "unknown setting: %s\n", text.c_str());
            return 2;
        }
    }
    const auto done = longship::runAllreduceBench(options, [](const longship::AllreduceBenchResult& result) {
        std::printf(R"({"event":"bench","op":"allreduce","nodes":%u,"bytes":%zu,"time_ms":%.4f,)"
                    R"("bus_gb_s":%.4f,"data_plane":"%s"})"
                    "\n",
                    result.nodes, result.bytes, result.timeMs, result.busGbS,
                    result.encrypted ? "encrypted" : "trusted-network");
        std::fflush(stdout);
    });
    if (!done) {
        std::fprintf(stderr, "%s\n", done.error().text.c_str());
        return 1;
    }
    return 0;
}
