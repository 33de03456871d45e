"""Documents: one title each, and links that lead somewhere."""

import os
import re
from urllib.parse import unquote

from source import Finding


def check_documents(tree, root):
    findings = []
    for source in tree.values():
        if source.suffix != ".md":
            continue
        prose = _without_code(source.text)
        titles = [number for number, line in enumerate(prose.splitlines(), 1) if re.match(r"# \S", line)]
        if len(titles) != 1 or prose.lstrip()[:2] != "# ":
            findings.append(Finding(source.path, (titles + [1, 1])[1], "a document starts with its only \"# title\"",
                                    "one-title"))
        for match in re.finditer(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?[^)]*\)", prose):
            line = prose.count("\n", 0, match.start()) + 1
            text = _judge(source, match.group(1), tree, root)
            if text:
                findings.append(Finding(source.path, line, text, "dead-link"))
    return findings


def _without_code(text):
    """The text with fenced and inline code blanked, line by line."""
    text = re.sub(r"^(```|~~~).*?^\1[^\n]*$", lambda match: re.sub(r"[^\n]", "", match.group(0)), text,
                  flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def _judge(source, target, tree, root):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = unquote(target).partition("#")
    name = os.path.normpath(os.path.join(source.folder, path)) if path else source.path
    if name not in tree and not any(other.startswith(name + "/") for other in tree) and name != ".":
        return f"the link {target} names no file"
    if anchor and name in tree and name.endswith(".md") and anchor not in _anchors(tree[name].text):
        return f"the link {target} names no heading of {name}"
    return None


def _anchors(text):
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+\s+(.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
