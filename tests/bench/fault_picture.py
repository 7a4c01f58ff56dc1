#!/usr/bin/env python3
"""The table that faults.py writes as a picture: `fault_picture.py FAULTS.md` draws faults.svg beside it. faults.py does so, too."""

import sys
from pathlib import Path

import plotting

MARKS = {"✓": True, "✗": False}


def read_table(text):
    """The header's cells, and each row's, as they stand in Markdown."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return header, rows


def read_cell(text):
    """(whether it is good, or None; the words)"""
    mark, _, words = text.partition(" ")
    return (MARKS[mark], words.replace("`", "")) if mark in MARKS else (None, text)


def draw(path, text):
    header, rows = read_table(text)
    cells = [[read_cell(cell) for cell in row[1:]] for row in rows]
    columns = []
    for place, name in enumerate(header[1:]):
        good = sum(row[place][0] is True for row in cells)
        judged = sum(row[place][0] is not None for row in cells)
        columns.append((good, place, (name, f"{good} of {judged}", name.startswith("cruncherd"))))
    order = sorted(columns, key=lambda column: (-column[0], column[1]))
    plotting.verdicts(
        path,
        "What a job's fault costs others",
        "dot: its own client alone; cross: others as well; beside it what was seen",
        [column for *_, column in order],
        [(row[0], [cells[at][place] for _, place, _ in order]) for at, row in enumerate(rows)],
    )


if __name__ == "__main__":
    table = Path(sys.argv[1])
    draw(table.with_suffix(".svg"), table.read_text())
