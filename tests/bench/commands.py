#!/usr/bin/env python3
"""Any program as a task: cruncherd's commands beside nginx + fcgiwrap, and beside a loop like of-watchdog's, with the same programs.

Rounds as in run.py: each takes every figure through every server, and a ratio is taken within a round first. Writes commands.md.
"""

import argparse
import datetime
import http.client
import json
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import machine
import report
from clients import background_load, open_loop, throughput
from processes import memory
from rounds import measured, prepare, set_up
from servers import Request, Server, cruncherd, nginx

SMALL, LARGE = "x" * 1024, "x" * (8 << 20)
CLIENTS = 4
MANY = 50  # clients with a large content each, for the memory
GATHERED = "MB/s, 8 MiB, read whole before anything is written"
IN_MEMORY = "jobs/s, 1 KiB, --scratch-dir on a tmpfs"
THUMBNAIL = ["convert", "-", "-resize", "200x", "png:-"]


def commands(place, port, flags):
    configuration = place.write(
        "commands.toml",
        f"""
        max-reply = "64MiB"
        max-connections-per-ip = 0
        scratch-dir = "{place.folder}"
        [task.copy]
        exec = ["{place.programs}/copy"]
        max_body = "64MiB"
        [task.gather]
        exec = ["{place.programs}/gather"]
        max_body = "64MiB"
        [task.thumbnail]
        exec = {THUMBNAIL}
        memory = "4GiB"
        max_body = "64MiB"
        """,
    )
    return cruncherd(place, port, ("--config", configuration, "--spares", "0", *flags))


def fcgiwrap(place, port, flags):
    socket = place.folder / f"fcgiwrap-{port}.socket"
    location = f"""
            client_max_body_size 64m;
            client_body_temp_path {place.folder}/bodies;
            location ~ ^/tasks/(copy|gather)$ {{
              fastcgi_pass unix:{socket};
              fastcgi_temp_path {place.folder}/replies;
              fastcgi_param SCRIPT_FILENAME {place.programs}/$1;
              fastcgi_param GATEWAY_INTERFACE CGI/1.1;
              fastcgi_param REQUEST_METHOD $request_method;
              fastcgi_param CONTENT_LENGTH $content_length;
              fastcgi_param CONTENT_TYPE $content_type;
            }}"""
    return [(["fcgiwrap", "-s", f"unix:{socket}", "-c", 8], {}), *nginx(place, port, flags, location)]


def watchdog(place, port, flags):
    return [([place.programs / "watchdog_peer", port, place.light_body, place.programs / "copy"], {})]


COMPARED = [
    Server("cruncherd", "cruncherd --exec", "a process per job", commands),
    Server("fcgiwrap", "nginx + fcgiwrap", "a process per job", fcgiwrap),
    Server("watchdog", "a loop like of-watchdog's", "a process per job", watchdog),
]


def peak_while(pids, work):
    """MiB that the processes have at the most while `work` is done, beyond what they had before."""
    resident = lambda: sum(memory(pid)["private"] for pid in pids)
    before = resident()
    seen, done = [before], threading.Event()

    def watch():
        while not done.wait(0.02):
            seen.append(resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return (max(seen) - before) / 1024


def measure(place, server, seconds, jpeg):
    path = "/job" if server.key == "watchdog" else "/tasks/copy"
    small, large = Request(path, "POST", SMALL), Request(path, "POST", LARGE)
    numbers = {}
    with server.running(place) as running:
        numbers["jobs/s, 1 KiB"] = throughput(place, running.port, small, CLIENTS, seconds)["per_second"]
        # fcgiwrap gives the program all of its stdin before it reads the program's stdout: one that copies fills both pipes, and
        # the two wait for each other.
        per_second = throughput(place, running.port, large, CLIENTS, seconds, may_be_none=True)["per_second"]
        numbers["MB/s, 8 MiB"] = per_second * len(LARGE) / 1e6
        if server.key != "watchdog":  # which has one program
            gathered = throughput(place, running.port, Request("/tasks/gather", "POST", LARGE), CLIENTS, seconds)["per_second"]
            numbers[GATHERED] = gathered * len(LARGE) / 1e6
        idle = open_loop(place, running.port, Request(), 200, seconds)["latency_ms"]["p99"]
        numbers["p99 of / alone, ms"] = idle
        if per_second > 0:
            with background_load(place, running.port, large, 2):
                numbers["p99 of / beside, ms"] = open_loop(place, running.port, Request(), 200, seconds)["latency_ms"]["p99"]
        if server.key == "cruncherd":
            many = lambda: throughput(place, running.port, large, MANY, seconds, may_be_none=True)
            numbers["MiB more with 50 at once"] = peak_while(running.pids, many)
            numbers["thumbnail, ms"] = median_ms(lambda: post(running.port, "/tasks/thumbnail", jpeg))
            numbers["thumbnail by hand, ms"] = median_ms(lambda: by_hand(place, jpeg))
            numbers["confinement of a start, ms"] = confinement(place)
    if server.key == "cruncherd":
        with server.running(place, ("--scratch-dir", "/dev/shm")) as running:
            numbers[IN_MEMORY] = throughput(place, running.port, small, CLIENTS, seconds)["per_second"]
    return numbers


def median_ms(work, times=5):
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        took.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(took)


def post(port, path, content):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, content)
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status} {response.read()[:300]}")
    return response.read()


