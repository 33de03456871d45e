#!/usr/bin/python3
"""Compares Longship's allreduce with torch.distributed's gloo on this machine.

Both run as separate processes over TCP on 127.0.0.1, on random float32 data, and time the slowest member of
each iteration after a barrier; a figure is the median of the iterations. The two take turns, because a
machine is never equally busy twice: the ratio printed is the median of the rounds' ratios. Gloo does not
encrypt, so the comparison uses `trusted-network`; the encrypted figure stands beside it.

    tests/bench/allreduce_vs_gloo.py --program build/release/bin/longship
    tests/bench/allreduce_vs_gloo.py --program build/bench/bin/allreduce_bench
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

SIZES = [4096, 65536, 16 << 20, 100 << 20]
WARM_UPS = 5
# (nodes, largest bytes) -> the ratio gloo / Longship that is asked for.
SMALL_TARGET = 5.0
LARGE_TARGET = {2: 1.2, 4: 0.95}
SMALL_BYTES = 1 << 20


def iterations_for(size):
    """As many as Longship's own bench makes."""
    return 200 if size < SMALL_BYTES else 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def gloo_member(rank, nodes, sizes):
    """One process of the gloo side: prints, per size, the time of each iteration in milliseconds."""
    import torch
    import torch.distributed as distributed

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", rank=rank, world_size=nodes)
    for size in sizes:
        count = size // 4
        generator = torch.Generator().manual_seed(rank)
        start_values = torch.randint(-1000, 1001, (count,), generator=generator).float()
        values = start_values.clone()
        expected = torch.zeros(count)
        for other in range(nodes):
            generator = torch.Generator().manual_seed(other)
            expected += torch.randint(-1000, 1001, (count,), generator=generator).float()
        times = []
        for iteration in range(WARM_UPS + iterations_for(size)):
            values.copy_(start_values)
            distributed.barrier()
            start = time.perf_counter()
            distributed.all_reduce(values)
            times.append((time.perf_counter() - start) * 1000)
        if not torch.equal(values, expected):
            sys.exit(f"gloo: wrong sum on rank {rank}")
        print(json.dumps({"bytes": size, "times": times[WARM_UPS:]}), flush=True)
    distributed.barrier()


def run_gloo(nodes, sizes):
    environment = dict(
        os.environ,
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(free_port()),
        GLOO_SOCKET_IFNAME="lo",
        OPENBLAS_NUM_THREADS="1",
        OMP_NUM_THREADS="1",
    )
    members = [
        subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--gloo-member", str(rank), str(nodes)]
            + [str(size) for size in sizes],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(nodes)
    ]
    outputs = [member.communicate(timeout=300)[0] for member in members]
    if any(member.returncode != 0 for member in members):
        sys.exit("a gloo member failed")
    rows = [[json.loads(line) for line in output.splitlines()] for output in outputs]
    result = {}
    for index, size in enumerate(sizes):
        slowest = [max(times) for times in zip(*(member[index]["times"] for member in rows))]
        result[size] = statistics.median(slowest)
    return result


def run_longship(program, nodes, sizes, plane):
    if os.path.basename(program) == "allreduce_bench":
        command = [program, str(nodes), plane, "sizes=" + ",".join(map(str, sizes))]
    else:
        command = [program, "bench", "allreduce", "--nodes", str(nodes), "--json", "--data-plane", plane]
        command += ["--sizes", ",".join(map(str, sizes))]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=300).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    return {row["bytes"]: row["time_ms"] for row in rows if row.get("event") == "bench"}


def target_for(nodes, size):
    return SMALL_TARGET if size < SMALL_BYTES else LARGE_TARGET.get(nodes)


def compare(program, nodes, rounds, sizes):
    ours, gloo, encrypted = ({size: [] for size in sizes} for _ in range(3))
    for _ in range(rounds):
        for size, milliseconds in run_longship(program, nodes, sizes, "trusted-network").items():
            ours[size].append(milliseconds)
        for size, milliseconds in run_gloo(nodes, sizes).items():
            gloo[size].append(milliseconds)
        for size, milliseconds in run_longship(program, nodes, sizes, "encrypted").items():
            encrypted[size].append(milliseconds)
    reached = True
    for size in sizes:
        ratio = statistics.median(theirs / mine for theirs, mine in zip(gloo[size], ours[size]))
        target = target_for(nodes, size)
        verdict = "" if target is None else ("ok" if ratio >= target else "MISSED")
        reached = reached and verdict != "MISSED"
        print(
            f"n={nodes} {size:>10} B   longship {statistics.median(ours[size]):8.3f} ms   "
            f"gloo {statistics.median(gloo[size]):8.3f} ms   ratio {ratio:6.2f}"
            f"{'' if target is None else f' (asked: {target:.2f})'} {verdict:<6}   "
            f"encrypted {statistics.median(encrypted[size]):8.3f} ms",
            flush=True,
        )
    return reached


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--gloo-member":
        gloo_member(int(sys.argv[2]), int(sys.argv[3]), [int(size) for size in sys.argv[4:]])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="longship or allreduce_bench of a release build")
    parser.add_argument("--nodes", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments = parser.parse_args()
    reached = [compare(arguments.program, nodes, arguments.rounds, arguments.sizes) for nodes in arguments.nodes]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
