"""The figures of servers that rest: what they and their idle connections hold. As those of figures.py, which lists them."""

import contextlib
import dataclasses
import socket
import statistics
import time

from clients import throughput
from processes import cpu_seconds, memory, process_name, with_descendants
from servers import Place, Request, Server

LIGHT = Request()
WARM_UP = 1  # seconds of the same load before a measurement counts
IDLE_CONNECTIONS = 9000
WAYS = ("cruncherd", "cruncherd_fork")
GATEWAYS = ("fcgiwrap", "apache")


@dataclasses.dataclass(frozen=True)
class Round:
    """What a figure may use: the files, and how long one measurement should take."""

    place: Place
    seconds: int


def idle_connections(setting: Round, server: Server):
    """9,000 keep-alive connections that have asked for `/` once and stay silent: private memory each, CPU time."""
    with server.running(setting.place) as running, contextlib.ExitStack() as stack:
        throughput(setting.place, running.port, LIGHT, 64, WARM_UP)
        small = sum(memory(pid)["private"] for pid in front(server, running))
        for _ in range(IDLE_CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", running.port), timeout=20)
            stack.enter_context(connection)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{server.title} refused an idle connection")
        time.sleep(1)
        large = sum(memory(pid)["private"] for pid in front(server, running))
        before = cpu_times(server, running)
        time.sleep(setting.seconds)
        cpu = cpu_since(before, cpu_times(server, running))
    return {"bytes_each": (large - small) * 1024 / IDLE_CONNECTIONS, "cpu_percent": 100 * cpu / setting.seconds}


def cpu_times(server, running):
    """{pid: seconds} of the server's processes that stay, and of a job's that is about to execute and may be gone."""
    seconds = {}
    for pid in front(server, running):
        with contextlib.suppress(OSError):
            seconds[pid] = cpu_seconds(pid)
    return seconds


def cpu_since(before, after):
    return sum(after[pid] - before[pid] for pid in before.keys() & after.keys())


def front(server, running):
    """The server's processes that stay: without crunchers, but with the workers of nginx and cruncherd's launchers."""
    if server.key in ("nginx", *GATEWAYS):
        return [pid for leader in running.pids for pid in with_descendants(leader)]
    return [pid for leader in running.pids for pid in with_descendants(leader) if pid == leader or is_launcher(pid)]


def is_launcher(pid):
    return process_name(pid) == "launcher"


def memory_at_rest(setting: Round, server: Server):
    """After start and one answer: resident memory of the server's process, proportional memory of all its processes,
    private memory of one spare."""
    with server.running(setting.place) as running:
        time.sleep(1)
        everyone = [pid for leader in running.pids for pid in with_descendants(leader)]
        numbers = {
            "rss_mib": memory(running.pids[-1])["rss"] / 1024,
            "all_pss_mib": sum(memory(pid)["pss"] for pid in everyone) / 1024,
        }
        if server.key in WAYS:
            spares = [memory(pid)["private"] / 1024 for pid in everyone[1:] if not is_launcher(pid)]
            if not spares:
                raise RuntimeError("the server has no spare")
            numbers["spare_private_mib"] = statistics.median(spares)
    return numbers
