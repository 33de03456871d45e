#!/usr/bin/env python3
"""Faults of whole machines: real agents on hosts of their own, joined by slow links, that lose their cable or their
power, hang, or have no processor left. One run lives through them all. After each the ledger is exact, and at the end
of every epoch that was trained the parameters are, bit for bit, those of an undisturbed run.

    faults_test.py <folder of the programs> [FaultsTest.test_...]

Exit code 77: cannot run here."""
import json
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cluster as clusters  # noqa: E402

PROGRAMS = ""
HOSTS = ("node-a", "node-b", "node-c")
TOLERATED = 3       # Seconds of silence, as the job's default.
FAST = "1gbit"
SLOW = "10mbit"     # 1 % of that. It also sets the pace: some 20 steps a second, however fast the machine is.
EPOCHS = 80         # Of 15 steps. The undisturbed run takes seconds for them, the disturbed one a minute.
HIDDEN = 1024       # 48 KB of gradients a step.


class FaultsTest(unittest.TestCase):
    run_ = None  # The disturbed run, as long as it goes on.

    @classmethod
    def setUpClass(cls):
        cls.cluster = clusters.HostsCluster(PROGRAMS, rate=FAST, name=f"faults{os.getpid()}")
        cls.addClassCleanup(cls.cluster.end)
        cls.cluster.start()
        # The same path for the client and, because files elsewhere are this machine's, for every worker.
        cls.folder = pathlib.Path(cls.enterClassContext(clusters.scratch()))
        # Whoever takes part, the bits are the same; one worker is the quickest.
        alone = clusters.write_job(cls.folder, EPOCHS, hidden=HIDDEN, workers=1)
        undisturbed = clusters.Run(cls.cluster, alone)
        undisturbed.end()
        cls.undisturbed = cls.hashes(undisturbed)
        cls.job = clusters.write_job(cls.folder, 10 * EPOCHS, hidden=HIDDEN)
        for host in HOSTS:
            cls.cluster.hosts("slow", host, SLOW)

    @classmethod
    def hashes(cls, run):
        """Of the parameters, by the steps after which they were taken."""
        file = cls.folder / "run.json"
        file.unlink(missing_ok=True)
        cls.cluster.cli("export", run.id, "--format", "json", "--output", file)
        rows = json.loads(file.read_text())["runs"][0]["rows"]
        return {row["step"]: row["parameter_hash"] for row in rows if row["valid"] and row["parameter_hash"]}

    def setUp(self):
        cls = type(self)
        if cls.run_ is not None and (cls.run_.finished or cls.run_.last_step > EPOCHS * 15 * 2 // 3):
            if not cls.run_.finished:
                self.cluster.cli("stop", cls.run_.id)
                cls.run_.end()
            cls.run_ = None
        if cls.run_ is None:
            cls.run_ = clusters.Run(self.cluster, self.job)
        self.began = time.monotonic()
        self.run_.wait_for_members(3)
        self.before = len(self.run_.events)

    def tearDown(self):
        print(f"{self.id().split('.')[-1]}: {time.monotonic() - self.began:.1f} s, step {self.run_.steps}", flush=True)
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            for host in HOSTS:
                print(f"--- {host}\n{self.cluster.log(host)}", file=sys.stderr)

    def expect_others_go_on(self, count, within):
        """Without the lost one, and how soon the first step of the new membership was heard of."""
        before, began = self.run_.membership["number"], time.monotonic()
        clusters.until(lambda: self.run_.look() or (self.run_.membership["number"] > before and
                                                    self.run_.members() == count), "the others go on")
        self.assertIsNone(self.run_.finished, "the run ended before the fault was noticed")
        took = time.monotonic() - began
        print(f"{self.id().split('.')[-1]}: the others go on after {took:.2f} s", flush=True)
        self.assertLess(took, within)

    def expect_whole_again(self):
        clusters.until(lambda: self.run_.look() or self.run_.members() == 3, "all three train again")
        self.expect_undisturbed_learning()

    def expect_nobody_thrown_out(self):
        self.run_.look()
        events = self.run_.events[self.before:]
        self.assertFalse([event for event in events if event["event"] == "incident_raised"])
        for event in events:
            if event["event"] == "membership_committed":
                self.assertEqual(len(event["members"]), 3, event)
        self.expect_undisturbed_learning()

    def expect_undisturbed_learning(self):
        """Also in an epoch that ended after the fault."""
        since = self.run_.last_step
        # The last step of an epoch is final with the next one.
        clusters.until(lambda: self.run_.look() or self.run_.last_step > 15 * (since // 15 + 2), "an epoch ends")
        self.assertIsNone(self.run_.finished, "the run goes on")
        hashes = self.hashes(self.run_)
        self.assertGreater(max(hashes), since)
        self.assertLessEqual(max(hashes), max(self.undisturbed), "the undisturbed run is long enough to compare with")
        self.assertEqual(hashes, {step: self.undisturbed.get(step) for step in hashes})
        proofs = [event for event in self.cluster.cli("verify", self.run_.id, check=False)
                  if event["event"] == "run_verified"]
        self.assertTrue(proofs and proofs[0]["exact"], proofs)

    def test_a_cable_is_pulled_and_plugged_in_again(self):
        self.cluster.hosts("cut", "node-c")
        self.expect_others_go_on(2, TOLERATED + 10)
        self.cluster.hosts("restore", "node-c")
        self.cluster.hosts("slow", "node-c", SLOW)
        self.expect_whole_again()

    def test_the_machine_that_leads_loses_its_power_and_comes_back(self):
        host = self.cluster.leader()
        self.cluster.hosts("kill", host)
        self.expect_others_go_on(2, TOLERATED + 10)
        self.assertNotEqual(self.cluster.leader(), host)
        self.cluster.hosts("restore", host)
        self.cluster.hosts("slow", host, SLOW)
        self.cluster.start_agents()
        self.expect_whole_again()

    def test_an_agent_is_stopped_and_goes_on(self):
        self.cluster.signal("node-b", "longship-agent", "STOP")
        self.expect_others_go_on(2, TOLERATED + 10)
        self.cluster.signal("node-b", "longship-agent", "CONT")
        self.expect_whole_again()

    def test_a_worker_is_stopped_and_replaced(self):
        self.cluster.signal("node-c", "longship-worker", "STOP")
        self.expect_others_go_on(2, 2 * TOLERATED + 10)
        self.expect_whole_again()

    def test_slow_links_throw_nobody_out(self):
        # The third one holds the others up.
        for host in HOSTS[:2]:
            self.cluster.hosts("slow", host, FAST)
        before = self.run_.steps
        clusters.until(lambda: self.run_.look() or self.run_.steps > before + 100, "training goes on")
        for host in HOSTS[:2]:
            self.cluster.hosts("slow", host, SLOW)
        self.expect_nobody_thrown_out()

    def test_a_machine_without_processor_throws_nobody_out(self):
        # Four busy processes for each core of this machine.
        burners = [self.burn(HOSTS[index % 3]) for index in range(4 * os.cpu_count())]
        try:
            end = time.monotonic() + 3 * TOLERATED
            while time.monotonic() < end and not self.run_.look():
                time.sleep(0.05)
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
        self.expect_nobody_thrown_out()

    def burn(self, host):
        return clusters.start(self.cluster.hosts_command(host, sys.executable, "-c", "while True: sum(range(10**6))"),
                              self.cluster.environment)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print("usage: faults_test.py <folder of the programs> [FaultsTest.test_...]")
        sys.exit(2)
    PROGRAMS = sys.argv.pop(1)
    if why := clusters.why_no_hosts():
        print(f"SKIPPED: {why}")
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")
