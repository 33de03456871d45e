#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/command.h"
#include "core/collective/allreduce_bench.h"
#include "core/parameter_server/parameter_server_bench.h"

namespace longship::cli {
namespace {

struct Options {
    unsigned nodes = 2;
    std::string dataPlane = "encrypted";
    std::vector<std::size_t> sizes;
    std::uint32_t iterations = 20;
};

Result<ExitCode> allreduce(Context& context, const Options& options) {
    AllreduceBenchOptions bench;
    bench.nodes = options.nodes;
    bench.encrypted = options.dataPlane == "encrypted";
    bench.iterations = options.iterations;
    if (!options.sizes.empty()) {
        bench.sizes = options.sizes;
    }
    context.output.text(fmt::format("{:>10}  {:>10}  {:>10}   {} nodes, {}", "BYTES", "TIME ms", "BUS GB/s",
                                    options.nodes, options.dataPlane));
    LONGSHIP_TRY(runAllreduceBench(bench, [&](const AllreduceBenchResult& result) {
        context.output.event("bench", {{"op", "allreduce"},
                                       {"nodes", result.nodes},
                                       {"bytes", result.bytes},
                                       {"data_plane", options.dataPlane},
                                       {"time_ms", result.timeMs},
                                       {"bus_gb_s", result.busGbS}});
        context.output.text(
            fmt::format("{:>10}  {:>10.3f}  {:>10.3f}", result.bytes, result.timeMs, result.busGbS));
    }));
    return ExitCode::Done;
}

struct ServerOptions {
    unsigned workers = 2;
    unsigned servers = 2;
    std::string dataPlane = "encrypted";
    bool backup = false;
    std::vector<std::size_t> sizes;
    std::uint32_t iterations = 20;
};

Result<ExitCode> parameterServer(Context& context, const ServerOptions& options) {
    ParameterServerBenchOptions bench;
    bench.workers = options.workers;
    bench.servers = options.servers;
    bench.encrypted = options.dataPlane == "encrypted";
    bench.backup = options.backup;
    bench.iterations = options.iterations;
    if (!options.sizes.empty()) {
        bench.sizes = options.sizes;
    }
    context.output.text(fmt::format(
        "{:>10}  {:>10}  {:>10}   a worker; {} servers{}, {} workers, {}", "BYTES", "TIME ms", "GBIT/s",
        options.servers, options.backup ? " with backups" : "", options.workers, options.dataPlane));
    LONGSHIP_TRY(runParameterServerBench(bench, [&](const ParameterServerBenchResult& result) {
        context.output.event("bench", {{"op", "parameter-server"},
                                       {"servers", result.servers},
                                       {"workers", result.workers},
                                       {"backup", result.backup},
                                       {"bytes", result.bytes},
                                       {"data_plane", options.dataPlane},
                                       {"time_ms", result.timeMs},
                                       {"gbit_s", result.gbitS}});
        context.output.text(
            fmt::format("{:>10}  {:>10.3f}  {:>10.3f}", result.bytes, result.timeMs, result.gbitS));
    }));
    return ExitCode::Done;
}

void addDataPlane(CLI::App& verb, std::string& dataPlane) {
    verb.add_option("--data-plane", dataPlane, "encrypted or trusted-network")
        ->check(CLI::IsMember({"encrypted", "trusted-network"}))
        ->capture_default_str();
}

}  // namespace

void addBench(CLI::App& app, Choice& choice) {
    CLI::App* group = app.add_subcommand("bench", "Measure this machine and its links");
    group->require_subcommand(0, 1);
    addVerb<Options>(
        *group, choice, "allreduce", "Time sums over several processes on this machine",
        [](CLI::App& verb, Options& options) {
            verb.add_option("--nodes", options.nodes, "Processes that take part")
                ->check(CLI::Range(1, 64))
                ->capture_default_str();
            addDataPlane(verb, options.dataPlane);
            verb.add_option("--bytes", options.sizes,
                            "Sizes to measure, in bytes (4096 65536 16777216 104857600)")
                ->check(CLI::Range(std::size_t{4}, std::size_t{4} << 30));
            verb.add_option("--iterations", options.iterations, "Timed sums of each size, at least")
                ->check(CLI::Range(1, 100000))
                ->capture_default_str();
        },
        &allreduce);
    addVerb<ServerOptions>(
        *group, choice, "parameter-server",
        "Time pushes and pulls between workers and servers on this machine",
        [](CLI::App& verb, ServerOptions& options) {
            verb.add_option("--servers", options.servers, "Processes that keep parameters")
                ->check(CLI::Range(1, 63))
                ->capture_default_str();
            verb.add_option("--workers", options.workers, "Processes that push and pull")
                ->check(CLI::Range(1, 63))
                ->capture_default_str();
            addDataPlane(verb, options.dataPlane);
            verb.add_flag("--backup", options.backup, "Each server keeps a copy of another one's parameters");
            verb.add_option("--bytes", options.sizes,
                            "Sizes of all parameters to measure, in bytes (4194304 67108864)")
                ->check(CLI::Range(std::size_t{4}, std::size_t{4} << 30));
            verb.add_option("--iterations", options.iterations, "Timed pushes and pulls of each size")
                ->check(CLI::Range(1, 1000))
                ->capture_default_str();
        },
        &parameterServer);
}

}  // namespace longship::cli
