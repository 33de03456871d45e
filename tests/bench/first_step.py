#!/usr/bin/env python3
"""From "add four hosts" to the first step of training, with everything that has to be brought there, on four hosts of
tests/hosts; and, in the same run, how long sftp takes for the same number of bytes to the same hosts at once. Needs
root, openssh-server and openssh-sftp-server or internal-sftp; nothing else may run meanwhile.

    first_step.py <folder of the programs>
"""

import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hosts"))
import ssh_test as cluster  # noqa: E402  It takes the folder from the command line.

cluster.NODES["node-d"] = "10.77.0.4"
cluster.SSHD_CONFIG += "Subsystem sftp internal-sftp\n"


def sftp(amount):
    """Seconds until all hosts have a file of so many bytes that nothing makes smaller."""
    payload = cluster.home_of("switch") / "payload"
    with open("/dev/urandom", "rb") as noise, open(payload, "wb") as file:
        for _ in range(amount // 1_000_000):
            file.write(noise.read(1_000_000))
    began = time.monotonic()
    uploads = [subprocess.Popen(
        cluster.on("switch", "sh", "-c", f"echo put {cluster.HOME}/payload {cluster.HOME}/payload | exec sftp -q -b - "
                   f"-i {cluster.HOME}/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@{address}"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=cluster.ENVIRONMENT)
        for address in cluster.NODES.values()]
    codes = [upload.wait() for upload in uploads]
    if any(codes):
        raise RuntimeError(f"sftp ended with {codes}")
    return time.monotonic() - began


def measure():
    # What is set up here is not part of the time: it is what the hosts of a person are already.
    cluster.ClusterOverSsh.setUpClass()
    for node in cluster.NODES:
        cluster.longship("node", "remove", "--cluster", "lab", node)
    (cluster.home_of("switch") / "images.yaml").write_text(cluster.IMAGES)
    began = time.monotonic()
    for node, address in cluster.NODES.items():
        cluster.ClusterOverSsh.add_node(node, address)
    added = time.monotonic()
    deployed = cluster.named(cluster.longship("cluster", "deploy", "lab"), "deployed")
    ready = time.monotonic()
    run = cluster.Run(cluster.HOME / "images.yaml")
    try:
        run.until("a step", lambda event: event["event"] == "step")
        stepped = time.monotonic()
    finally:
        run.end()
    cluster.longship("stop", "last")
    again = time.monotonic()
    cluster.longship("cluster", "deploy", "lab")
    again = time.monotonic() - again
    amount = deployed[0]["bytes"]
    cluster.longship("cluster", "undeploy", "lab")
    reference = sftp(amount)
    print(f"{len(deployed)} hosts, {amount / 1e6:.0f} MB to each\n"
          f"add {added - began:.1f} s, deploy {ready - added:.1f} s, run until the first step {stepped - ready:.1f} s: "
          f"{stepped - began:.1f} s together\n"
          f"deploy again {again:.1f} s; sftp of as many bytes {reference:.1f} s, "
          f"so the deployment took {(ready - added) / reference:.2f} times as long")


if __name__ == "__main__":
    if cluster.PROGRAMS is None:
        print(__doc__)
        sys.exit(2)
    try:
        measure()
    finally:
        cluster.ClusterOverSsh.doClassCleanups()
