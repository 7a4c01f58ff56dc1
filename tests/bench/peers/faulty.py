#!/usr/bin/env python3
"""A program that misbehaves by name: `faulty.py FAULT TOKEN`, or as CGI with `?fault=FAULT&token=TOKEN`.

TOKEN is a number that stands in the command line of whatever is left behind. Every fault ends by itself within five minutes.
"""

import os
import signal
import subprocess
import sys
import time
from urllib.parse import parse_qsl

LONG = 300  # seconds


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fine(token):
    say("fine")


def crash(token):
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(token):
    subprocess.run(["sleep", f"{LONG}.{token}"])


def deaf(token):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.execvp("sleep", ["sleep", f"{LONG}.{token}"])


def burn(token):
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        pass


def child(token):
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen(["sleep", f"{LONG}.{token}"], start_new_session=True, **quiet)
    say("fine")


def holder(token):
    subprocess.Popen(["sleep", f"{LONG}.{token}"])
    say("fine")


def memory(token):
    held = []
    for _ in range(96):  # 1.5 GiB
        held.append(b"x" * (16 << 20))
    say("fine")


def flood(token):
    for _ in range(2048):  # 2 GiB
        sys.stdout.buffer.write(b"x" * (1 << 20))


def main():
    if "GATEWAY_INTERFACE" in os.environ:
        query = dict(parse_qsl(os.environ["QUERY_STRING"]))
        fault, token = query["fault"], query["token"]
        sys.stdout.write("Content-Type: text/plain\r\n\r\n")
        sys.stdout.flush()
    else:
        fault, token = sys.argv[1:3]
    globals()[fault](token)


main()
