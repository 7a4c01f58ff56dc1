"""Load on a running server: wrk for throughput, open_loop for latency. Knows no server in particular."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from processes import process

WRK_SCRIPT = Path(__file__).with_name("programs") / "wrk.lua"
ENOUGH = 600  # seconds that a background load runs at most; it is ended when its block ends


def throughput(place, port, request, connections, seconds, may_be_none=False):
    """Good answers per second, and closed-loop latency, with so many clients that ask again once they are answered.

    Raises where no answer was a good one, for then nothing was measured, unless that is a result, too.
    """
    report = wrk_report(run(wrk_command(place, port, request, connections, seconds), seconds))
    if report["per_second"] == 0 and not may_be_none:
        raise RuntimeError(f"no good answer: {report}")
    return report


@contextlib.contextmanager
def background_load(place, port, request, connections, humble=False, pause_ms=0):
    """Keeps so many clients busy for as long as the block lasts, and fills what it yields with their report then.

    `humble`: only with time that nobody else wants. `pause_ms`: between an answer and the client's next request.
    """
    command = wrk_command(place, port, request, connections, ENOUGH, threads=1)
    if pause_ms:
        command.append(str(pause_ms))
    report = {}
    with tempfile.TemporaryFile("w+", dir=place.folder) as output:
        with process(
            ["chrt", "--idle", "0", *command] if humble else command,
            place.log,
            stop_signal=signal.SIGINT,  # wrk reports and ends
            stdout=output,
        ) as load:
            yield report
            if os.waitid(os.P_PID, load.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                raise RuntimeError("the load was over before what it should be beside")
        output.seek(0)
        report.update(wrk_report(output.read()))
        if report["per_second"] == 0:
            raise RuntimeError(f"no good answer: {report}")


def wrk_command(place, port, request, connections, seconds, threads=None):
    threads = min(connections, threads or os.cpu_count())
    body = [body_file(place, request)] if request.body else []
    return [
        *("wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "60s"),
        *("-s", str(WRK_SCRIPT)),
        *(word for field in request.fields for word in ("-H", field)),
        *(f"http://127.0.0.1:{port}{request.path}", "--", request.method, *body),
    ]


def wrk_report(output):
    line = next(line for line in output.splitlines() if line.startswith("report "))
    report = json.loads(line.removeprefix("report "))
    report["per_second"] = (report["answers"] - report["refused"]) / report["seconds"]
    return report


def open_loop(place, port, request, rate, seconds, connections=64):
    """The report of open_loop: latencies from the moment each request was due, at real-time priority."""
    body = ["--body", body_file(place, request)] if request.body else []
    command = [
        *(place.programs / "open_loop", "--port", port, "--method", request.method, "--path", request.path, *body),
        *("--rate", rate, "--seconds", seconds, "--connections", connections, "--realtime"),
    ]
    report = json.loads(run(command, seconds))
    if not report["by_status"]:
        raise RuntimeError(f"no answer to {request.method} {request.path}")
    return report


def run(command, seconds):
    """The output of a client that should take so long; raises with what it said where it fails."""
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


def body_file(place, request):
    path = place.folder / f"body-{hashlib.sha256(request.body.encode()).hexdigest()[:16]}.json"
    if not path.exists():
        path.write_text(request.body)
    return str(path)
