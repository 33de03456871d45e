"""The include law: every #include, and every line of the root CMakeLists.txt, against law.toml."""

import os
import re
import tomllib
from pathlib import Path

from source import CPP, Finding

# Standard and POSIX headers that a pure folder must not need.
IMPURE = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|fstream|iostream|sys/(socket|stat|mman|file|epoll)\.h"
    r"|sys/(timerfd|eventfd)\.h|netinet/.*|arpa/.*|netdb\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h|time\.h|dirent\.h)$")
SYSTEM = re.compile(r"^([a-z_0-9]+|[a-z_0-9]+\.h|(sys|linux|net|netinet|arpa|bits|asm)/[a-z_0-9]+\.h)$")
# Headers that a build step makes: not in the tree, named by what they are made from.
GENERATED = re.compile(r"(_generated\.h|\.moc|^ui_.*\.h|^moc_.*\.cpp)$")


class Law:
    """law.toml, with the questions that the checks ask of it."""

    def __init__(self, table):
        self.folders = table["folders"]
        self.tests = table["tests"]
        self.libraries = table["libraries"]
        self.exceptions = table.get("exceptions", [])

    @staticmethod
    def load(path):
        return Law(tomllib.loads(Path(path).read_text(encoding="utf-8")))

    def folder_of(self, path):
        """The longest folder of the table that holds `path`, or None."""
        folder = os.path.dirname(path)
        while folder and folder not in self.folders:
            folder = os.path.dirname(folder)
        return folder or None

    def rules_of(self, path):
        """(our folders, libraries) that the file at `path` may include; None when the table knows no such place."""
        own = self.folder_of(path)
        if not path.startswith("tests/"):
            return self._reach(own) if own else None
        mirrored = self.folder_of(path[len("tests/"):])
        folders, libraries = {"tests"}, set(self.tests["libraries"])
        for name in [own, mirrored] + self.tests["uses"]:
            if name:
                more_folders, more_libraries = self._reach(name)
                folders |= more_folders
                libraries |= more_libraries
        return folders, libraries

    def _reach(self, folder):
        """`folder` with all that it uses, directly or through others; and its own libraries only."""
        reached, waiting = set(), [folder]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += self.folders[name].get("uses", [])
        everywhere = {name for name, library in self.libraries.items() if library.get("everywhere")}
        return reached, set(self.folders[folder].get("libraries", [])) | everywhere

    def is_pure(self, path):
        folder = self.folder_of(path)
        return bool(folder and self.folders[folder].get("pure"))

    def library_of(self, header):
        for name, library in self.libraries.items():
            if any(_matches(pattern, header) for pattern in library["headers"]):
                return name
        return None

    def library_of_target(self, target):
        for name, library in self.libraries.items():
            if any(_matches(pattern, target) for pattern in library["targets"]):
                return name
        return None


def _matches(pattern, name):
    if pattern.startswith("^"):
        return re.search(pattern, name) is not None
    return name.startswith(pattern) if pattern.endswith("/") else name == pattern


def _inside(path, folders):
    return any(path.startswith(folder + "/") for folder in folders)


def check_includes(tree, law):
    """Each #include of each C++ file: known, allowed, written from the root."""
    findings = []
    for source in tree.values():
        if source.suffix not in CPP or not source.folder:
            continue
        rules = law.rules_of(source.path)
        if rules is None:
            findings.append(Finding(source.path, 1, "this folder is not in tests/tidy/law.toml", "include-law"))
            continue
        for line, header, bracket in source.includes:
            text = _judge(source, header, bracket, tree, law, rules)
            if text:
                findings.append(Finding(source.path, line, text, "include-law"))
    return findings


def _judge(source, header, bracket, tree, law, rules):
    folders, libraries = rules
    if bracket == '"':
        if header in tree:
            if not _inside(header, folders):
                return f'"{header}" is not for {source.folder}: it may include {", ".join(sorted(folders))}'
            return _judge_transitively(header, tree, law, libraries)
        if GENERATED.search(header):
            return None
        return f'"{header}" is no file of the tree: write our headers from its root and foreign ones with <>'
    library = law.library_of(header)
    if library and library not in libraries:
        return f"<{header}> belongs to {library}, which {source.folder} does not wrap"
    if not library and not SYSTEM.match(header):
        return f"<{header}> is of a library that tests/tidy/law.toml does not know"
    if law.is_pure(source.path) and IMPURE.match(header):
        return f"<{header}>: {source.folder} has no socket, thread, clock or file"
    return None


def _judge_transitively(header, tree, law, libraries):
    """A header of ours must not bring a library along that its reader may not use."""
    seen, waiting = set(), [header]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in tree:
            continue
        seen.add(name)
        for _, included, bracket in tree[name].includes:
            if bracket == '"':
                waiting.append(included)
            else:
                library = law.library_of(included)
                if library and library not in libraries:
                    return f'"{header}" brings <{included}> ({library}) along through {name}'
    return None


def check_targets(tree, law):
    """The lines longship_library and longship_program of the root CMakeLists.txt allow no more than the table."""
    findings = []
    if "CMakeLists.txt" not in tree:
        return findings
    lines = re.findall(r"longship_(?:library|program)\((\S+)\s+(\S+)([^)]*)\)", tree["CMakeLists.txt"].text)
    folder_of = {name: folder for name, folder, _ in lines}
    for name, folder, rest in lines:
        if folder not in law.folders:
            findings.append(Finding("CMakeLists.txt", 1, f"{folder} is not in tests/tidy/law.toml", "target-law"))
            continue
        words = rest.split()
        wraps = words[words.index("WRAPS") + 1:] if "WRAPS" in words else []
        uses = words[words.index("USES") + 1:] if "USES" in words else []
        uses = uses[:uses.index("WRAPS")] if "WRAPS" in uses else uses
        below = [place for place in law.folders if place == folder or place.startswith(folder + "/")]
        folders = set().union(*(law.rules_of(place + "/x")[0] for place in below))
        libraries = set().union(*(law.rules_of(place + "/x")[1] for place in below))
        for used in uses:
            if folder_of.get(used) not in folders:
                findings.append(Finding("CMakeLists.txt", 1, f"{name} uses {used}: tests/tidy/law.toml does not "
                                        f"allow it for {folder}", "target-law"))
        for target in wraps:
            library = law.library_of_target(target)
            if library not in libraries:
                findings.append(Finding("CMakeLists.txt", 1, f"{name} wraps {target}: tests/tidy/law.toml does not "
                                        f"allow it for {folder}", "target-law"))
    return findings


def check_own_header_first(tree):
    """x.cpp starts with its own x.h: so each header is compiled once with nothing before it."""
    findings = []
    for source in tree.values():
        if source.suffix != ".cpp":
            continue
        stem = source.path[:-len(".cpp")]
        own = stem + ".h"
        included = [header for _, header, _ in source.includes]
        if own not in tree and source.path.startswith("tests/") and stem.endswith("_test"):
            own = stem[len("tests/"):-len("_test")] + ".h"
            if own not in included:  # about several, or about what stands behind another header
                continue
        if own in tree and source.includes and source.includes[0][1] != own:
            findings.append(Finding(source.path, source.includes[0][0], f'"{own}" comes first', "own-header-first"))
    return findings


def check_pragma_once(tree):
    findings = []
    for source in tree.values():
        if source.suffix == ".h":
            directives = re.findall(r"^\s*#\s*(.*)$", source.code, re.MULTILINE)
            if not directives or directives[0].strip() != "pragma once":
                findings.append(Finding(source.path, 1, "a header starts with #pragma once", "pragma-once"))
    return findings
