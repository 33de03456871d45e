"""Reads the files of the tree: which there are, and a C++ text without its comments and strings."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CPP = (".h", ".cpp")
# What counts as our own code for line lengths and machine paths; everything else is text or data.
CODE = CPP + (".py", ".sh", ".cmake")


@dataclass(frozen=True)
class Finding:
    """One broken rule. `rule` is the name that an exception in law.toml uses; `size` is what it measured."""

    path: str
    line: int
    text: str
    rule: str
    size: int = 0

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


class Source:
    """One file, with its path from the root of the tree."""

    def __init__(self, root, path):
        self.root = Path(root)
        self.path = path

    @cached_property
    def text(self):
        return (self.root / self.path).read_text(encoding="utf-8", errors="replace")

    @cached_property
    def code(self):
        """The text with comments and the insides of strings blanked; line numbers stay."""
        return blank_comments(self.text, keep_strings=False)

    @cached_property
    def includes(self):
        """(line number, header, "<" or '"') of each #include."""
        found = []
        for number, line in enumerate(blank_comments(self.text, keep_strings=True).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                found.append((number, match.group(2), match.group(1)))
        return found

    @property
    def suffix(self):
        return os.path.splitext(self.path)[1]

    @property
    def folder(self):
        return os.path.dirname(self.path)

    def is_code(self):
        return self.suffix in CODE or os.path.basename(self.path) == "CMakeLists.txt"


def read_tree(root):
    """All files that git knows or would take; without git, all but build folders."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout.decode().split("\0")
        paths = [path for path in listed if path]
    except (OSError, subprocess.CalledProcessError):
        paths = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, folders, names in os.walk(root) for name in names
                 if not re.match(r"(build|\.git|\.cache)(/|$)", os.path.relpath(folder, root))]
    return {path: Source(root, path) for path in sorted(set(paths))
            if (Path(root) / path).is_file()}


_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL)


def blank_comments(text, keep_strings):
    """C++ text in which comments (and, if wished, the insides of literals) are blanks of the same shape."""

    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        if keep_strings:
            return token
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]

    return _TOKEN.sub(blank, text)
