#!/usr/bin/env python3
"""Adds up ctest's results (JUnit files) down to the single cases of GoogleTest and Qt Test.

    tests/summary/summary.py RESULTS.xml... [--as-one NAME RESULTS.xml]...

--as-one: a repetition of tests that were counted before; counts as one passed test, or with its failures.
Prints every skipped case with its reason, every failed one, and last "N passed, N failed, N skipped". Exit code 1
when something failed or nothing ran.
"""

import re
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field


@dataclass
class Totals:
    passed: int = 0
    failed: list = field(default_factory=list)   # names
    skipped: list = field(default_factory=list)  # (name, reason)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def read_program(name, status, output):
    """What one program of ctest did. `status` is ctest's: "run", "fail", "notrun" or "disabled"."""
    cases = read_google_test(name, output)
    if not (cases.passed or cases.failed or cases.skipped):
        cases = read_qt_test(name, output)
    if status == "fail" and not cases.failed:
        cases.failed.append(f"{name} ({_why_failed(output)})")
    elif status in ("notrun", "disabled"):
        reason = re.search(r"SKIPPED:? *(.*)", output)
        cases.skipped.append((name, reason.group(1) if reason else "did not run"))
    elif status == "run" and not (cases.passed or cases.skipped):
        cases.passed = 1
    return cases


def _why_failed(output):
    lines = [line for line in output.splitlines() if line.strip()]
    return f"last line: {lines[-1].strip()}" if lines else "without a word"


def read_google_test(name, output):
    cases = Totals()
    cases.passed = len(re.findall(r"^\[       OK \] ", output, re.MULTILINE))
    # The list of failures at the end repeats the names without their times.
    cases.failed = [f"{name}: {case}" for case in re.findall(r"^\[  FAILED  \] (.*?)(?:, where .*)? \(\d+ ms\)$",
                                                             output, re.MULTILINE)]
    reasons = re.findall(r": Skipped\n(.*?)\n\[  SKIPPED \] (\S+) \(\d+ ms\)$", output, re.MULTILINE | re.DOTALL)
    cases.skipped = [(f"{name}: {case}", " ".join(reason.split())) for reason, case in reasons]
    return cases


def read_qt_test(name, output):
    cases = Totals()
    for result, case, rest in re.findall(r"^(PASS  |FAIL! |XPASS|SKIP  ) +: (\S+\([^)]*\))(.*)$", output,
                                         re.MULTILINE):
        if result.startswith(("FAIL", "XPASS")):
            cases.failed.append(f"{name}: {case}")
        elif result.startswith("SKIP"):
            cases.skipped.append((f"{name}: {case}", rest.strip()))
        elif not re.search(r"::(init|cleanup)TestCase\(", case):
            cases.passed += 1
    return cases


def read_results(text):
    totals = Totals()
    for case in xml.fromstring(text).iter("testcase"):
        skipped = case.find("skipped")
        output = (case.findtext("system-out") or "") + "\n"
        totals.add(read_program(case.get("name"), "notrun" if skipped is not None else case.get("status"), output))
    return totals


def as_one(name, totals):
    """A repetition: what it skipped was told before, what passed counts as one."""
    failed = [f"{name}: {each}" for each in totals.failed]
    if not failed and not totals.passed:
        failed = [f"{name}: ran no test"]
    return Totals(0 if failed else 1, failed, [])


def read_file(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return read_results(file.read())


def main(arguments):
    totals = Totals()
    waiting = list(arguments)
    while waiting:
        first = waiting.pop(0)
        if first == "--as-one":
            name = waiting.pop(0)
            totals.add(as_one(name, read_file(waiting.pop(0))))
        else:
            totals.add(read_file(first))
    for name, reason in totals.skipped:
        print(f"skipped: {name}: {reason}")
    for name in totals.failed:
        print(f"FAILED: {name}")
    print(f"{totals.passed} passed, {len(totals.failed)} failed, {len(totals.skipped)} skipped")
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
