#!/usr/bin/python3
"""Compares Longship's training step with PyTorch's DistributedDataParallel over gloo on this machine.

Both train a perceptron 784-1024-1024-10 (1.86 million parameters) with a global batch of 256 and SGD with
momentum on data in memory: separate processes, TCP on 127.0.0.1, the same OpenBLAS with one thread. The two
take turns for five rounds; figures are medians, the ratio is the median of the rounds' ratios.

    tests/bench/training_vs_ddp.py --program build/bench/bin/training_step
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

GLOBAL_BATCH = 256
SAMPLES = 16384
WARM_UPS = 20
# Members -> the ratio of samples a second that is asked for.
TARGET = {2: 1.15, 4: 1.0}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment():
    """One thread of the same BLAS on both sides, with the kernels that OpenBLAS itself chooses."""
    values = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", GLOO_SOCKET_IFNAME="lo")
    values.pop("OPENBLAS_CORETYPE", None)
    return values


def ddp_member(rank, nodes, steps):
    """One process of the PyTorch side: prints milliseconds a step."""
    import torch
    import torch.distributed as distributed
    from torch import nn

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", rank=rank, world_size=nodes)
    torch.manual_seed(0)
    inputs, labels = torch.randn(SAMPLES, 784), torch.randint(0, 10, (SAMPLES,))
    model = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    parallel = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
    part = GLOBAL_BATCH // nodes
    order = torch.randperm(SAMPLES)

    def step(number):
        start = number * GLOBAL_BATCH % SAMPLES + rank * part
        chosen = order[start : start + part]
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(parallel(inputs[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        return loss.item()  # Longship reports every step's loss, too.

    for number in range(WARM_UPS):
        step(number)
    distributed.barrier()
    start = time.perf_counter()
    for number in range(steps):
        step(WARM_UPS + number)
    print(json.dumps({"step_ms": (time.perf_counter() - start) * 1000 / steps}), flush=True)
    distributed.barrier()


def run_ddp(nodes, steps):
    values = dict(environment(), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()))
    members = [
        subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--ddp-member", str(rank), str(nodes), str(steps)],
            env=values,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(nodes)
    ]
    rows = [json.loads(member.communicate(timeout=600)[0].splitlines()[-1]) for member in members]
    return max(row["step_ms"] for row in rows)


def run_longship(program, nodes, steps):
    members = [
        subprocess.Popen(
            [program, str(rank), str(nodes), str(WARM_UPS), str(steps)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(nodes)
    ]
    if nodes > 1:
        addresses = "".join(member.stdout.readline() for member in members)
        for member in members:
            member.stdin.write(addresses)
            member.stdin.flush()
    rows = [json.loads(member.stdout.readline()) for member in members]
    for member in members:
        member.communicate(timeout=60)  # Closes standard input, at which a member ends.
    return {name: max(row[name] for row in rows) for name in rows[0] if name.endswith("_ms")}


def describe(step_ms):
    return f"{step_ms:6.2f} ms/step ({GLOBAL_BATCH * 1000 / step_ms:7.0f} samples/s)"


def compare(program, nodes, rounds, steps):
    ours, ddp = [], []
    for _ in range(rounds):
        ours.append(run_longship(program, nodes, steps))
        ddp.append(run_ddp(nodes, steps))
    middle = {name: statistics.median(row[name] for row in ours) for name in ours[0]}
    ratio = statistics.median(theirs / mine["step_ms"] for theirs, mine in zip(ddp, ours))
    target = TARGET.get(nodes, 0.0)
    verdict = "ok" if ratio >= target else "MISSED"
    ddp_ms = statistics.median(ddp)
    print(
        f"n={nodes}  longship {describe(middle['step_ms'])}   DDP {describe(ddp_ms)}   "
        f"ratio {ratio:.2f} (asked: {target:.2f}) {verdict}"
    )
    print(
        f"     where a step goes: forward and backward {middle['forward_backward_ms']:.2f} ms, then waiting for "
        f"sums and updating {middle['wait_ms']:.2f} ms; the same work without network {middle['alone_ms']:.2f} ms, "
        f"the sums without work {middle['allreduce_ms']:.2f} ms",
        flush=True,
    )
    return ratio >= target


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--ddp-member":
        ddp_member(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="training_step of a bench build")
    parser.add_argument("--nodes", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100)
    arguments = parser.parse_args()
    reached = [compare(arguments.program, nodes, arguments.rounds, arguments.steps) for nodes in arguments.nodes]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
