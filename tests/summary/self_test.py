#!/usr/bin/env python3
"""Does the summary count what happened? A wrong sum would hide failures."""

import sys
import unittest
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parent))

from summary import as_one, read_results  # noqa: E402


def results(*programs):
    """The JUnit text that ctest writes for (name, status, output)."""
    cases = "".join(f'<testcase name="{name}" status="{status}">'
                    + ('<skipped message=""/>' if status == "notrun" else "")
                    + f"<system-out>{escape(output)}</system-out></testcase>" for name, status, output in programs)
    return read_results(f"<testsuite>{cases}</testsuite>")


GOOGLE_TEST = """\
[ RUN      ] Clock.Ticks
[       OK ] Clock.Ticks (3 ms)
[ RUN      ] Clock.NeedsGpu
tests/clock_test.cpp:12: Skipped
There is no GPU here:
needs one.

[  SKIPPED ] Clock.NeedsGpu (0 ms)
[ RUN      ] Clock.Fails/2
tests/clock_test.cpp:20: Failure
[  FAILED  ] Clock.Fails/2, where GetParam() = 4 (10 ms)
[==========] 3 tests from 1 test suite ran. (13 ms total)
[  PASSED  ] 1 test.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] Clock.NeedsGpu
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Clock.Fails/2, where GetParam() = 4
"""
QT_TEST = """\
********* Start testing of RunPage *********
PASS   : RunPage::initTestCase()
PASS   : RunPage::shows(first row)
SKIP   : RunPage::drags() there is no screen
   Loc: [run_page_test.cpp(10)]
FAIL!  : RunPage::clicks() 'seen' returned FALSE. ()
PASS   : RunPage::cleanupTestCase()
Totals: 3 passed, 1 failed, 1 skipped, 0 blacklisted, 4ms
"""


class Summary(unittest.TestCase):
    def test_google_test_cases_are_counted_one_by_one(self):
        totals = results(("clock", "fail", GOOGLE_TEST))
        self.assertEqual(1, totals.passed)
        self.assertEqual(["clock: Clock.Fails/2"], totals.failed)
        self.assertEqual([("clock: Clock.NeedsGpu", "There is no GPU here: needs one.")], totals.skipped)

    def test_qt_test_cases_are_counted_without_set_up(self):
        totals = results(("page", "fail", QT_TEST))
        self.assertEqual(1, totals.passed)
        self.assertEqual(["page: RunPage::clicks()"], totals.failed)
        self.assertEqual([("page: RunPage::drags()", "there is no screen")], totals.skipped)

    def test_a_crash_is_a_failure(self):
        text = "[       OK ] A.B (0 ms)\n[ RUN      ] A.C\n"
        totals = results(("crashing", "fail", text))
        self.assertEqual(1, totals.passed)
        self.assertEqual(["crashing (last line: [ RUN      ] A.C)"], totals.failed)

    def test_a_repetition_counts_once_but_hides_no_failure(self):
        again = as_one("again", results(("clock", "run", "[       OK ] A.B (0 ms)\n" * 5)))
        self.assertEqual((1, [], []), (again.passed, again.failed, again.skipped))
        again = as_one("again", results(("clock", "fail", GOOGLE_TEST)))
        self.assertEqual((0, ["again: clock: Clock.Fails/2"]), (again.passed, again.failed))
        self.assertEqual(["again: ran no test"], as_one("again", results()).failed)

    def test_a_program_of_another_kind_counts_as_one(self):
        self.assertEqual(1, results(("tidy", "run", "0 findings\n")).passed)
        self.assertEqual(1, len(results(("tidy", "fail", "1 findings\n")).failed))

    def test_a_test_that_ctest_skipped_says_why(self):
        totals = results(("format", "notrun", "SKIPPED: no clang-format here\n"))
        self.assertEqual((0, [], [("format", "no clang-format here")]),
                         (totals.passed, totals.failed, totals.skipped))


if __name__ == "__main__":
    unittest.main()
