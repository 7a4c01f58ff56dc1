#!/usr/bin/env python3
"""What a job's fault costs others: the same faults committed by a job of cruncherd and of what people would use instead.

Every server has two seconds for a job and 512 MiB for a process, as far as it can be told so. Each cell is a sentence about what was
seen, with a mark: ✓ the fault cost its own client alone, ✗ it cost others. Writes faults.md and its picture. Read `Fault` first, then FAULTS.
"""

import argparse
import contextlib
import dataclasses
import datetime
import http.client
import itertools
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fault_picture
import machine
from fault_servers import JOB_MIB, JOB_SECONDS, SERVERS
from processes import cpu_seconds, free_port, process, wait_until, wait_until_it_answers, with_descendants

PATIENCE = 8  # seconds that a client waits for an answer
SOON = 1.5  # seconds after which nothing of an ended job may be left
tokens = itertools.count(random.randrange(10_000_000, 90_000_000))


@dataclasses.dataclass
class Server:
    """One that runs, and the path of a job."""

    port: int
    pids: list[int]
    job: str  # with {fault} and {token}

    def ask(self, fault, token, patience=PATIENCE):
        """(status, seconds, length) of one job; status 0: no answer, or a broken one."""
        return ask(self.port, self.job.format(fault=fault, token=token), patience, self.method)

    def curl(self, fault, token, patience):
        """The same by a program of its own, which prints the status and the length."""
        url = f"http://127.0.0.1:{self.port}{self.job.format(fault=fault, token=token)}"
        how = ["-s", "-o", "/dev/null", "-m", str(patience), "-w", "%{http_code} %{size_download}", "-X", self.method]
        return subprocess.Popen(["curl", *how, url], stdout=subprocess.PIPE, text=True)

    @property
    def method(self):
        return "POST" if self.job.startswith("/tasks") else "GET"

    def memory_mib(self):
        """Resident memory of all its processes and their jobs."""
        return sum(resident(pid) for leader in self.pids for pid in with_descendants(leader)) / 1024

    def cpu(self):
        return sum(cpu(pid) for leader in self.pids for pid in with_descendants(leader))


