#!/usr/bin/env python3
"""Every command in a document's ```sh blocks does what it is there for: `commands.py CRUNCHERD DOCUMENT…`.

A block's `cruncherd …` line starts a server for the block, with a port of its own; a block without one gets a server as `./dev run`
starts it. Its curl lines are run as they stand, but must not fail; ID stands for the last job that was submitted. Any other program is
run as well. What cannot be run here must stand in a block of another kind.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds for one command
AS_SOMEBODY = ["--job-user", "nobody"] if os.geteuid() == 0 else []  # root has to say who jobs run as


def blocks(document):
    return re.findall(r"^```sh\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def lines(block):
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield line, words


def prepare(folder):
    """The files that the commands name."""
    folder.chmod(0o755)
    shutil.copy(ROOT / "ipc" / "kits" / "cruncher.py", folder)
    example = re.search(r"```python\n(#!.*?)```", (ROOT / "ipc" / "kits" / "README.md").read_text(), re.DOTALL)
    (folder / "count_words.py").write_text(example[1])
    (folder / "count_words.py").chmod(0o755)
    (folder / "text.txt").write_text("to be or not to be\n")
    subprocess.run(["convert", "plasma:fractal", "-resize", "640x480!", folder / "in.jpg"], check=True, timeout=PATIENCE)


@contextlib.contextmanager
def server(cruncherd, flags, folder):
    """Its address, host and port."""
    log = folder / "server.log"
    with open(log, "wb") as output:
        command = [cruncherd, "--port", "0", "--jobs-dir", folder / "jobs", "--priority", "normal", *AS_SOMEBODY, *flags]
        child = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 20
        while not (found := re.search(r"listening on http://([^\s\"]+)", log.read_text())):
            if child.poll() is not None or time.monotonic() > until:
                sys.exit(f"not started: {shlex.join(map(str, command))}\n{log.read_text()}")
            time.sleep(0.05)
        yield found[1]
    finally:
        child.terminate()
        child.wait(timeout=PATIENCE)


def run_block(block, cruncherd, folder):
    """The number of commands that were run. Ends the test where one fails."""
    commands = list(lines(block))
    flags = [words[1:] for _, words in commands if words[0] == "cruncherd"]
    with server(cruncherd, flags[0] if flags else ["--blocking-route", "on"], folder) as address:
        job, count = None, len(flags)
        for line, words in commands:
            if words[0] == "cruncherd":
                continue
            script = line.replace("localhost:8080", address)
            if "/ID" in script:
                script = script.replace("/ID", f"/{job}")
            if words[0] == "curl":
                script = script.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
            done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
            if done.returncode != 0:
                sys.exit(f"failed: {line}\n{done.stdout}{done.stderr}")
            if located := re.search(r"^location: .*/jobs/(\S+)", done.stdout, re.MULTILINE | re.IGNORECASE):
                job = located[1]
            print(f"ok: {line}", flush=True)
            count += 1
    return count


def main():
    cruncherd, documents = Path(sys.argv[1]).resolve(), [Path(name) for name in sys.argv[2:]]
    count = 0
    for document in documents:
        for block in blocks(document):
            with tempfile.TemporaryDirectory(prefix="documents-") as folder:
                prepare(Path(folder))
                count += run_block(block, cruncherd, Path(folder))
    if count < 10:
        sys.exit(f"only {count} commands were found: the documents have more")


main()
