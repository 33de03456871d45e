"""A cluster of real agents on this machine for scripts that disturb it: agents are children of the script, any of them
can be killed and started again, the client is the command line. For figures and marathons; tests in C++ have
tests/system/test_cluster.h."""
import json
import os
import pathlib
import queue
import random
import signal
import subprocess
import tempfile
import threading
import time

PATIENCE = 120  # Seconds until something that must happen counts as not happening.


class Failed(Exception):
    """Something that must happen did not; the text says what."""


def until(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.005)
    return value


def children_of(process):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(stat[1]) == process and stat[0] not in "ZX":
                found.append(int(entry.name))
    return found


class Agent:
    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.home = cluster.folder / "agents" / name
        self.home.mkdir(parents=True)
        self.process = None

    def start(self):
        (self.home / "endpoint").unlink(missing_ok=True)
        with open(self.home / "test.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.cluster.bin / "longship-agent", "--home", self.home, "--listen", "127.0.0.1:0", "--owner-key",
                 self.cluster.owner, "--node", self.name, "--worker", self.cluster.bin / "longship-worker"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.cluster.environment,
                start_new_session=True)
        until(lambda: self.process.poll() is None and (self.home / "endpoint").exists(), f"{self.name} starts", 30)

    def is_alive(self):
        return self.process.poll() is None

    def workers(self):
        return children_of(self.process.pid)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return (self.home / "test.log").read_text(errors="replace")


