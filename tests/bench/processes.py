"""Servers and load generators as child processes that cannot outlive the benchmark.

Each runs in a session of its own, is ended by its pid and takes its group along. Knows no server in particular.
"""

import contextlib
import http.client
import os
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

START_LIMIT = 20  # seconds until a server must answer
STOP_LIMIT = 5  # seconds between asking a process to end and ending it


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def process(command, log, environment=None, stop_signal=signal.SIGTERM, stdout=None):
    """Runs `command` for as long as the block lasts; its output is appended to the file `log`.

    `environment` is handed over by env(1), so that an LD_PRELOAD in it meets the command and nothing before it.
    """
    settings = [f"{name}={value}" for name, value in (environment or {}).items()]
    with open(log, "ab") as output:
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "env", *settings, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=stdout or output,
            stderr=output,
            start_new_session=True,
        )
    end = os.pidfd_open(child.pid)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(stop_signal)
        select.select([end], [], [], STOP_LIMIT)
        os.close(end)
        # The leader is not reaped yet, so the group's id still means this group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def wait_until_it_answers(port, children, log):
    """Returns once `GET /` gives 200; raises with the log's end where a child is gone or time is up."""

    def answers():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return get(port, "/")[0] == 200

    wait_until(answers, children, log)


def wait_until_it_says(words, child, log):
    """Returns once the words stand in the log, which nobody else writes."""
    wait_until(lambda: words in Path(log).read_text(), [child], log)


def wait_until(ready, children, log):
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and all(child.poll() is None for child in children):
        if ready():
            return
        time.sleep(0.02)
    command = " ".join(children[0].args)
    raise RuntimeError(f"not ready: {command}\n{Path(log).read_text()[-2000:]}")


def get(port, path):
    """(status, body) of one GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_LIMIT)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def with_descendants(pid):
    """The process and everything below it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for ancestor in found:
        found += [child for child, parent in parents.items() if parent == ancestor]
    return found


def process_name(pid):
    """As the kernel knows it; empty where the process has gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def memory(pid):
    """Resident, proportional and private memory of one process in KiB."""
    fields = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        fields[name.rstrip(":")] = int(value)
    return {
        "rss": fields["Rss"],
        "pss": fields["Pss"],
        "private": fields["Private_Clean"] + fields["Private_Dirty"],
    }


def cpu_seconds(pid):
    """User and system time of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
