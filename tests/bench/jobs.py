#!/usr/bin/env python3
"""Stored jobs beside BullMQ and Celery with Redis: accepted, done, many queued, and what others wait meanwhile.

Rounds as in run.py: each takes every figure through every server, and a ratio is taken within a round first. Writes jobs.md.
Read job_servers.py for what is compared.
"""

import argparse
import datetime
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import machine
import report
from clients import background_load, open_loop, throughput
from job_servers import JOB_SERVERS
from rounds import measured, prepare, set_up
from servers import PEERS, Request

CLIENTS = 64
LIGHT_RATE = 200  # requests for `/` per second
SUBMITTED_ALONE = 1  # second, by one client, at each point of the curve
ACCEPTED, COMPLETE = "accepted jobs/s, 64 clients", "submit → done, p50, ms"
BY_STAYING = "the same, --jobs-per-process 0"
ALONE, BESIDE = "p99 of / alone, ms", "p99 of / beside 64 submitting, ms"
START, MEMORY = "start with the queue, s", "MiB more with the queue"
START_EMPTY = "start without, s"


def accepting(place, server, folder, seconds):
    """How many are taken while none is begun, and what `/` waits beside that."""
    with server.running(place, folder, held=True) as running:
        alone = open_loop(place, running.port, Request(), LIGHT_RATE, seconds)["latency_ms"]["p99"]
        accepted = throughput(place, running.port, server.accept, CLIENTS, seconds)["per_second"]
        with background_load(place, running.port, server.accept, CLIENTS):
            beside = open_loop(place, running.port, Request(), LIGHT_RATE, seconds)["latency_ms"]["p99"]
    return {ACCEPTED: accepted, ALONE: alone, BESIDE: beside}


def completing(place, server, folder, seconds):
    numbers = {}
    with server.running(place, folder) as running:
        numbers[COMPLETE] = throughput(place, running.port, server.complete, 1, seconds)["p50_ms"]
    if server.staying:
        with server.running(place, folder, start=server.staying) as running:
            numbers[BY_STAYING] = throughput(place, running.port, server.complete, 1, seconds)["p50_ms"]
    return numbers


def queueing(place, server, folder, most):
    """What one more costs at each length of the queue, and a start with the longest."""
    numbers = {}
    with server.running(place, folder, held=True) as running:
        numbers[START_EMPTY] = running.start_seconds
        empty = settled_mib(running)
        queued = 0
        for length in lengths(most):
            queued += fill(place, server, running.port, length - queued)
            one = throughput(place, running.port, server.accept, 1, SUBMITTED_ALONE)
            queued += one["answers"]
            numbers[point(length)] = one["p50_ms"]
    with server.running(place, folder, held=True, queued=queued) as running:
        numbers[START] = running.start_seconds
        numbers[MEMORY] = settled_mib(running) - empty
    return numbers


def lengths(most):
    return [10**power for power in range(1, 10) if 10**power <= most]


def point(length):
    return f"one more, p50, ms, with {length:,} queued"


def fill(place, server, port, missing):
    """Submits at least so many, and says how many."""
    done = 0
    while done < missing:
        done += throughput(place, port, server.accept, min(CLIENTS, missing - done), 1)["answers"]
    return done


def settled_mib(running):
    """Once it no longer grows: a queue may be read while others are served already."""
    seen = [running.private_mib()]
    while len(seen) < 4 or max(seen[-4:]) - min(seen[-4:]) > 0.1:
        time.sleep(0.1)
        seen.append(running.private_mib())
    return seen[-1]


def measure(place, server, options):
    numbers = {}
    with tempfile.TemporaryDirectory(prefix=f"{server.key}-", dir=place.folder) as data:
        data = Path(data)
        numbers |= accepting(place, server, data / "accepting", options.seconds)
        numbers |= completing(place, server, data / "completing", options.seconds)
        if server.fills:
            numbers |= queueing(place, server, data / "queueing", options.queued)
    return numbers


