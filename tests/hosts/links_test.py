#!/usr/bin/env python3
"""A data link between two workers that is cut while both are heard by their leader: real agents and workers on the
hosts of hosts.sh. Exit code 77: cannot run here.

    links_test.py <folder of the programs>
"""

import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
SET = f"links{os.getpid()}"
PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
PATIENCE = 90  # Seconds until something that must happen counts as not happening.

# Enough steps to outlive the test. T is 3 s.
JOB = """
name: cut-link
dataset: fashion-mnist
model: {name: mlp, hidden: [64]}
numerics: reproducible
global_batch: 192
epochs: 400
"""


def hosts(*words):
    done = subprocess.run(["bash", HERE / "hosts.sh", *words], capture_output=True, text=True,
                          env=os.environ | {"LONGSHIP_HOSTS": SET})
    if done.returncode == 77:
        print(done.stderr.strip().splitlines()[-1])
        sys.exit(77)
    if done.returncode != 0:
        raise RuntimeError(f"hosts.sh {' '.join(words)}: {done.stderr}")
    return done.stdout


class Run:
    """A run of the cluster, and its events as they come."""

    def __init__(self, job):
        self.events = []
        self.fresh = queue.Queue()
        self.process = subprocess.Popen(
            ["bash", HERE / "hosts.sh", "exec", "switch", PROGRAMS / "longship", "run", job,
             "--cluster", SET, "--json"],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"LONGSHIP_HOSTS": SET})
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.fresh.put((time.monotonic(), json.loads(line)))
        self.fresh.put(None)

    def until(self, what, condition):
        """The first event from here on that fits, and when it came."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                item = self.fresh.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"not in time: {what}; last: {self.events[-5:]}") from None
            assert item is not None, f"the run ended before: {what}; last: {self.events[-5:]}"
            self.events.append(item[1])
            if condition(item[1]):
                return item

    def end(self):
        self.process.kill()
        self.process.wait()


def committed(size):
    return lambda event: event["event"] == "membership_committed" and len(event["members"]) == size


class CutLink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hosts("up", "3")
        cls.addClassCleanup(hosts, "down")
        subprocess.run(["bash", HERE / "agents.sh", PROGRAMS], check=True, stdout=subprocess.DEVNULL,
                       env=os.environ | {"LONGSHIP_HOSTS": SET})

    def test_the_two_are_named_and_the_largest_part_goes_on(self):
        job = pathlib.Path("/run/longship-hosts") / SET / "job.yaml"
        job.write_text(JOB)
        run = Run(job)
        self.addCleanup(run.end)
        run.until("three train", committed(3))
        run.until("steps", lambda event: event["event"] == "step" and event["step"] > 20)

        began = time.monotonic()
        hosts("part", "node-b", "node-c")
        at, incident = run.until("the incident", lambda event: event["event"] == "incident_raised")
        self.assertIn("cannot reach each other", incident["what"])
        self.assertIn("worker-1 on node-b", incident["what"])
        self.assertIn("worker-2 on node-c", incident["what"])
        print(f"the link was named after {at - began:.2f} s")
        self.assertLess(at - began, 6, "T is 3 s: well before the 30 s of a peer that sends nothing")
        _, two = run.until("two go on", committed(2))
        self.assertEqual({member["node"] for member in two["members"]}, {"node-a", "node-b"})
        at, _ = run.until("steps of the two", lambda event: event["event"] == "incident_resolved")
        print(f"the others went on after {at - began:.2f} s")

        hosts("join", "node-b", "node-c")
        run.until("all three again", committed(3))
        run.until("steps of the three", lambda event: event["event"] == "step")
        exits = [event for event in run.events
                 if event["event"] == "task_changed" and event["state"] == "exited"]
        self.assertFalse(exits, "no process was ended for it")


if __name__ == "__main__":
    if PROGRAMS is None:
        print("usage: links_test.py <folder of the programs>")
        sys.exit(2)
    unittest.main(verbosity=2)
