"""What is measured. Each figure takes one server through one round and gives back numbers by name.

A figure's docstring is the sentence that the report prints as "how". Nothing here knows medians, targets or pictures.
"""

import dataclasses
import json
import os
import subprocess
import time
from collections.abc import Callable

from clients import background_load, open_loop, throughput
from resting import GATEWAYS, LIGHT, WARM_UP, WAYS, Round, cpu_since, cpu_times, idle_connections, memory_at_rest
from servers import Request, Server

CALM = 2  # seconds after a load, within which a loop that was busy is at real-time priority again
QUEUES = (0, 1, 10, 100, 1000)
CONNECTIONS = (1, 10, 100, 1000, 8000)
LONG_QUEUE = ("--waiting", "2000", "--wait-timeout", "60s")


@dataclasses.dataclass(frozen=True)
class Figure:
    key: str
    title: str
    servers: tuple[str, ...]
    measure: Callable  # (round, server) -> {name: number}

    @property
    def how(self):
        return " ".join(self.measure.__doc__.split())


def requests_per_second(setting: Round, server: Server):
    """`/` over 64 keep-alive connections, wrk with a thread per core, everything on the same cores."""
    with server.running(setting.place) as running:
        return steady_load(setting, server, running, LIGHT, 64)


def light_beside_jobs(setting: Round, server: Server):
    """`/` 500 times a second in an open loop, while 8 clients keep asking for 50 ms jobs, and on the idle server before
    and after (the mean of both)."""
    return beside_clients(setting, server, server.job(50), 8)


def light_beside_silent_jobs(setting: Round, server: Server):
    """The same beside jobs that only compute: between two system calls of theirs the kernel may let them go on, whoever
    waits, up to the next tick of its clock."""
    primes = Request("/tasks/primes", "POST", json.dumps({"limit": 100_000_000}))
    return beside_clients(setting, server, primes, 8)


def beside_clients(setting, server, request, clients):
    return quiet_and_loaded(
        setting,
        server,
        lambda port: background_load(setting.place, port, request, clients),
        2 * setting.seconds,
    )


def added_by_offloading(setting: Round, server: Server):
    """Median of a no-op job minus median of `/` on the same server, open loop, 100/s (10/s and 5/s where a job is a
    fresh Node thread or process)."""
    place = setting.place
    with server.running(place) as running:
        open_loop(place, running.port, server.job(0), server.rate, WARM_UP)
        light = open_loop(place, running.port, LIGHT, server.rate, setting.seconds)["latency_ms"]
        job = open_loop(place, running.port, server.job(0), server.rate, setting.seconds)["latency_ms"]
    return {
        "light_p50_ms": light["p50"],
        "job_p50_ms": job["p50"],
        "job_p99_ms": job["p99"],
        "added_ms": job["p50"] - light["p50"],
    }


def jobs_per_second(setting: Round, server: Server, environment=None):
    """No-op jobs from 8 clients that ask again as soon as they are answered; the floor: as many threads as cores."""
    place = setting.place
    if server.key == "floor":
        command = [place.programs / "floor", place.cruncher, str(setting.seconds), str(os.cpu_count())]
        report = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
        return {"per_second": report["jobs"] / report["seconds"]}
    with server.running(place, environment=environment) as running:
        return steady_load(setting, server, running, server.job(0), 8)


def reuse(setting: Round, server: Server):
    """No-op jobs from 16 clients that ask again as soon as they are answered."""
    with server.running(setting.place) as running:
        return steady_load(setting, server, running, server.job(0), 16)


def light_beside_reuse(setting: Round, server: Server):
    """`/` 500 times a second in an open loop, while 16 clients keep asking for no-op jobs, and on the idle server before
    and after (the mean of both)."""
    return beside_clients(setting, server, server.job(0), 16)


def steady_load(setting, server, running, request, clients):
    """Throughput after a warm-up, and what one request cost the server's own processes in CPU time."""
    throughput(setting.place, running.port, request, clients, WARM_UP)
    before = cpu_times(server, running)
    report = throughput(setting.place, running.port, request, clients, setting.seconds)
    cpu = cpu_since(before, cpu_times(server, running))
    return {
        "per_second": report["per_second"],
        "p99_ms": report["p99_ms"],
        "cpu_us": 1e6 * cpu / report["answers"],
    }


def jobs_of_a_big_server(setting: Round, server: Server):
    """The same, by a server that holds 1 GiB of touched memory beside one that does not."""
    ballast = {"LD_PRELOAD": setting.place.programs / "ballast.so", "BALLAST_MIB": 1024}
    small = jobs_per_second(setting, server)["per_second"]
    big = jobs_per_second(setting, server, ballast)["per_second"]
    return {"small_per_second": small, "big_per_second": big, "ratio": big / small}


def light_beside_big_messages(setting: Round, server: Server):
    """`/` 500 times a second in an open loop, while 2 clients send 1 MiB of params and get 16 MiB back, with a pause of
    150 ms between, and on the idle server before and after (the mean of both)."""
    return beside_big_messages(setting, server, pause_ms=150)


def light_beside_a_flood(setting: Round, server: Server):
    """The same without the pause: as much as the server can."""
    return beside_big_messages(setting, server, pause_ms=0)


def beside_big_messages(setting, server, pause_ms):
    start, end = '{"reply_bytes":%d,"padding":"' % (2**24 - 1024), '"}'
    request = Request("/tasks/bulk", "POST", start + "x" * (2**20 - len(start) - len(end)) + end)
    return quiet_and_loaded(
        setting,
        server,
        lambda port: background_load(setting.place, port, request, 2, humble=True, pause_ms=pause_ms),
        5 * setting.seconds,  # for those few that meet a message are the percentile
        ("--cruncher", setting.place.programs / "bulk_cruncher"),
    )


