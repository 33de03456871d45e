#!/usr/bin/env python3
"""A cluster over SSH that really trains: three hosts of hosts.sh, each with an SSH server, a host key, a home and an
address of its own; agents, workers and libtorch as "longship cluster deploy" brings them. Exit code 77: cannot run
here.

    ssh_test.py <folder of the programs>
"""

import contextlib
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
SET = f"ssh{os.getpid()}"
ROOT = pathlib.Path("/run/longship-hosts") / SET
HOME = ROOT / "home"  # The same path on every host, another folder on each.
PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
ENVIRONMENT = os.environ | {"LONGSHIP_HOSTS": SET}
NODES = {"node-a": "10.77.0.1", "node-b": "10.77.0.2", "node-c": "10.77.0.3"}
SSHD = "/usr/sbin/sshd"
PATIENCE = 400  # Seconds until something that must happen counts as not happening.

SSHD_CONFIG = """
ListenAddress {address}
HostKey {home}/.sshd/host_key
AuthorizedKeysFile {home}/.sshd/authorized_keys
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
SetEnv HOME={home} XDG_RUNTIME_DIR={home}/.run
"""


# T is 3 s.
IMAGES = """
name: images
dataset: fashion-mnist
model: {name: mlp, hidden: [64]}
numerics: reproducible
global_batch: 192
epochs: 2
"""
TABLE = """
name: table
dataset: {csv: flowers.csv, label: kind}
numerics: reproducible
global_batch: 96
epochs: 3
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def hosts(*words):
    done = subprocess.run(["bash", HERE / "hosts.sh", *words], capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode == 77:
        print(done.stderr.strip().splitlines()[-1])
        sys.exit(77)
    if done.returncode != 0:
        raise RuntimeError(f"hosts.sh {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def on(host, *words):
    """The command that runs this on a host."""
    return ["bash", HERE / "hosts.sh", "exec", host, *words]


def home_of(host):
    """A host's home, as this machine sees it."""
    return ROOT / ("switch" if host == "switch" else f"hosts/{host}") / "home"