class Cluster:
    """Ends its agents at the end of the with block."""

    def __init__(self, programs, folder, nodes=3, name="test"):
        self.bin, self.folder, self.name = pathlib.Path(programs).resolve(), pathlib.Path(folder), name
        self.environment = {**os.environ, "LONGSHIP_HOME": str(self.folder / "home"),
                            "XDG_RUNTIME_DIR": str(self.folder)}
        record = self.folder / "home" / "data" / "clusters" / name
        record.mkdir(parents=True)
        self.write_record([])
        self.cli("cluster", "list")  # Makes the owner's key.
        self.owner = (record / "client.key").read_text().split()[0]
        self.agents = [Agent(self, f"node-{chr(ord('a') + index)}") for index in range(nodes)]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        for agent in self.agents:
            agent.start()  # The first start makes its key; then all can be told of all.
        nodes = [json.loads((agent.home / "endpoint").read_text()) for agent in self.agents]
        self.write_record([{key: node[key] for key in ("node", "endpoint", "publicKey")} for node in nodes])
        roster = {"cluster": self.name, "nodes": [
            {"node": node["node"], "endpoint": node["endpoint"], "public_key": node["publicKey"]} for node in nodes]}
        for agent in self.agents:
            agent.process.terminate()
            agent.process.wait()
            (agent.home / "roster.json").write_text(json.dumps(roster))
        for agent in self.agents:
            agent.start()
        until(lambda: all(node["state"] == "ready" for node in self.nodes()), "all nodes are ready", 30)

    def end(self):
        for agent in self.agents:
            if agent.process is not None:
                agent.kill()

    def write_record(self, nodes):
        file = self.folder / "home" / "data" / "clusters" / self.name / "cluster.json"
        file.write_text(json.dumps({"format": 1, "kind": "remote", "name": self.name, "nodes": nodes}))

    def command(self, *words):
        """How the command line is called."""
        return [self.bin / "longship", *words, "--json"]

    def cli(self, *words, check=True):
        """The objects that a command of the command line prints."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, env=self.environment,
                              timeout=PATIENCE)
        if check and done.returncode != 0:
            raise Failed(f"longship {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def nodes(self):
        return self.cli("cluster", "list")[0]["nodes"]

    def leader(self):
        """Name of the node that leads, or None."""
        return next((node["node"] for node in self.nodes() if node["leader"]), None)


HOSTS = pathlib.Path(__file__).resolve().parents[1] / "hosts"
CANNOT = 77  # Exit code of hosts.sh where the machine cannot do it.


class HostsCluster(Cluster):
    """A supervised agent on each of some hosts of tests/hosts; the client is on their switch. Needs root."""

    def __init__(self, programs, nodes=3, rate="1gbit", name="faults"):
        self.bin, self.name, self.rate, self.count = pathlib.Path(programs).resolve(), name, rate, nodes
        self.environment = {**os.environ, "LONGSHIP_HOSTS": name}
        self.folder = pathlib.Path("/run/longship-hosts") / name / "home"  # The same path on every host.

    def start(self):
        self.hosts("up", self.count, self.rate)
        self.start_agents()
        until(lambda: all(node["state"] == "ready" for node in self.nodes()), "all nodes are ready", 30)

    def end(self):
        self.hosts("down", check=False)

    def start_agents(self):
        """Where none runs."""
        self.script("agents.sh", self.bin)

    def script(self, name, *words, check=True):
        done = subprocess.run(["bash", HOSTS / name, *map(str, words)], capture_output=True, text=True,
                              env=self.environment, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise Failed(f"{name} {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}")
        return done

    def hosts(self, *words, check=True):
        return self.script("hosts.sh", *words, check=check)

    def hosts_command(self, host, *words):
        return ["bash", HOSTS / "hosts.sh", "exec", host, *words]

    def on(self, host, *words, check=True):
        """What a command prints on a host."""
        return self.hosts("exec", host, *words, check=check).stdout

    def command(self, *words):
        return self.hosts_command("switch", self.bin / "longship", *words, "--json")

    def processes(self, host, program):
        """As the host numbers them."""
        return self.on(host, "pgrep", "-x", program, check=False).split()

    def signal(self, host, program, name):
        """To all processes of this program on the host."""
        for process in self.processes(host, program):
            self.on(host, "kill", f"-{name}", process)

    def log(self, host):
        return self.on(host, "tail", "-c", "20000", self.folder / "agent" / "agent.log", check=False)


def why_no_hosts():
    """Why hosts cannot be made here, or None."""
    done = subprocess.run(["bash", HOSTS / "hosts.sh", "check"], capture_output=True, text=True, timeout=PATIENCE)
    return done.stderr.strip() or "hosts cannot be made here" if done.returncode == CANNOT else None


class Run:
    """A run under way, followed through `longship run`."""

    def __init__(self, cluster, job):
        self.cluster = cluster
        self.steps = 0          # Final ones that were heard of.
        self.last_step = 0      # The last of them.
        self.membership = None  # The last that was committed: {"number", "members", …}.
        self.trains_in = 0      # The membership of the last final step.
        self.paused = False
        self.finished = None
        self.id = None
        self.events = []        # All but the steps.
        self.first_steps = {}   # When the first step of a membership was heard of, by number; monotonic.
        self.lines = queue.Queue()
        self.complaint = ""     # The end of what it wrote for people.
        self.process = subprocess.Popen(
            cluster.command("run", job, "--cluster", cluster.name), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=cluster.environment)
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.listen, daemon=True).start()
        until(lambda: self.look() or self.id or self.process.poll() is not None, "the run is submitted")
        if not self.id and self.process.poll() is not None:
            raise Failed(f"the run is not submitted: exit code {self.process.returncode}\n{self.complaint}")

    def read(self):
        for line in self.process.stdout:
            self.lines.put((time.monotonic(), json.loads(line)))

    def listen(self):
        for line in self.process.stderr:
            self.complaint = (self.complaint + line)[-4000:]

    def look(self):
        """Takes in what was told since the last look."""
        while not self.lines.empty():
            heard, event = self.lines.get()
            kind = event["event"]
            self.id = self.id or event.get("run")
            if kind == "step":
                self.steps += 1
                self.last_step = event["step"]
                self.trains_in = event["membership"]
                self.first_steps.setdefault(event["membership"], heard)
                continue
            self.events.append(event)
            if kind == "membership_committed":
                self.membership = event
            elif kind == "state_changed":
                self.paused = event["state"] == "paused"
            elif kind == "run_finished":
                self.finished = event
        return self.finished

    def members(self):
        """How many train in the present membership; 0 while none of its steps is final."""
        self.look()
        trains = self.membership is not None and self.trains_in == self.membership["number"]
        return len(self.membership["members"]) if trains else 0

    def wait_for_members(self, count, what=None):
        until(lambda: self.members() >= count or self.finished or self.process.poll() is not None,
              what or f"{count} members train")

    def end(self):
        """Waits for its end."""
        until(lambda: self.look() or self.process.poll() is not None, f"the run {self.id} ends", 600)
        self.process.wait(PATIENCE)
        until(self.look, f"the end of the run {self.id} is told", 10)
        return self.finished


def write_table(path):
    """Three clouds of points with a label each."""
    rng = random.Random(7)
    with open(path, "w", encoding="utf-8") as file:
        file.write("x,y,kind\n")
        for _ in range(1000):
            kind = rng.randrange(3)
            file.write(f"{kind + 0.4 * rng.random()},{kind * kind - 0.4 * rng.random()},{'abc'[kind]}\n")


def write_job(folder, epochs, hidden=64, **more):
    """A reproducible job of 15 steps an epoch on a small table."""
    write_table(folder / "table.csv")
    fields = {"workers": 3, "global_batch": 60, "micro_batch": 2, "epochs": epochs, **more}
    job = folder / "job.yaml"
    lines = ["name: table", f"dataset: {{csv: {folder / 'table.csv'}, label: kind}}",
             f"model: {{name: mlp, hidden: [{hidden}]}}", "optimizer: {kind: adam, learning_rate: 0.001}",
             "numerics: reproducible"]
    job.write_text("\n".join(lines + [f"{key}: {value}" for key, value in fields.items()]) + "\n")
    return job


def scratch():
    return tempfile.TemporaryDirectory(prefix="longship-test-")


def start(command, environment):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=environment)


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
