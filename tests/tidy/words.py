"""Words that may not stand in the tree, and where."""

import re

from source import CPP, Finding

# (rule, pattern, paths it is about, paths that are free of it, sentence). Read without comments and strings.
CODE_WORDS = [
    ("no-cout", r"\bstd::(cout|cerr)\b|\b(printf|puts)\s*\(", r"^core/", None,
     "core does not print: return an Error or log through spdlog"),
    ("no-sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep|msleep)\b|(?<![\w.>])(::)?sleep\s*\(",
     r"^(core|agent|app|tests)/", r"^tests/support/",
     "no sleep: wait for the condition, with a deadline (tests: tests/support)"),
    ("no-system-clock", r"\b(system_clock|gettimeofday)\b|\bCLOCK_REALTIME\b", r"", r"^core/base/",
     "the wall clock is read in core/base only (UtcTime)"),
    ("pure-time", r"\b(BootClock|UtcTime|steady_clock)::now\b", r"^core/(protocol|metrics|domain|optimizer)/", None,
     "this folder is told the time"),
    ("no-getenv", r"\b(getenv|secure_getenv|qgetenv|qEnvironmentVariable)\b", r"^(core|agent|app)/",
     r"(^|/)main\.cpp$|^core/base/files\.cpp$", "the environment is read in main and HomeFolders only"),
    ("no-detach", r"\.detach\s*\(\s*\)", r"^(core|agent|app)/", r"^core/training/",  # tensors
     "no detached thread: own it and join it"),
]
# Read in the whole text of every file, comments and documents included.
TEXT_WORDS = [
    ("no-fixme", r"\bFIXME\b|\bXXX\b", "fix it before it lands"),
    ("todo-reason", r"\bTODO\b(?!: \S+ \S+)", 'a TODO gives its reason: "TODO: why it is open"'),
    ("not-implemented", r"(?i)\bnot (yet )?implemented\b", "refuse it in plain words or build it"),
    ("machine-path", r"(?<![\w.$}~-])/(home|Users|root|work)/[A-Za-z0-9_.-]{2,}", "a path of one machine"),
]


def check_words(tree):
    findings = []
    for source in tree.values():
        if source.path.startswith("tests/tidy/"):
            continue  # names all these words
        if source.suffix in CPP:
            for rule, pattern, where, except_where, text in CODE_WORDS:
                if re.search(where, source.path) and not (except_where and re.search(except_where, source.path)):
                    findings += _search(source, source.code, pattern, text, rule)
        if "\0" not in source.text:
            for rule, pattern, text in TEXT_WORDS:
                findings += _search(source, source.text, pattern, text, rule)
    return findings


def _search(source, text, pattern, sentence, rule):
    return [Finding(source.path, text.count("\n", 0, match.start()) + 1,
                    f'"{match.group(0).strip()}": {sentence}', rule)
            for match in re.finditer(pattern, text)]
