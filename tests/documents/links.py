#!/usr/bin/env python3
"""Every link of every Markdown file in the tree leads somewhere: to a file or folder that git knows of, and to a heading of it."""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchor(heading):
    """As GitHub and Forgejo make it."""
    plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip())
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def anchors_of(path):
    text = FENCE.sub("", path.read_text())
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def dead_links(root, document):
    for target in LINK.findall(FENCE.sub("", document.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or not path.is_relative_to(root):
            yield f"{document.relative_to(root)}: {target}: no such file"
        elif heading and heading not in anchors_of(path):
            yield f"{document.relative_to(root)}: {target}: no such heading"


def main():
    root = Path(__file__).resolve().parents[2]
    documents = [path for path in root.rglob("*.md") if not {"node_modules", ".git"} & set(path.parts)]
    documents = [path for path in documents if not path.relative_to(root).parts[0].startswith("build")]
    dead = [line for document in sorted(documents) for line in dead_links(root, document)]
    print("\n".join(dead) or f"{len(documents)} documents, no dead link")
    sys.exit(bool(dead) or len(documents) < 5)


main()
