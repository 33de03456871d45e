"""Sizes: what does not fit a screen is not read."""

import re

from source import CPP, Finding

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 800
LINE_CHARACTERS_MAX = 110         # C++, as in .clang-format
SCRIPT_LINE_CHARACTERS_MAX = 120  # other code, whose lines no tool folds
# One line per target is the point of this file.
WITHOUT_LINE_LIMIT = ("CMakeLists.txt",)

_SCOPE = re.compile(r"^\s*(template\s*<.*>\s*)?(inline\s+)?(namespace|class|struct|union|enum|extern)\b.*[^)]$",
                    re.DOTALL)
_INITIALISER = re.compile(r"\)\s*(noexcept\s*)?:[^:].*[\w>]\s*$", re.DOTALL)


def check_sizes(tree):
    findings = []
    for source in tree.values():
        if not source.is_code():
            continue
        lines = source.text.splitlines()
        if len(lines) > FILE_LINES_MAX:
            findings.append(Finding(source.path, len(lines), f"{len(lines)} lines, at most {FILE_LINES_MAX}: "
                                    "split it by its subjects", "file-size", len(lines)))
        characters_max = LINE_CHARACTERS_MAX if source.suffix in CPP else SCRIPT_LINE_CHARACTERS_MAX
        for number, line in enumerate(lines, 1):
            if len(line) > characters_max and source.path not in WITHOUT_LINE_LIMIT:
                findings.append(Finding(source.path, number, f"{len(line)} characters, at most "
                                        f"{characters_max}", "line-length", len(line)))
        if source.suffix in CPP:
            for name, first, last in functions_of(source.code):
                size = last - first + 1
                if size > FUNCTION_LINES_MAX:
                    findings.append(Finding(source.path, first, f"{name} has {size} lines, at most "
                                            f"{FUNCTION_LINES_MAX}", "function-size", size))
    return findings


def functions_of(code):
    """(name, first line, last line) of each function with a body; lambdas count as part of theirs.

    Follows braces; a block is a function when its head has a parameter list and stands in a namespace or a type.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: re.sub(r"[^\n]", " ", match.group(0)), code,
                  flags=re.MULTILINE)
    stack, head_start, line, head_line = [], 0, 1, 1
    for index, character in enumerate(code):
        if character == "\n":
            line += 1
            if not code[head_start:index].strip():
                head_line = line
        elif character == ";" or (character == ":" and code[head_start:index].strip() in _ACCESS):
            if not (stack and stack[-1][0] == "parentheses"):
                head_start, head_line = index + 1, line
        elif character == "{":
            head = code[head_start:index]
            kind = _kind_of(head, stack)
            stack.append((kind, _name_of(head), head_line))
            if kind != "initialiser":
                head_start, head_line = index + 1, line
        elif character == "}" and stack:
            kind, name, first = stack.pop()
            if kind == "function":
                yield name, first, line
            if kind != "initialiser":
                head_start, head_line = index + 1, line


_ACCESS = ("public", "private", "protected")


def _kind_of(head, stack):
    if stack and stack[-1][0] in ("function", "block", "initialiser"):
        return "initialiser" if stack[-1][0] == "initialiser" else "block"
    if _INITIALISER.search(head) and not re.search(r"(const|override|final|noexcept|mutable)\s*$", head):
        return "initialiser"
    if re.search(r"=\s*$", head):
        return "block"  # an initialised constant: nothing to find inside
    return "scope" if "(" not in head or _SCOPE.search(head.rstrip()) else "function"


def _name_of(head):
    match = re.search(r"([~\w:]+|operator\S+)\s*\(", head)
    return match.group(1) + "()" if match else "a function"
