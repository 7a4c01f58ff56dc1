"""Servers that keep jobs on disk for clients that do not wait: cruncherd, and BullMQ and Celery with Redis.

Either can be told to begin none of its jobs, so that only their acceptance is measured. Each is started anew on the same folder as
often as is asked for.
"""

import contextlib
import dataclasses
import functools
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable

from processes import free_port, get, memory, process, wait_until, wait_until_it_answers
from servers import PEERS, Request, cruncherd

NO_OP = json.dumps({"CPUTimeMs": 0})


@dataclasses.dataclass(frozen=True)
class Running:
    port: int
    pid: int  # of the process that keeps the jobs
    start_seconds: float  # until it served, with all of its jobs

    def private_mib(self):
        return memory(self.pid)["private"] / 1024


@dataclasses.dataclass(frozen=True)
class JobServer:
    key: str
    title: str
    accept: Request  # is answered once the job is on disk
    complete: Request  # is answered once it is done
    start: Callable  # (place, folder, held, queued) -> a context with Running; `held`: begins no job; `queued`: has so many
    fills: bool = True  # a long queue in less than minutes
    staying: Callable | None = None  # the same with processes that stay, as those of others do

    def running(self, place, folder, held=False, queued=0, start=None):
        folder.mkdir(exist_ok=True)
        return (start or self.start)(place, folder, held, queued)


@contextlib.contextmanager
def start_cruncherd(place, folder, held, queued, more=()):
    port = free_port()
    configuration = folder / "cruncherd.toml"
    configuration.write_text('[task.hold]\nexec = ["sleep", "1000"]\ntimeout = "1000s"\n')
    flags = ["--config", configuration, "--jobs-dir", folder / "jobs", "--backlog", 10_000_000, "--max-connections-per-ip", 0]
    flags += ["--drain-timeout", "0", *more]
    if held:
        flags += ["--running", 1, "--background", 1]
    [(command, environment)] = cruncherd(place, port, flags)
    begun = time.monotonic()
    with process(command, place.log, environment) as child:
        wait_until_it_answers(port, [child], place.log)
        seconds = [time.monotonic() - begun]
        if queued:
            wait_until(lambda: stored_at_cruncherd(port, "queued") >= queued, [child], place.log)
            seconds.append(time.monotonic() - begun)
        elif held:
            hold(port, child, place.log)
        yield Running(port, child.pid, seconds[-1])


def stored_at_cruncherd(port, state):
    return json.loads(get(port, "/status")[1])["stored"][state]


def hold(port, child, log):
    """Takes the only slot with a stored job that lasts; after a restart it is the first again."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/tasks/hold", headers={"Prefer": "respond-async"})
        if connection.getresponse().status != 202:
            raise RuntimeError("the job that holds the slot was not accepted")
    wait_until(lambda: stored_at_cruncherd(port, "running") == 1, [child], log)


def on_redis(fsync, commands):
    """`commands(place, port, redis_port)` are the front server's and the worker's, and the environment of both."""

    @contextlib.contextmanager
    def start(place, folder, held, queued):
        port, redis_port = free_port(), free_port()
        keeping = ["--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", fsync]
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", redis_port, *keeping]
        front, worker, environment = commands(place, port, redis_port)
        with contextlib.ExitStack() as stack:
            begun = time.monotonic()
            keeper = stack.enter_context(process(redis, place.log))
            wait_until(lambda: redis_serves(redis_port), [keeper], place.log)
            seconds = time.monotonic() - begun
            programs = [front] if held else [front, worker]
            children = [stack.enter_context(process(program, place.log, environment)) for program in programs]
            wait_until_it_answers(port, children, place.log)
            if not held:
                finish_one(port)
            yield Running(port, keeper.pid, seconds)

    return start


def bullmq(place, port, redis_port):
    front = ["node", PEERS / "bullmq.mjs", port, place.light_body, redis_port]
    return front, ["node", PEERS / "bullmq_worker.mjs", redis_port], {"NODE_ENV": "production"}


def celery(place, port, redis_port):
    threads = ["--worker-class", "gthread", "--threads", 32, "--keep-alive", 60]  # those that keep a connection
    bound = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--chdir", PEERS]
    front = ["gunicorn", "--workers", os.cpu_count(), *threads, *bound, "celery_jobs:application"]
    worker = [sys.executable, "-m", "celery", "--workdir", PEERS, "-A", "celery_jobs", "worker", "--concurrency", 1]
    return front, worker, {"REDIS_PORT": str(redis_port), "LIGHT_BODY": str(place.light_body)}


def finish_one(port):
    """The worker may come seconds later than the front server."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/jobs?wait", NO_OP)
        if connection.getresponse().status != 200:
            raise RuntimeError("the worker has done no job")


def redis_serves(port):
    """Redis refuses with LOADING until it has read what it keeps."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")


TO_REDIS = {"accept": Request("/jobs", "POST", NO_OP), "complete": Request("/jobs?wait", "POST", NO_OP)}
JOB_SERVERS = [
    JobServer(
        "cruncherd",
        "cruncherd",
        Request("/tasks/spin", "POST", NO_OP, ("Prefer: respond-async",)),
        Request("/tasks/spin", "POST", NO_OP, ("Prefer: respond-async, wait=60",)),
        start_cruncherd,
        staying=functools.partial(start_cruncherd, more=("--jobs-per-process", 0)),
    ),
    JobServer("bullmq_always", "BullMQ, AOF always", start=on_redis("always", bullmq), **TO_REDIS),
    JobServer("bullmq_everysec", "BullMQ, AOF everysec", start=on_redis("everysec", bullmq), **TO_REDIS),
    JobServer("celery", "Celery, AOF always", start=on_redis("always", celery), fills=False, **TO_REDIS),
]
