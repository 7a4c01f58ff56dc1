#!/usr/bin/env python3
"""The picture of the faults has each verdict, the best column first. Needs matplotlib; exit code 77 without."""

import re
import sys
import tempfile
from pathlib import Path

try:
    import fault_picture
except ModuleNotFoundError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

TABLE = """A sentence before.

| a job that … | worst | cruncherd | middling |
|---|---|---|---|
| hangs | ✗ told 200 | ✓ told 504 after 2.0 s | ✓ p99 of `/` 4 ms |
| leaves | ✗ stays | ✓ gone | cannot be done there |
"""


def main():
    assert fault_picture.read_cell("✓ p99 of `/` 4 ms") == (True, "p99 of / 4 ms")
    assert fault_picture.read_cell("cannot be done there") == (None, "cannot be done there")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faults.svg"
        fault_picture.draw(path, TABLE)
        svg = path.read_text()
    texts = re.findall(r"<text[^>]*>([^<]+)</text>|<tspan[^>]*>([^<]+)</tspan>", svg)
    texts = [first or second for first, second in texts]
    places = [texts.index(name) for name in ("cruncherd", "middling", "worst")]
    assert places == sorted(places), texts
    assert [text for text in texts if " of " in text and text[0].isdigit()] == ["2 of 2", "1 of 1", "0 of 2"], texts
    marks = [len(re.findall(f'style="fill: {colour}', svg)) for colour in (fault_picture.plotting.GOOD, fault_picture.plotting.BAD)]
    assert marks[0] >= 3 and marks[1] >= 2, marks


main()
