#!/usr/bin/env python3
"""The origin's scenario against a real server: what `/` takes alone, and beside heavy work done in three ways.

Prints a table and writes demo.md and demo.svg. Needs matplotlib; artillery takes part where it is installed.
"""

import argparse
import contextlib
import math
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "bench"))  # processes, plotting

import artillery
import picture
from phases import CPU_TIME, PHASES, RATE, play
from probe import run_precisely
from processes import free_port, process, wait_until_it_says

HEAD = ("phase", "the work is done by", "/ p50", "/ p99", "/ slowest", f"over {picture.LATE_FROM} ms", "a job took")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="a build folder")
    parser.add_argument("--output", type=Path, help="folder for table and picture (default: BUILD/demo)")
    options = parser.parse_args()
    output = options.output or options.build / "demo"
    output.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: through every `finally`

    print(f"Asking for / {RATE} times a second; each heavy request costs {CPU_TIME / 1000:g} s of CPU time.\n")
    widths = (24, 23, 9, 9, 10, 10, 10)
    show(HEAD, widths)
    show(["─" * width for width in widths], widths)
    rows, seen = [], []
    for phase in PHASES:
        with servers(options.build, phase.servers) as port:
            seen.append(run_precisely(play(phase, port)))
        rows.append(row(seen[-1]))
        show(rows[-1], widths)
    notes = [artillery_note(options.build)] if artillery.installed() else []
    print("", *notes, sep="\n")

    (output / "demo.md").write_text("\n\n".join([markdown(rows), *notes]) + "\n")
    picture.draw(output / "demo.svg", seen, summary)
    print(f"The picture: {output / 'demo.svg'}")


@contextlib.contextmanager
def servers(build, count):
    """So many cruncherd on one port, for as long as the block lasts."""
    port = free_port()
    command = [build / "server" / "cruncherd", "--port", port, "--blocking-route", "on", "--cruncher", build / "cruncher" / "cruncher"]
    sharing = ["--reuse-port"] if count > 1 else []
    with tempfile.TemporaryDirectory(prefix="demo-") as folder, contextlib.ExitStack() as stack:
        logs = [Path(folder) / f"server-{number}.log" for number in range(count)]
        for log in logs:
            child = stack.enter_context(process([*command, *sharing], log))
            wait_until_it_says("listening on", child, log)
        yield port


def artillery_note(build):
    with servers(build, 1) as port, tempfile.TemporaryDirectory(prefix="demo-") as folder:
        return run_precisely(artillery.run(port, Path(folder)))


def row(played):
    times = sorted(sample.milliseconds for sample in played.samples)
    answered = [sample for sample in played.samples if sample.status == 200]
    late = sum(time > picture.LATE_FROM for time in times) / len(times)
    failed = len(times) - len(answered)
    jobs = [job.end - job.start for job in played.jobs if job.status == 200]
    unserved = len(played.jobs) - len(jobs)
    return [
        played.phase.title,
        played.phase.lane,
        milliseconds(percentile(times, 0.50)),
        milliseconds(percentile(times, 0.99)),
        milliseconds(times[-1]),
        f"{late:.0%}" + (f", {failed} failed" if failed else ""),
        "failed" if unserved else f"{max(jobs):.2f} s" if jobs else "–",
    ]


def summary(played):
    times = sorted(sample.milliseconds for sample in played.samples)
    return f"p50 {milliseconds(percentile(times, 0.5))}, slowest {milliseconds(times[-1])}"


def percentile(times, share):
    """By nearest rank, of sorted times."""
    return times[math.ceil(share * len(times)) - 1]


def milliseconds(value):
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2f} ms"


def show(cells, widths):
    left = [f"{cell:<{width}}" for cell, width in zip(cells[:2], widths)]
    right = [f"{cell:>{width}}" for cell, width in zip(cells[2:], widths[2:])]
    print(*left, *right, sep="  ", flush=True)


def markdown(rows):
    alignment = ["---", "---"] + ["---:"] * (len(HEAD) - 2)
    return "\n".join("| " + " | ".join(line) + " |" for line in [HEAD, alignment, *rows])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
