"""A worker under torchrun elastic, as its tutorials have it: DistributedDataParallel over gloo, one process a node.
Prints a line for each step: seconds of the clock, rank, step. Called by recovery.py."""
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

torch.set_num_threads(1)
dist.init_process_group("gloo")
model = DistributedDataParallel(torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.ReLU(), torch.nn.Linear(64, 3)))
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
step = 0
while True:
    step += 1
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(torch.randn(20, 2)), torch.randint(0, 3, (20,))).backward()
    optimizer.step()
    os.write(sys.stdout.fileno(), f"{time.monotonic():.6f} {dist.get_rank()} {step}\n".encode())
