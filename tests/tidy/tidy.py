#!/usr/bin/env python3
"""Checks the tree against its own rules: who may include whom, sizes, words, documents, formatting.

    tests/tidy/tidy.py              all rules but formatting; prints one line per finding, exit code 1 if any
    tests/tidy/tidy.py --format     formatting only; exit code 77 (skipped) without clang-format 14

Rules are in law.toml (includes, exceptions) and at the top of each module beside this file.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from documents import check_documents  # noqa: E402
from includes import Law, check_includes, check_own_header_first, check_pragma_once, check_targets  # noqa: E402
from sizes import check_sizes  # noqa: E402
from source import CPP, Finding, read_tree  # noqa: E402
from words import check_words  # noqa: E402

SKIPPED = 77
# Other versions format the same style differently; this is Debian 12's.
CLANG_FORMAT_VERSION = 14


def check_tree(root, law):
    """All findings in the tree at `root`, exceptions applied."""
    tree = read_tree(root)
    findings = (check_includes(tree, law) + check_targets(tree, law) + check_own_header_first(tree) +
                check_pragma_once(tree) + check_sizes(tree) + check_words(tree) + check_documents(tree, root))
    return apply_exceptions(findings, law.exceptions)


def apply_exceptions(findings, exceptions):
    """Drops what the table of exceptions covers; an exception that is too large or not needed is a finding."""
    left = list(findings)
    for exception in exceptions:
        covered = [finding for finding in findings
                   if finding.path == exception["file"] and finding.rule == exception["rule"]]
        largest = max((finding.size for finding in covered), default=0)
        name = f'the exception {exception["rule"]} for {exception["file"]}'
        if not exception.get("why"):
            left.append(Finding("tests/tidy/law.toml", 1, f"{name} gives no reason", "exception"))
        if not covered:
            left.append(Finding("tests/tidy/law.toml", 1, f"{name} is no longer needed: remove it", "exception"))
        elif exception.get("limit", largest) > largest:
            left.append(Finding("tests/tidy/law.toml", 1, f"{name} may shrink to {largest}", "exception"))
        left = [finding for finding in left
                if finding not in covered or finding.size > exception.get("limit", finding.size)]
    return left


def find_clang_format():
    """Path of clang-format in the version that the tree is formatted with, or (None, why)."""
    for name in (f"clang-format-{CLANG_FORMAT_VERSION}", "clang-format"):
        path = shutil.which(name)
        if path:
            told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            match = re.search(r"version (\d+)", told)
            if match and int(match.group(1)) == CLANG_FORMAT_VERSION:
                return path, ""
            return None, f"clang-format here is version {match.group(1) if match else 'unknown'}"
    return None, "there is no clang-format here"


def check_format(root):
    program, why = find_clang_format()
    if not program:
        print(f"SKIPPED: {why}; the tree is formatted with version {CLANG_FORMAT_VERSION} "
              "(apt-get install clang-format on Debian 12)")
        return SKIPPED
    paths = [path for path, source in read_tree(root).items() if source.suffix in CPP]

    def differing(some):
        told = subprocess.run([program, "--dry-run", "--Werror", *some], cwd=root, capture_output=True, text=True,
                              check=False)
        named = set(re.findall(r"^(.+?):\d+:\d+: error: ", told.stderr, re.MULTILINE))
        return named if named or told.returncode == 0 else set(some)

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        parts = [paths[first::cores] for first in range(cores) if paths[first::cores]]
        wrong = sorted(set().union(*pool.map(differing, parts)))
    for path in wrong:
        print(f"{path}: not formatted; run: clang-format -i {path} [format]")
    print(f"{len(paths)} files read, {len(wrong)} not formatted")
    return 1 if wrong else 0


def main(arguments):
    root = HERE.parent.parent
    if arguments == ["--format"]:
        return check_format(root)
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    findings = check_tree(root, Law.load(HERE / "law.toml"))
    for finding in sorted(findings, key=lambda each: (each.path, each.line)):
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