def longship(*words, code=0):
    """A command of the person's, on the switch; its events."""
    done = subprocess.run(on("switch", PROGRAMS / "longship", *words, "--json"), capture_output=True, text=True,
                          env=ENVIRONMENT, timeout=PATIENCE)
    if done.returncode != code:
        raise AssertionError(f"longship {' '.join(map(str, words))} ended with {done.returncode}: "
                             f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def named(events, name):
    return [event for event in events if event["event"] == name]


class Run:
    """A run of the cluster, and its events as they come."""

    def __init__(self, job):
        self.events = []
        self.fresh = queue.Queue()
        self.errors = open(ROOT / "run.err", "w+")
        self.process = subprocess.Popen(on("switch", PROGRAMS / "longship", "run", job, "--cluster", "lab", "--json"),
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True, env=ENVIRONMENT)
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        for line in self.process.stdout:
            self.fresh.put(json.loads(line))
        self.fresh.put(None)

    def said(self):
        self.errors.seek(0)
        return self.errors.read()[-3000:]

    def until(self, what, condition):
        """The first event from here on that fits."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                event = self.fresh.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"not in time: {what}; last: {self.events[-5:]}") from None
            assert event is not None, f"the run ended before: {what}; last: {self.events[-5:]} {self.said()}"
            self.events.append(event)
            if condition(event):
                return event

    def end(self):
        self.process.kill()
        self.process.wait()
        self.listener.join()
        self.process.stdout.close()
        self.errors.close()


def files_of(node):
    """What lies in a node's home, besides what the hosts and the servers themselves keep there."""
    home = home_of(node)
    return sorted(str(path.relative_to(home)) for path in home.rglob("*")
                  if not path.is_dir() and path.relative_to(home).parts[0] not in (".sshd", ".run", ".tmp"))


def kill_agent(node):
    endpoint = home_of(node) / ".local/share/longship/agents/lab/home/endpoint"
    hosts("exec", node, "kill", "-KILL", str(json.loads(endpoint.read_text())["pid"]))


def finished(event):
    return event["event"] == "run_finished"


def committed(size):
    return lambda event: event["event"] == "membership_committed" and len(event["members"]) == size


class ClusterOverSsh(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not pathlib.Path(SSHD).exists():
            skip("no SSH server here: apt-get install openssh-server")
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        hosts("up", str(len(NODES)))
        cls.addClassCleanup(hosts, "down")
        cls.key = home_of("switch") / "key"
        cls.make_key(cls.key)
        cls.servers = [cls.start_server(node, address) for node, address in NODES.items()]
        longship("cluster", "create", "lab")
        for node, address in NODES.items():
            cls.add_node(node, address)

    @staticmethod
    def make_key(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)

    @classmethod
    def start_server(cls, node, address):
        folder = home_of(node) / ".sshd"
        folder.mkdir(mode=0o700)
        cls.make_key(folder / "host_key")
        shutil.copy(f"{cls.key}.pub", folder / "authorized_keys")
        (folder / "sshd_config").write_text(SSHD_CONFIG.format(address=address, home=HOME))
        with open(folder / "log", "w") as log:
            server = subprocess.Popen(on(node, SSHD, "-D", "-e", "-f", HOME / ".sshd/sshd_config"), stdout=log,
                                      stderr=log, env=ENVIRONMENT)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.kill)
        return server

    @staticmethod
    def add_node(node, address):
        told = subprocess.run(["ssh-keygen", "-l", "-E", "sha256", "-f", home_of(node) / ".sshd/host_key.pub"],
                              check=True, capture_output=True, text=True).stdout
        longship("node", "add", "--cluster", "lab", node, f"root@{address}", "--identity", HOME / "key",
                 "--host-key", told.split()[1])

    def train(self, job, size=3):
        """The run of a job that nothing disturbs."""
        run = Run(job)
        self.addCleanup(run.end)
        run.until("all train", committed(size))
        run.until("the end", finished)
        return run

    def assert_refused(self, node, others):
        """An agent with the home of one that was taken out is let in by none of the others."""
        owner = (home_of("switch") / ".local/share/longship/clusters/lab/client.key").read_text().splitlines()[0]
        ghost = subprocess.Popen(
            on(node, PROGRAMS / "longship-agent", "--home", HOME / "ghost", "--listen", f"{NODES[node]}:0",
               "--owner-key", owner, "--node", node, "--worker", PROGRAMS / "longship-worker"),
            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.addCleanup(ghost.stderr.close)
        self.addCleanup(ghost.wait)
        self.addCleanup(ghost.kill)
        watch = threading.Timer(PATIENCE, ghost.kill)
        watch.start()
        self.addCleanup(watch.cancel)
        waiting = set(others)
        for line in ghost.stderr:
            waiting -= {other for other in waiting if f"{other} does not accept our key" in line}
            self.assertNotIn("Connected to", line)
            if not waiting:
                break
        self.assertFalse(waiting, "let in by these, or not tried")
        hosts("exec", node, "bash", "-c", "kill $(pgrep -x longship-agent)")
        ghost.wait()

    def assert_links_are_measured(self):
        """One of the three has a slower cable: the check finds that out in each direction."""
        hosts("slow", "node-c", "50mbit")
        began = time.monotonic()
        checks = named(longship("cluster", "check", "lab"), "check")
        print(f"checked in {time.monotonic() - began:.1f} s")
        hosts("slow", "node-c", "1gbit")
        rates = {}
        for check in checks:
            self.assertTrue(check["ok"] or check["check"] == "latency", check)
            if check["check"] == "bandwidth":
                number, unit = check["detail"].split()
                rates[check["node"], check["peer"]] = float(number) * {"Gbit/s": 1e3, "Mbit/s": 1}[unit]
            elif check["check"] == "route":
                self.assertIn(f"from {NODES[check['node']]} to {NODES[check['peer']]} port", check["detail"])
                self.assertIn("by eth0", check["detail"])
        print(f"Mbit/s: {rates}")
        self.assertEqual(len(rates), 6)
        for pair, rate in rates.items():
            if "node-c" in pair:
                self.assertTrue(15 <= rate <= 90, f"{pair}: {rate} Mbit/s through a cable of 50")

    @staticmethod
    @contextlib.contextmanager
    def only_ssh():
        """The person's machine reaches no port of the nodes but those below 1024."""
        rule = ["priority", "100", "to", "10.77.0.0/24", "ipproto", "tcp", "dport", "1024-65534"]
        hosts("exec", "switch", "ip", "rule", "add", *rule, "type", "unreachable")
        try:
            yield
        finally:
            hosts("exec", "switch", "ip", "rule", "del", *rule)

    def prove(self, run):
        self.assertEqual(run.events[-1]["state"], "completed", run.events[-1])
        proof = named(longship("verify", run.events[-1]["run"]), "run_verified")[0]
        self.assertTrue(proof["exact"], proof)

    def test_it_is_deployed_trains_on_data_that_is_brought_survives_and_leaves_nothing(self):
        before = {node: files_of(node) for node in NODES}
        began = time.monotonic()
        deployed = named(longship("cluster", "deploy", "lab"), "deployed")
        print(f"deployed {deployed[0]['bytes'] / 1e6:.0f} MB to each of {len(deployed)}: "
              f"{time.monotonic() - began:.1f} s")
        self.assertEqual({node["node"] for node in deployed}, set(NODES))
        began = time.monotonic()
        again = named(longship("cluster", "deploy", "lab"), "deployed")
        print(f"deployed again: {time.monotonic() - began:.1f} s")
        self.assertTrue(all(node["skipped"] for node in again), again)

        self.assert_links_are_measured()

        # One node has the dataset, as its package would bring it; the others get it.
        for node in ("node-b", "node-c"):
            hosts("exec", node, "mount", "-t", "tmpfs", "none", "/usr/share/datasets")
        images = HOME / "images.yaml"
        (home_of("switch") / "images.yaml").write_text(IMAGES)
        run = Run(images)
        self.addCleanup(run.end)
        run.until("the data is there", lambda event: event["event"] == "run_submitted")
        sent = {event["node"]: event["bytes"] for event in named(run.events, "data_ready")}
        self.assertEqual(sent["node-a"], 0)
        self.assertGreater(sent["node-b"], 20_000_000)
        self.assertEqual(sent["node-b"], sent["node-c"])
        run.until("three train", committed(3))
        run.until("steps", lambda event: event["event"] == "step" and event["step"] > 50)
        kill_agent("node-c")
        run.until("the others go on", committed(2))
        run.until("the end", finished)
        self.prove(run)

        # The one that leads is taken out; an agent with its key is nobody any more.
        hosts("exec", "node-a", "cp", "-r", HOME / ".local/share/longship/agents/lab/home", HOME / "ghost")
        removed = longship("node", "remove", "--cluster", "lab", "node-a")
        self.assertGreater(named(removed, "undeployed")[0]["bytes_freed"], 1_000_000)
        self.assertFalse((home_of("node-a") / ".local/share/longship").exists())
        self.assert_refused("node-a", ["node-b", "node-c"])
        shutil.rmtree(home_of("node-a") / "ghost")
        undisturbed = self.train(images, 2)
        self.assertTrue(all(event["skipped"] for event in named(undisturbed.events, "data_ready")))
        self.assertEqual(undisturbed.events[-1]["parameter_hash"], run.events[-1]["parameter_hash"])

        self.add_node("node-a", NODES["node-a"])
        with self.only_ssh():
            deployed = named(longship("cluster", "deploy", "lab"), "deployed")
        self.assertEqual({node["node"]: node["skipped"] for node in deployed},
                         {"node-a": False, "node-b": True, "node-c": True})
        table = "x,y,kind\n" + "".join(f"{i % 7}.{i % 10},{i * i % 11},{'abc'[i % 7 % 3]}\n" for i in range(3000))
        (home_of("switch") / "flowers.csv").write_text(table)
        (home_of("switch") / "table.yaml").write_text(TABLE)
        with self.only_ssh():
            run = self.train(HOME / "table.yaml")
            self.assertIn("node-a, node-b, node-c are not reached from here by themselves", run.said())
        self.assertEqual([event["bytes"] for event in named(run.events, "data_ready")], [len(table)] * 3)
        self.prove(run)

        longship("cluster", "undeploy", "lab")
        longship("cluster", "forget", "lab")
        self.assertEqual({node: files_of(node) for node in NODES}, before)


if __name__ == "__main__":
    if PROGRAMS is None:
        print("usage: ssh_test.py <folder of the programs>")
        sys.exit(2)
    unittest.main(verbosity=2)