def ask(port, path, patience=PATIENCE, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    begin = time.monotonic()
    try:
        connection.request(method, path)
        response = connection.getresponse()
        length = 0
        while part := response.read(1 << 20):
            length += len(part)
        return response.status, time.monotonic() - begin, length
    except (OSError, http.client.HTTPException):
        return 0, time.monotonic() - begin, 0
    finally:
        connection.close()


def resident(pid):
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return 0


def cpu(pid):
    with contextlib.suppress(OSError):
        return cpu_seconds(pid)
    return 0


def left_behind(token):
    """Pids of processes with the token in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if str(token).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def end_left_behind(token):
    for pid in left_behind(token):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)


def seen(good, sentence):
    return ("✓ " if good else "✗ ") + sentence


def others_are_served(server):
    status, seconds, _ = server.ask("fine", next(tokens))
    return status == 200 and seconds < 2


def crash(server):
    """a job crashes"""
    status, seconds, _ = server.ask("crash", next(tokens))
    time.sleep(0.2)
    served = others_are_served(server)
    told = f"told {status}" if status else "no answer"
    return seen(status >= 500 and served, told + ("" if served else "; the next job fails as well"))


def aftermath(server, fault):
    """(status, seconds, whether nothing of it is left a moment later)"""
    token = next(tokens)
    try:
        status, seconds, _ = server.ask(fault, token)
        time.sleep(SOON)
        return status, seconds, not left_behind(token)
    finally:
        end_left_behind(token)


def ends_in_time(fault):
    def measure(server):
        status, seconds, gone = aftermath(server, fault)
        if status == 404:
            return "cannot be done there"
        told = f"told {status} after {seconds:.1f} s" if status else f"no answer in {seconds:.0f} s"
        return seen(bool(status) and seconds < JOB_SECONDS + 1 and gone, told + ("" if gone else ", and it still runs"))

    return measure


def client_leaves(server):
    token = next(tokens)
    before_rest = server.cpu()
    server.ask("burn", token, patience=0.7)
    time.sleep(0.5)
    before = server.cpu()
    time.sleep(1)
    burnt = max(server.cpu() - before, 0) if server.cpu() >= before_rest else 0
    time.sleep(PATIENCE)
    return seen(burnt < 0.2, f"it burnt {100 * burnt:.0f} % of a core afterwards")


def leaves_child(fault):
    def measure(server):
        status, seconds, gone = aftermath(server, fault)
        answered = f"{status} after {seconds:.1f} s" if status else "no answer"
        return seen(status == 200 and seconds < 1 and gone, answered + (", it is gone" if gone else ", it stays"))

    return measure


def watched_memory(server, fault):
    """(peak over what was before, status, length)"""
    token = next(tokens)
    before = server.memory_mib()
    asked = server.curl(fault, token, 20)
    peak, until = before, time.monotonic() + PATIENCE  # a job may go on when its client is answered
    while asked.poll() is None or time.monotonic() < until:
        peak = max(peak, server.memory_mib())
        time.sleep(0.02)
    status, length = asked.stdout.read().split()
    return peak - before, int(status), int(length)


def memory(server):
    peak, status, _ = watched_memory(server, "memory")
    served = others_are_served(server)
    return seen(peak < 1.3 * JOB_MIB and status >= 500 and served, f"told {status}, it took {peak:,.0f} MiB")


def flood(server):
    peak, status, length = watched_memory(server, "flood")
    served = others_are_served(server)
    return seen(peak < 200 and served, f"told {status}, {length / 2**20:,.0f} MiB came, {peak:,.0f} MiB of memory meanwhile")


def burning_jobs(server):
    """`/` beside sixteen jobs that burn"""
    burning = [server.curl("burn", next(tokens), 6) for _ in range(16)]
    time.sleep(0.5)
    times = []
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        status, seconds, _ = ask(server.port, "/")
        times.append(seconds * 1000 if status == 200 else PATIENCE * 1000)
        time.sleep(0.005)
    for client in burning:
        client.terminate()
        client.wait()
    times.sort()
    return seen(times[int(len(times) * 0.99)] < 10, f"p99 of `/` {times[int(len(times) * 0.99)]:.1f} ms")


@dataclasses.dataclass(frozen=True)
class Fault:
    title: str
    measure: Callable  # (server) -> a cell


FAULTS = (
    Fault("crashes", crash),
    Fault("hangs", ends_in_time("hang")),
    Fault("hangs, and ignores SIGTERM", ends_in_time("deaf")),
    Fault("its client leaves", client_leaves),
    Fault("leaves a child in a session of its own", leaves_child("child")),
    Fault("leaves a child that holds its stdout", leaves_child("holder")),
    Fault("takes 1.5 GiB of memory", memory),
    Fault("writes 2 GiB", flood),
    Fault("burns, sixteen at once", burning_jobs),
)


@contextlib.contextmanager
def running(commands, job):
    """A fresh one for each fault: none meets what another has done."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, contextlib.ExitStack() as stack:
        place = Path(folder)
        place.chmod(0o755)
        log = place / "log"
        children = [stack.enter_context(process(command, log, env)) for command, env in commands(place, port, machine.BUILD)]
        wait_until_it_answers(port, children, log)
        server = Server(port, [child.pid for child in children], job)
        wait_until(lambda: server.ask("fine", next(tokens))[0] == 200, children, log)
        yield server


def measure(fault, commands, job):
    try:
        with running(commands, job) as server:
            return fault.measure(server)
    except (OSError, RuntimeError) as failure:
        return f"not measured: {str(failure).splitlines()[0]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", type=Path, default=machine.RESULTS, help="folder for faults.md and faults.svg")
    parser.add_argument("--servers", default=",".join(SERVERS), help="which, comma-separated (default: all)")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    machine.install_packages()
    machine.install_node_packages()
    servers = [SERVERS[key] for key in options.servers.split(",")]
    lines = ["| a job that … | " + " | ".join(title for title, *_ in servers) + " |", "|---" * (len(servers) + 1) + "|"]
    for fault in FAULTS:
        cells = [measure(fault, *server) for _, *server in servers]
        lines.append(f"| {fault.title} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    options.output.mkdir(parents=True, exist_ok=True)
    table = "\n".join(lines) + "\n"
    (options.output / "faults.md").write_text(f"{head()}\n\n{table}")
    fault_picture.draw(options.output / "faults.svg", table)


def head():
    about = machine.computer()
    return "\n\n".join([
        "# What a fault costs",
        "✓: its own client alone; ✗: others as well. Each cell is what was seen "
        f"(`./dev bench faults`, {datetime.date.today()}, {about['cpu']}, {about['cores']} cores; "
        f"{JOB_SECONDS} seconds for a job, {JOB_MIB} MiB where a server can be told so):",
        "![The table below as a picture](faults.svg)",
    ])


if __name__ == "__main__":
    main()
