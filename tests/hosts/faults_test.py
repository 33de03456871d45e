#!/usr/bin/env python3
"""Faults of whole machines: real agents on hosts of their own that lose their cable or their power, hang, are slow or
have no processor left. The run completes each time, its ledger exact, with the parameters of an undisturbed run.
Argument: the folder of the programs. Exit code 77: cannot run here."""
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cluster as clusters  # noqa: E402

PROGRAMS = ""
TOLERATED = 3  # Seconds of silence, as the job's default.


class FaultsTest(unittest.TestCase):
    epochs = 200

    @classmethod
    def setUpClass(cls):
        cls.cluster = clusters.HostsCluster(PROGRAMS, name=f"faults{os.getpid()}")
        cls.addClassCleanup(cls.cluster.end)
        cls.cluster.start()
        # The same path for the client and, because files elsewhere are this machine's, for every worker.
        cls.folder = pathlib.Path(cls.enterClassContext(clusters.scratch()))
        cls.job = clusters.write_job(cls.folder, cls.epochs)
        cls.hash = clusters.Run(cls.cluster, cls.job).end()["parameter_hash"]

    def setUp(self):
        self.run_ = clusters.Run(self.cluster, self.job)
        self.run_.wait_for_members(3)

    def tearDown(self):
        if self._outcome.result.failures or self._outcome.result.errors:
            for host in ("node-a", "node-b", "node-c"):
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

    def expect_undisturbed_end(self):
        finished = self.run_.end()
        self.assertEqual(finished["state"], "completed", finished["cause"])
        self.assertEqual(finished["parameter_hash"], self.hash)
        clusters.until(lambda: any(event["event"] == "run_verified" and event["exact"] for event in
                                   self.cluster.cli("verify", self.run_.id, check=False)), "the ledger is exact", 20)

    def memberships(self):
        self.run_.look()
        return [event for event in self.run_.events if event["event"] == "membership_committed"]

    def test_a_cable_is_pulled_and_plugged_in_again(self):
        self.cluster.hosts("cut", "node-c")
        self.expect_others_go_on(2, TOLERATED + 10)
        self.cluster.hosts("restore", "node-c")
        self.expect_whole_again()
        self.expect_undisturbed_end()

    def test_a_machine_loses_its_power_and_comes_back(self):
        self.cluster.hosts("kill", "node-b")
        self.expect_others_go_on(2, TOLERATED + 10)
        self.cluster.hosts("restore", "node-b")
        self.cluster.start_agents()
        self.expect_whole_again()
        self.expect_undisturbed_end()

    def test_an_agent_is_stopped_and_goes_on(self):
        self.cluster.signal("node-b", "longship-agent", "STOP")
        self.expect_others_go_on(2, TOLERATED + 10)
        self.cluster.signal("node-b", "longship-agent", "CONT")
        self.expect_whole_again()
        self.expect_undisturbed_end()

    def test_a_worker_is_stopped_and_left_behind(self):
        self.cluster.signal("node-c", "longship-worker", "STOP")
        self.expect_others_go_on(2, 2 * TOLERATED + 10)
        self.expect_undisturbed_end()

    def test_a_slow_link_throws_nobody_out(self):
        self.cluster.hosts("slow", "node-c", "10mbit")
        before = self.run_.steps
        clusters.until(lambda: self.run_.look() or self.run_.steps > before + 300, "training goes on")
        self.cluster.hosts("slow", "node-c", self.cluster.rate)
        self.expect_undisturbed_end()
        self.assertEqual(len(self.memberships()), 1, self.memberships())

    def test_a_machine_without_processor_throws_nobody_out(self):
        # Four busy processes for each core of this machine.
        burners = [self.burn(host) for host in ("node-a", "node-b", "node-c") for _ in range(4 * os.cpu_count() // 3)]
        try:
            end = time.monotonic() + 10
            while time.monotonic() < end and not self.run_.look():
                time.sleep(0.05)
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
        self.expect_undisturbed_end()
        self.assertEqual(len(self.memberships()), 1, self.memberships())

    def burn(self, host):
        return clusters.start(self.cluster.hosts_command(host, sys.executable, "-c", "while True: sum(range(10**6))"),
                              self.cluster.environment)


if __name__ == "__main__":
    PROGRAMS = sys.argv.pop(1)
    if why := clusters.why_no_hosts():
        print(f"SKIPPED: {why}")
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")
