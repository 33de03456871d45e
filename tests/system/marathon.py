"""Kills workers and agents of a cluster that trains, at random times, and proves that nothing came of it. Called by
marathon.sh, which says how."""
import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cluster as clusters  # noqa: E402

# A task that dies three times within a minute stays off, so a run's worker is killed no more often than that leaves it.
WORKER_KILLS_MAX = 2


class Marathon:
    def __init__(self, options, cluster, job):
        self.options, self.cluster, self.job = options, cluster, job
        self.random = random.Random(options.seed)
        self.kills = self.runs = self.resumed = 0
        self.began = time.monotonic()
        self.hash = None

    def is_over(self):
        return (self.options.kills and self.kills >= self.options.kills) or (
            self.options.seconds and time.monotonic() - self.began >= self.options.seconds)

    def start_dead_agents(self):
        for agent in self.cluster.agents:
            if not agent.is_alive():
                agent.start()

    def train_undisturbed(self):
        run = clusters.Run(self.cluster, self.job)
        self.hash = run.end()["parameter_hash"]
        self.began = time.monotonic()
        print(f"undisturbed: {run.steps} steps, parameters {self.hash}", flush=True)

    def train(self):
        run = clusters.Run(self.cluster, self.job)
        worker_kills = {agent.name: 0 for agent in self.cluster.agents}
        known = 0
        while not self.has_ended(run):
            # All train, in a membership that came after the last kills: what is known of them is not old news.
            if run.members() == len(self.cluster.agents) and run.membership["number"] > known and not self.is_over():
                self.disturb(run, worker_kills)
                known = run.membership["number"]
            time.sleep(0.01)
        self.check(run)

    def has_ended(self, run):
        self.start_dead_agents()
        if run.paused:
            self.answer(run)
        return run.look() or run.process.poll() is not None

    def disturb(self, run, worker_kills):
        """One to four kills within a moment, also of what was just started again. One node is spared each time: its
        worker has the state of the run, which nobody could bring back otherwise."""
        spared = self.random.choice(self.cluster.agents)
        victims = [agent for agent in self.cluster.agents if agent is not spared]
        for _ in range(self.random.choice((1, 1, 2, 3, 4))):
            if self.has_ended(run):
                return
            self.hit(self.random.choice(victims), worker_kills)
            # In the middle of what comes of it, or after it.
            end = time.monotonic() + self.random.choice((0, self.random.uniform(0, 0.3), self.random.uniform(0, 2)))
            while time.monotonic() < end and not self.has_ended(run):
                time.sleep(0.01)

    def hit(self, agent, worker_kills):
        workers = agent.workers() if agent.is_alive() else []
        if workers and worker_kills[agent.name] < WORKER_KILLS_MAX and self.random.random() < 0.6:
            worker_kills[agent.name] += 1
            what = "worker"
            clusters.kill(self.random.choice(workers))
        elif agent.is_alive():
            what = "agent"
            agent.kill()
        else:
            return
        self.kills += 1
        print(f"{time.monotonic() - self.began:7.1f} s  kill {self.kills}: {what} of {agent.name}", flush=True)

    def answer(self, run):
        """Two in a row at the same step look like a batch that kills: the run asks, and is told to go on."""
        self.resumed += 1
        print(f"{time.monotonic() - self.began:7.1f} s  the run is paused and told to go on", flush=True)
        self.cluster.cli("resume", run.id, check=False)
        run.paused = False

    def check(self, run):
        finished = run.end()
        self.runs += 1
        if finished["state"] != "completed":
            raise clusters.Failed(f"the run {run.id} is {finished['state']}: {finished['cause']}")
        if finished["parameter_hash"] != self.hash:
            raise clusters.Failed(f"the run {run.id} ended with {finished['parameter_hash']}, undisturbed: {self.hash}")
        # The last rows may still be on their way.
        proof = clusters.until(lambda: next((event for event in self.cluster.cli("verify", run.id, check=False)
                                             if event["event"] == "run_verified" and event["exact"]), None),
                               f"the ledger of {run.id} is exact", 20)
        print(f"{time.monotonic() - self.began:7.1f} s  run {self.runs}: {proof['samples_read']} samples, each once; "
              "the parameters of the undisturbed run", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Kills at random times, and what is left of a run. See marathon.sh.")
    parser.add_argument("--programs", required=True, help="folder of longship, longship-agent and longship-worker")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--epochs", type=int, default=300)
    options = parser.parse_args()
    if not options.kills and not options.seconds:
        options.kills = 2000
    options.seed = int.from_bytes(random.randbytes(4), "big") if options.seed is None else options.seed
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="longship-marathon-") as folder:
        folder = pathlib.Path(folder)
        with clusters.Cluster(options.programs, folder) as cluster:
            marathon = Marathon(options, cluster, clusters.write_job(folder, options.epochs))
            try:
                marathon.train_undisturbed()
                while not marathon.is_over():
                    marathon.train()
            except clusters.Failed as failure:
                for agent in cluster.agents:
                    print(f"--- {agent.name}\n{agent.log()[-20000:]}", file=sys.stderr)
                print(f"marathon: {failure}; seed {options.seed}", file=sys.stderr)
                return 1
            print(f"{marathon.kills} kills in {marathon.runs} runs within {time.monotonic() - marathon.began:.0f} s; "
                  f"every run completed, its ledger exact, its parameters those of an undisturbed run; "
                  f"{marathon.resumed} pauses answered")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
