#!/usr/bin/env python3
"""Proves that hosts.sh makes what it says: hosts apart from each other, cables with a rate that can be pulled, power
that can be lost, and nothing left at the end. Works on a set of hosts of its own. Exit code 77: cannot run here."""

import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

SET = f"test{os.getpid()}"
SCRIPT = pathlib.Path(__file__).with_name("hosts.sh")
STATE = pathlib.Path("/run/longship-hosts") / SET
PORT = 7000
PATIENCE = 20  # Seconds until something that must happen counts as not happening.


# --- What runs on a host: this file again, with the name of a part.

def part_ping(address):
    """Sends an ICMP echo every 50 ms until it is answered, for at most 2 s. Prints whether."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as wire:
        end = time.monotonic() + 2
        number = 0
        while time.monotonic() < end:
            number += 1
            head = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number)
            total = sum(struct.unpack("!4H", head))
            check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
            try:
                wire.sendto(struct.pack("!BBHHH", 8, 0, check, os.getpid() & 0xFFFF, number), (address, 0))
            except OSError:
                pass  # the way is down: that is an answer, too, once the time is over
            if select.select([wire], [], [], 0.05)[0]:
                packet = wire.recv(1024)
                if packet[20] == 0 and struct.unpack("!H", packet[24:26])[0] == os.getpid() & 0xFFFF:
                    return "answered"
    return "silence"


def part_sink(connections):
    """Takes in all that so many connections send. Prints the bytes and the seconds from the first to the last."""
    with socket.create_server(("", PORT), backlog=8) as server:
        print("listening", flush=True)
        peers = [server.accept()[0] for _ in range(int(connections))]
        began = time.monotonic()
        received = 0
        while peers:
            for peer in select.select(peers, [], [])[0]:
                data = peer.recv(1 << 16)
                received += len(data)
                if not data:
                    peers.remove(peer)
        return json.dumps({"bytes": received, "seconds": time.monotonic() - began})


def part_send(address, count):
    with socket.create_connection((address, PORT), timeout=PATIENCE) as wire:
        wire.sendall(bytes(int(count)))
    return "sent"


def part_line(address):
    """Opens a connection and prints each word that comes; "end" for an end, "reset" for a reset."""
    with socket.create_connection((address, PORT), timeout=PATIENCE) as wire:
        wire.settimeout(None)
        print("connected", flush=True)
        try:
            while data := wire.recv(100):
                print(data.decode(), end="", flush=True)
        except ConnectionError:
            return "reset"
    return "end"


def part_say():
    """Hands what it reads from its input to the first who connects."""
    with socket.create_server(("", PORT)) as server:
        print("listening", flush=True)
        peer = server.accept()[0]
        for text in sys.stdin:
            peer.sendall(text.encode())
        peer.close()
    return "closed"


def part_burn(seconds):
    """Computes for so long. Prints the processor time that it got per second."""
    began, used = time.monotonic(), time.process_time()
    while time.monotonic() - began < float(seconds):
        sum(range(1000))
    return (time.process_time() - used) / (time.monotonic() - began)


# --- From outside.

def hosts(*words, check=True):
    done = subprocess.run(["bash", str(SCRIPT), *map(str, words)], capture_output=True, text=True,
                          env=os.environ | {"LONGSHIP_HOSTS": SET}, timeout=60)
    if check and done.returncode:
        raise AssertionError(f"hosts.sh {' '.join(map(str, words))}: status {done.returncode}\n{done.stderr}")
    return done


class Part:
    """A part of this file that runs on a host."""

    def __init__(self, host, name, *words):
        command = ["bash", str(SCRIPT), "exec", host, sys.executable, __file__, "--part", name, *map(str, words)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=os.environ | {"LONGSHIP_HOSTS": SET})

    def line(self, seconds=PATIENCE):
        """The next line, or nothing when none came in time."""
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return None
        return self.process.stdout.readline().decode().strip()

    def say(self, text):
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def on(host, name, *words):
    with Part(host, name, *words) as part:
        return part.line()


def command_on(host, *words):
    return hosts("exec", host, *words).stdout.strip()


def processes_with(text):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue  # ended meanwhile
    return found


class HostsTest(unittest.TestCase):
    def setUp(self):
        hosts("up", 3, "1gbit")

    def transfer(self, receiver, senders, count):
        """Mbit/s that arrive at a host when others send so many bytes each."""
        with Part(receiver, "sink", len(senders)) as sink:
            self.assertEqual(sink.line(), "listening")
            address = self.addressOf(receiver)
            parts = [Part(sender, "send", address, count) for sender in senders]
            result = json.loads(sink.line(60))
            for part in parts:
                part.close()
        self.assertEqual(result["bytes"], count * len(senders))
        return result["bytes"] * 8 / result["seconds"] / 1e6

    def addressOf(self, host):
        return f"10.77.0.{ord(host[-1]) - ord('a') + 1}"

    def state(self, host):
        return next(line.split()[2] for line in hosts("list").stdout.splitlines() if line.startswith(host + " "))

    def test_all_reach_each_other_by_name(self):
        for here in ("node-a", "node-b", "node-c", "switch"):
            for there in ("node-a", "node-b", "node-c"):
                self.assertEqual(on(here, "ping", there), "answered", f"{here} to {there}")

    def test_each_has_a_name_a_home_and_processes_of_its_own(self):
        self.assertEqual(command_on("node-b", "cat", "/proc/sys/kernel/hostname"), "node-b")
        for host in ("node-a", "node-b"):
            command_on(host, "bash", "-c", 'echo "$0" > "$HOME/whose"', host)
        self.assertEqual(command_on("node-a", "bash", "-c", 'cat "$HOME/whose"'), "node-a")
        homes = {command_on(host, "bash", "-c", "echo $HOME") for host in ("node-a", "node-b")}
        self.assertEqual(len(homes), 1, homes)
        with Part("node-a", "say") as part:
            self.assertEqual(part.line(), "listening")
            listing = ["bash", "-c", "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' '"]
            self.assertIn("--part say", command_on("node-a", *listing))
            self.assertNotIn("--part say", command_on("node-b", *listing))
        # Only its init and this very command.
        self.assertLessEqual(int(command_on("node-c", "bash", "-c", "ls -d /proc/[0-9]* | wc -l")), 4)

    def test_orphans_are_reaped(self):
        command_on("node-a", "bash", "-c", "(true & true) & wait")
        end = time.monotonic() + PATIENCE
        while "Z" in (states := command_on("node-a", "bash", "-c", "cat /proc/[0-9]*/stat | cut -d' ' -f3")):
            self.assertLess(time.monotonic(), end, states)

    def test_a_link_has_its_rate_in_both_directions(self):
        hosts("up", 3, "40mbit")
        for receiver, senders in (("node-b", ["node-a"]), ("node-a", ["node-b"]), ("node-b", ["node-a", "node-c"])):
            rate = self.transfer(receiver, senders, 3_000_000)
            self.assertTrue(15 < rate < 60, f"{senders} to {receiver}: {rate:.1f} Mbit/s through a link of 40")

    def test_slow_concerns_one_link_and_restore_ends_it(self):
        hosts("slow", "node-b", "8mbit")
        self.assertTrue(3 < self.transfer("node-b", ["node-a"], 700_000) < 14)
        self.assertTrue(3 < self.transfer("node-a", ["node-b"], 700_000) < 14)
        self.assertGreater(self.transfer("node-c", ["node-a"], 4_000_000), 40)
        hosts("restore", "node-b")
        self.assertGreater(self.transfer("node-b", ["node-a"], 4_000_000), 40)

    def test_a_pulled_cable_is_silence_and_what_was_said_arrives_later(self):
        with Part("node-b", "say") as speaker:
            self.assertEqual(speaker.line(), "listening")
            with Part("node-a", "line", self.addressOf("node-b")) as listener:
                self.assertEqual(listener.line(), "connected")
                hosts("cut", "node-b")
                self.assertEqual(self.state("node-b"), "cut")
                self.assertEqual(on("node-a", "ping", "node-b"), "silence")
                self.assertEqual(on("node-a", "ping", "node-c"), "answered")
                speaker.say("late")
                self.assertIsNone(listener.line(0.5))
                hosts("restore", "node-b")
                self.assertEqual(on("node-a", "ping", "node-b"), "answered")
                self.assertEqual(listener.line(), "late")

    def test_lost_power_says_no_farewell_and_the_disk_remains(self):
        command_on("node-b", "bash", "-c", 'echo kept > "$HOME/file"')
        with Part("node-b", "say") as speaker:
            self.assertEqual(speaker.line(), "listening")
            with Part("node-a", "line", self.addressOf("node-b")) as listener:
                self.assertEqual(listener.line(), "connected")
                hosts("kill", "node-b")
                self.assertEqual(speaker.process.wait(PATIENCE), -signal.SIGKILL)
                self.assertIsNone(listener.line(1))  # neither "end" nor "reset"
        self.assertEqual(self.state("node-b"), "killed")
        self.assertEqual(on("node-a", "ping", "node-b"), "silence")
        refused = hosts("exec", "node-b", "true", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("restore node-b", refused.stderr)
        hosts("restore", "node-b")
        self.assertEqual(on("node-a", "ping", "node-b"), "answered")
        self.assertEqual(command_on("node-b", "bash", "-c", 'cat "$HOME/file"'), "kept")

    def test_a_lost_host_takes_no_other_from_the_switch(self):
        for lost in ("node-a", "node-b", "node-c"):
            others = [host for host in ("node-a", "node-b", "node-c") if host != lost]
            for host in others:
                self.assertEqual(on(host, "ping", "switch"), "answered")
            hosts("kill", lost)
            for host in others:
                self.assertEqual(on(host, "ping", "switch"), "answered", f"{host} without {lost}")
            hosts("restore", lost)

    def test_cores_are_limited_for_what_runs_and_what_comes(self):
        limited = hosts("cpu", "node-a", "0.25", check=False)
        if limited.returncode == 77:
            self.skipTest(limited.stderr.strip())
        self.assertLess(float(on("node-a", "burn", 2)), 0.45)
        hosts("cpu", "node-a", "all")
        self.assertIn("-1" if pathlib.Path("/sys/fs/cgroup/cpu").exists() else "max", self.quota("node-a"))

    def quota(self, host):
        for path in pathlib.Path("/sys/fs/cgroup").glob(f"**/longship-{SET}/{host}/cpu.*"):
            if path.name in ("cpu.cfs_quota_us", "cpu.max"):
                return path.read_text()
        self.fail("no cgroup of this host")

    def test_up_again_changes_only_what_differs(self):
        before = hosts("list").stdout
        self.assertEqual(hosts("up", 3, "1gbit").stdout, before)
        hosts("kill", "node-b")
        after = hosts("up", 4, "1gbit").stdout.splitlines()
        self.assertEqual([line.split()[2] for line in after[1:]], ["up"] * 4)
        self.assertEqual(after[1], before.splitlines()[1], "node-a went on")
        self.assertEqual(on("node-b", "ping", "node-d"), "answered")
        self.assertEqual(len(hosts("up", 2, "1gbit").stdout.splitlines()), 3)

    def test_wrong_calls_are_told_in_words(self):
        for words, text in ((("cut", "node-x"), "expected one of node-a node-b node-c"), (("up", "0"), "1 to 50"),
                            (("slow", "node-a", "fast"), "kbit, mbit or gbit"), (("fly",), "unknown command"),
                            (("cpu", "node-a", "0"), "such as 0.5")):
            refused = hosts(*words, check=False)
            self.assertEqual(refused.returncode, 2, words)
            self.assertIn(text, refused.stderr)

    def test_nothing_is_left_after_down(self):
        with Part("node-a", "say") as part:
            self.assertEqual(part.line(), "listening")
            hosts("cpu", "node-b", "1", check=False)
            hosts("down")
            part.process.wait(PATIENCE)
        self.assertFalse(STATE.exists())
        self.assertEqual(processes_with(f"longship-hosts/{SET}"), [])
        self.assertEqual(list(pathlib.Path("/sys/fs/cgroup").glob(f"*/longship-{SET}")), [])
        self.assertEqual(hosts("list", check=False).returncode, 1)
        hosts("down")  # a second time is no error


def interfaces():
    return re.findall(r"^\d+: ([^:@]+)", subprocess.run(["ip", "-o", "link"], capture_output=True, text=True,
                                                        check=True).stdout, re.MULTILINE)


def main():
    if sys.argv[1:2] == ["--part"]:
        print(globals()["part_" + sys.argv[2]](*sys.argv[3:]), flush=True)
        return 0
    able = hosts("check", check=False)
    if able.returncode == 77:
        print(able.stderr.strip().removeprefix("hosts: "))
        return 77
    before = interfaces()
    try:
        result = unittest.main(exit=False, verbosity=2).result
    finally:
        hosts("down", check=False)
    if interfaces() != before:
        print(f"the machine's own interfaces changed: {before}, then {interfaces()}")
        return 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