def median(rounds, key, name, other=None):
    """Of one server's number; where there is another server, of the ratio to its."""
    return statistics.median(one[key][name] / (one[other][name] if other else 1) for one in rounds)


def targets(rounds):
    beside = statistics.median(one["cruncherd"][BESIDE] / one["cruncherd"][ALONE] for one in rounds)
    rows = [("accepted jobs/s ÷ BullMQ's, AOF always", median(rounds, "cruncherd", ACCEPTED, "bullmq_always"), "≥", 2)]
    rows += [("accepted jobs/s ÷ BullMQ's, AOF everysec", median(rounds, "cruncherd", ACCEPTED, "bullmq_everysec"), "", None)]
    rows += [("submit → done ÷ BullMQ's, AOF always", median(rounds, "cruncherd", COMPLETE, "bullmq_always"), "≤", 1)]
    by_staying = statistics.median(one["cruncherd"][BY_STAYING] / one["bullmq_always"][COMPLETE] for one in rounds)
    rows += [("the same, --jobs-per-process 0", by_staying, "", None)]
    rows += [("start with the queue, s", median(rounds, "cruncherd", START), "≤", 2)]
    rows += [("MiB more with the queue", median(rounds, "cruncherd", MEMORY), "≤", 30)]
    rows += [("p99 of `/` beside 64 submitting clients ÷ idle", beside, "≤", 1.25)]
    return [report.target_row(*row) for row in rows]


def markdown(rounds, options, minutes):
    about = machine.computer()
    servers = [server for server in JOB_SERVERS if server.key in rounds[0]]
    rows = []
    for name in rounds[0]["cruncherd"]:
        known = lambda server: name in rounds[0][server.key]
        rows.append([name] + [report.number(median(rounds, server.key, name)) if known(server) else "–" for server in servers])
    versions = ", ".join(f"{name} {version}" for name, version in job_versions().items())
    return "\n\n".join([
        "# Stored jobs beside BullMQ and Celery",
        f"`{options.command}` on {datetime.date.today()}: {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, "
        f"{about['system']}, Linux {about['kernel']}; {versions}. Medians of {len(rounds)} rounds, {minutes:.0f} minutes in all; "
        "a ratio is taken within a round first.",
        report.table(["cruncherd", "measured", "must reach", "reached"], targets(rounds)),
        "*Accepted*: answered once the job is on disk (BullMQ with AOF `everysec`: a second later at the worst), while no job is begun. "
        "*Submit → done*: one client that waits for a job that does nothing: at cruncherd a process of its own, at BullMQ a function in a "
        f"worker. *The queue*: {options.queued:,} jobs. BullMQ is a Node server in front of Redis, Celery is gunicorn in front of it; start and "
        "memory are those of Redis. Celery would take minutes to fill the queue.",
        report.table(["", *(server.title for server in servers)], rows),
    ]) + "\n"


def job_versions():
    bullmq = json.loads((PEERS / "node_modules" / "bullmq" / "package.json").read_text())["version"]
    celery = machine.version([sys.executable, "-m", "celery", "--version"])
    return {"BullMQ": bullmq, "Celery": celery, "Redis": machine.version(["redis-server", "--version"]), "Node": machine.version(["node", "--version"])}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", type=Path, default=machine.RESULTS, help="folder for jobs.md")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement")
    parser.add_argument("--queued", type=int, default=100_000, help="the longest queue")
    options = parser.parse_args()
    options.command = " ".join(["./dev bench jobs", *sys.argv[1:]])
    return options


def main():
    options = read_options()
    set_up(machine.install_node_packages)
    started = time.time()
    # Beside the build: a temporary folder may be in memory, where nothing has to be written to a disk.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=machine.BUILD) as folder:
        place = prepare(Path(folder))
        rounds = measured(JOB_SERVERS, options.rounds, lambda server: measure(place, server, options))
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "jobs.md").write_text(markdown(rounds, options, (time.time() - started) / 60))
    print((options.output / "jobs.md").read_text())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
