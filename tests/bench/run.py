#!/usr/bin/env python3
"""The benchmark: cruncherd and what people would use instead, side by side on one machine.

Every round takes every figure through every server, one at a time, each round beginning with another server. Results
are medians over the rounds; a ratio is taken within each round first. Writes results.md and SVG plots; the numbers of each round to BUILD/bench.
Read figures.py for what is measured, servers.py for what with.
"""

import argparse
import datetime
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
import plots
import report
from figures import FIGURES, Round
from rounds import in_turn, prepare, set_up
from servers import SERVERS

def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", type=Path, help="folder for the results (default: results/ beside this; with --quick, BUILD/bench)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="length of one measurement")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything works")
    parser.add_argument("--figures", default=",".join(FIGURES), help="which, comma-separated (default: all)")
    parser.add_argument("--servers", default=",".join(SERVERS), help="which, comma-separated (default: all)")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    options.figures = options.figures.split(",")
    options.servers = options.servers.split(",")
    for known, asked in ((FIGURES, options.figures), (SERVERS, options.servers)):
        if unknown := set(asked) - set(known):
            parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    options.output = options.output or (machine.BUILD / "bench" if options.quick else machine.RESULTS)
    return options


def main():
    options = read_options()
    set_up(machine.install_packages, machine.install_node_packages)
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = prepare(Path(folder))
        rounds = []
        for number in range(options.rounds):
            rounds.append(run_round(place, options, number))
            write(options, rounds, started)
    print((options.output / "results.md").read_text())
    print(f"written to {options.output}")


def write(options, rounds, started):
    """After each round, so that what was measured is not lost with what comes later."""
    results = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(["./dev", "bench", *sys.argv[1:]]),
        "minutes": round((time.time() - started) / 60, 1),
        "rounds": len(rounds),
        "seconds": options.seconds,
        "machine": machine.description(),
        "figures": collect(rounds),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    numbers = machine.BUILD / "bench" / "results.json"
    numbers.parent.mkdir(exist_ok=True)
    numbers.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    plots.draw_all(results, options.output)
    (options.output / "results.md").write_text(report.markdown(results, options.output))


def run_round(place, options, number):
    """{figure: {server: {name: number}}}, without what could not be measured"""
    setting = Round(place, options.seconds)
    results = {}
    for key in options.figures:
        figure = FIGURES[key]
        servers = [server for server in figure.servers if server in options.servers]
        results[key] = {}
        for server in in_turn(servers, number):
            start = f"round {number + 1}/{options.rounds}  {key:12} {server:14}"
            try:
                numbers = figure.measure(setting, SERVERS[server])
            except (RuntimeError, OSError, subprocess.SubprocessError) as failure:
                print(f"{start} NOT MEASURED: {failure}", flush=True)
                continue
            results[key][server] = numbers
            print(start, ", ".join(f"{name} {value:.4g}" for name, value in numbers.items()), flush=True)
    return results


def collect(rounds):
    """Rounds of numbers to {figure: {server: {name: [a number per round]}}}, servers in the figure's order."""
    collected = {key: {server: {} for server in FIGURES[key].servers} for key in rounds[0]}
    for one in rounds:
        for key, servers in one.items():
            for server, numbers in servers.items():
                for name, number in numbers.items():
                    collected[key][server].setdefault(name, []).append(number)
    return {key: {server: n for server, n in servers.items() if n} for key, servers in collected.items()}


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