def quiet_and_loaded(setting, server, load, seconds, flags=()):
    """p99 of `/` with a load beside it, for so many seconds, and without: the mean of half of the time before and half
    of it after, for the idle server's own may double within a minute. Their ratio, and what the load got."""
    with server.running(setting.place, flags) as running:
        before = light_p99(setting, running, seconds / 2)
        with load(running.port) as report:
            busy = light_p99(setting, running, seconds)
        time.sleep(CALM)
        after = light_p99(setting, running, seconds / 2)
    idle = (before + after) / 2
    return {
        "idle_p99_ms": idle,
        "busy_p99_ms": busy,
        "ratio": busy / idle,
        "beside_per_second": report["per_second"],
    }


def light_p99(setting, running, seconds):
    open_loop(setting.place, running.port, LIGHT, 500, WARM_UP)
    return open_loop(setting.place, running.port, LIGHT, 500, seconds)["latency_ms"]["p99"]


def overload(setting: Round, server: Server):
    """10 ms jobs: what 8 patient clients get is the capacity; then ten times as many arrive in an open loop."""
    place = setting.place
    with server.running(place) as running:
        throughput(place, running.port, server.job(10), 8, WARM_UP)
        capacity = throughput(place, running.port, server.job(10), 8, setting.seconds)["per_second"]
        report = open_loop(place, running.port, server.job(10), 10 * capacity, setting.seconds, connections=1000)
    if "503" not in report["by_status"]:
        raise RuntimeError("nothing was refused")
    good = report["by_status"].get("200", {"in_time": 0})["in_time"] / report["seconds"]
    refused = report["by_status"]["503"]
    return {
        "capacity": capacity,
        "goodput": good,
        "ratio": good / capacity,
        "refused_per_second": refused["count"] / report["seconds"],
        "refusal_p99_ms": refused["p99"],
        "unanswered": report["unanswered"],
    }


def sandbox_at_start(setting: Round, server: Server):
    """What entering the sandbox takes a cruncher at its start, and what the shortest system call filter that there is
    takes alone: median of 200 processes each."""
    command = [setting.place.programs / "sandbox_cost", "200"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def jobs_against_clients(setting: Round, server: Server):
    """No-op jobs from 1 client, then from one per core and 1, 10, 100, 1,000 more who wait in the queue."""
    place, numbers = setting.place, {}
    with server.running(place, LONG_QUEUE if server.key in WAYS else ()) as running:
        throughput(place, running.port, server.job(0), 8, WARM_UP)
        for queue in QUEUES:
            clients = queue + os.cpu_count() if queue else 1
            report = throughput(place, running.port, server.job(0), clients, setting.seconds, may_be_none=True)
            numbers[f"per_second@{clients}"] = report["per_second"]
            if report["per_second"] > 0 and report["refused"] == 0:
                numbers[f"p50_ms@{queue}"] = report["p50_ms"]
    return numbers


def light_against_connections(setting: Round, server: Server):
    """`/` over 1, 10, 100, 1,000, 8,000 keep-alive connections."""
    place, numbers = setting.place, {}
    with server.running(place) as running:
        throughput(place, running.port, LIGHT, 64, WARM_UP)
        for connections in CONNECTIONS:
            report = throughput(place, running.port, LIGHT, connections, setting.seconds, may_be_none=True)
            numbers[f"per_second@{connections}"] = report["per_second"]
    return numbers


FRONTS = ("nginx", "cruncherd", "cruncherd_pair", "httplib", "node_http", "express")
CLASSES = ("cruncherd", "cruncherd_usual")
POOLS = ("piscina", "workerpool")
WORKERS = (*WAYS, *POOLS, "thread", "fork", "spawn", *GATEWAYS)

STAYING = ("cruncherd_stay", "node_kit", "python_kit", "piscina", "php_fpm", "gunicorn")

FIGURES = {
    figure.key: figure
    for figure in (
        Figure("light", "Light requests per second", FRONTS, requests_per_second),
        Figure("beside", "`/` while jobs saturate the cores", WORKERS, light_beside_jobs),
        Figure("silent", "`/` while jobs without system calls do", (*WAYS, "cruncherd_usual"), light_beside_silent_jobs),
        Figure("added", "Latency that offloading adds", WORKERS, added_by_offloading),
        Figure("jobs", "Jobs per second", ("floor", *WORKERS), jobs_per_second),
        Figure("reuse", "Jobs per second of processes that stay, 16 connections", STAYING, reuse),
        Figure("reuse_added", "Latency that these add", STAYING, added_by_offloading),
        Figure("reuse_beside", "`/` beside these", STAYING, light_beside_reuse),
        Figure("big_server", "Jobs of a server that holds 1 GiB", (*WAYS, "spawn"), jobs_of_a_big_server),
        Figure("big_messages", "`/` beside big messages", CLASSES, light_beside_big_messages),
        Figure("big_flood", "`/` beside a flood of big messages", CLASSES, light_beside_a_flood),
        Figure("overload", "Ten times more jobs than it can do", WAYS, overload),
        Figure("idle", "9,000 idle connections", ("cruncherd", "nginx"), idle_connections),
        Figure("memory", "Memory at rest", (*FRONTS, "cruncherd_fork", *POOLS, *GATEWAYS), memory_at_rest),
        Figure("sandbox", "The sandbox at a cruncher's start", ("cruncherd",), sandbox_at_start),
        Figure("queue", "Jobs and clients", (*WAYS, "piscina", "fcgiwrap"), jobs_against_clients),
        Figure("connections", "`/` and connections", ("cruncherd", "nginx", "node_http"), light_against_connections),
    )
}