def by_hand(place, jpeg):
    picture = place.folder / "in.jpg"
    if not picture.exists():
        picture.write_bytes(jpeg)
    with open(picture, "rb") as source, open(place.folder / "out.png", "wb") as result:
        subprocess.run(THUMBNAIL, stdin=source, stdout=result, check=True)


def confinement(place):
    """What it adds to each start: the median of 500 fresh processes."""
    command = [place.programs / "confinement_cost", "500", place.folder]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)["confinement_ms"]


def table(rounds):
    names = list(rounds[0]["cruncherd"])
    lines = ["| | " + " | ".join(server.title for server in COMPARED) + " |", "|---|" + "---:|" * len(COMPARED)]
    for name in names:
        cells = []
        for server in COMPARED:
            values = [one[server.key][name] for one in rounds if name in one[server.key]]
            cell = f"{statistics.median(values):.4g}" if values else "–"
            if values and min(values) > 0 and server.key != "cruncherd" and name.split(",")[0] in ("jobs/s", "MB/s"):
                ratio = statistics.median(one["cruncherd"][name] / one[server.key][name] for one in rounds)
                cell += f" (cruncherd: {ratio:.2f} ×)"
            cells.append(cell)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def targets(rounds):
    """The ratios asked for, as the median of rounds."""
    of = lambda ratio: statistics.median(ratio(one["cruncherd"], one) for one in rounds)
    rate, beside, alone = "jobs/s, 1 KiB", "p99 of / beside, ms", "p99 of / alone, ms"
    rows = [
        ("jobs/s ÷ fcgiwrap's, 1 KiB", of(lambda own, one: own[rate] / one["fcgiwrap"][rate]), "≥", 1.2),
        ("jobs/s ÷ the loop's, 1 KiB", of(lambda own, one: own[rate] / one["watchdog"][rate]), "≥", 1),
        ("jobs/s ÷ fcgiwrap's, --scratch-dir on a tmpfs", of(lambda own, one: own[IN_MEMORY] / one["fcgiwrap"][rate]), "", None),
        ("jobs/s ÷ the loop's, the same", of(lambda own, one: own[IN_MEMORY] / one["watchdog"][rate]), "", None),
        ("MB/s ÷ fcgiwrap's, 8 MiB, read whole first", of(lambda own, one: own[GATHERED] / one["fcgiwrap"][GATHERED]), "≥", 1.5),
        ("MiB more with 50 of 8 MiB at once", of(lambda own, one: own["MiB more with 50 at once"]), "≤", 2),
        ("thumbnail ÷ by hand", of(lambda own, one: own["thumbnail, ms"] / own["thumbnail by hand, ms"]), "≤", 1.03),
        ("confinement of a start, ms", of(lambda own, one: own["confinement of a start, ms"]), "≤", 0.05),
        ("p99 of `/` beside 8 MiB ÷ idle", of(lambda own, one: own[beside] / own[alone]), "≤", 1.25),
    ]
    return report.table(["cruncherd --exec", "measured", "must reach", "reached"], [report.target_row(*row) for row in rows])


def markdown(rounds):
    about = machine.computer()
    return "\n\n".join([
        "# Any program as a task",
        f"`./dev bench commands` on {datetime.date.today()}: {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}, "
        f"Linux {about['kernel']}. Medians of {len(rounds)} rounds; a ratio is taken within a round first.",
        targets(rounds),
        "The program is a static one that copies its stdin. fcgiwrap gives it all of its stdin before it reads its stdout, so with 8 MiB the two "
        "wait for each other: 0 MB/s. So they are compared by a program that reads all of its stdin first, too.",
        table(rounds),
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", type=Path, default=machine.RESULTS, help="folder for commands.md")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    set_up()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = prepare(Path(folder))
        jpeg = subprocess.run(["convert", "-size", "3000x2200", "plasma:fractal", "-quality", "97", "jpg:-"],
                              stdout=subprocess.PIPE, check=True).stdout
        rounds = measured(COMPARED, options.rounds, lambda server: measure(place, server, options.seconds, jpeg))
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "commands.md").write_text(markdown(rounds))
    print(markdown(rounds))


if __name__ == "__main__":
    main()
