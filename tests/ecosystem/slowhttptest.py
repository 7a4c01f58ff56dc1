#!/usr/bin/env python3
"""slowhttptest against cruncherd: a thousand slow clients in each of its four modes, while another client asks for `/`.

Passes when that client never fails and 99 of 100 answers take less than 20 ms, in every mode.
Usage: slowhttptest.py CRUNCHERD        (needs slowhttptest, a Debian package)
"""

import collections
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

CONNECTIONS = 1000
SECONDS = 8
P99_LIMIT_MS = 20
SKIPPED = 77  # as meson understands it

MODES = {
    # Headers that never end: a new one every second.
    "slow headers": ["-H", "-i", "1", "-u", "/"],
    # Content that trickles in, of the type that the route wants.
    "slow body": ["-B", "-i", "1", "-s", "8192", "-f", "application/json", "-u", "/tasks/spin"],
    # A Range of many pieces: Apache's killer.
    "range": ["-R", "-a", "1", "-b", "3000", "-t", "HEAD", "-u", "/"],
    # A big response, asked for several times and read five bytes a second through a tiny window.
    "slow read": ["-X", "-w", "1", "-y", "16", "-n", "1", "-z", "5", "-k", "10", "-u", "/openapi.json"],
}


class Server:
    """cruncherd on a free port, for as long as the block lasts."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        for line in self.process.stdout:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                drain = threading.Thread(target=collections.deque, args=(self.process.stdout, 0), daemon=True)
                drain.start()
                return self
        raise SystemExit("cruncherd does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def answer_time_ms(connection):
    start = time.perf_counter()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head, _, content = connection.recv(65536).partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(content) < length:
        content += connection.recv(65536)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise OSError(head.decode())
    return (time.perf_counter() - start) * 1000


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def ask_while(port, attack):
    """Asks for `/` a hundred times a second, on one lasting connection and on new ones in turn."""
    times = []
    lasting = connect(port)
    while attack.poll() is None:
        times.append(answer_time_ms(lasting))
        start = time.perf_counter()
        with connect(port) as fresh:
            answer_time_ms(fresh)
            times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.02)
    return sorted(times)


def attacked(port, name, options):
    options = [f"http://127.0.0.1:{port}{option}" if option.startswith("/") else option for option in options]
    command = ["slowhttptest", "-c", str(CONNECTIONS), "-r", "500", "-l", str(SECONDS), "-p", "3", *options]
    attack = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        times = ask_while(port, attack)
        report = re.sub(r"\x1b\[[0-9;]*m", "", attack.stdout.read())
    except OSError as error:
        print(f"{name}: FAILED, `/` was not answered: {error}")
        return False
    finally:
        attack.kill()
        attack.wait()
    p99 = times[len(times) * 99 // 100]
    connected = max((int(n) for n in re.findall(r"connected:\s+(\d+)", report)), default=0)
    problems = []
    if p99 >= P99_LIMIT_MS:
        problems.append(f"p99 is not under {P99_LIMIT_MS} ms")
    if "service available:   YES" not in report or "service available:   NO" in report:
        problems.append("slowhttptest found the service unavailable")
    if len(times) < 100:
        problems.append("too few requests to tell")
    verdict = "FAILED, " + ", ".join(problems) if problems else "ok"
    print(f"{name}: {verdict}; up to {connected} slow clients; `/` {len(times)} times: "
          f"p50 {times[len(times) // 2]:.2f} ms, p99 {p99:.2f} ms, max {times[-1]:.2f} ms")
    if problems:
        print(report[-2000:])
    return not problems


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if not shutil.which("slowhttptest"):
        print("slowhttptest is not installed")
        return SKIPPED
    with Server(sys.argv[1]) as server:
        results = [attacked(server.port, name, options) for name, options in MODES.items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
