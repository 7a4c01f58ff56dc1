#!/usr/bin/env python3
"""Every command in a document's ```sh blocks does what it is there for: `commands.py CRUNCHERD DOCUMENT…`.

A block's `cruncherd …` or `./dev run …` line starts a server for the block, with a port of its own; a block without one gets a server as
`./dev run` starts it. Its curl lines are run as they stand, but must not fail; ID stands for the last job that was submitted. Any other
program is run as well. A line `# → ANSWER` is what the command before it prints, … being whatever it likes; an answer that names a status
of 400 or more is to fail. What cannot be run here must stand in a block of another kind. A document's ```python block is count_words.py.
A ```toml block is a configuration that a server starts with, and the first one is tasks.toml.
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
ANSWER = "# → "
PATIENCE = 60  # seconds for one command
AS_SOMEBODY = ["--job-user", "nobody"] if os.geteuid() == 0 else []  # root has to say who jobs run as


def blocks(document, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def commands_of(block):
    """[(line, words, the answer that stands below it, or None)]"""
    found = []
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            found.append((line, words, None))
        elif line.startswith(ANSWER):
            found[-1] = (*found[-1][:2], line.removeprefix(ANSWER))
    return found


def flags_of(words):
    """The flags of the line that starts a server, or None."""
    for start in (["cruncherd"], ["./dev", "run"]):
        if words[: len(start)] == start:
            return words[len(start) :]
    return None


def is_answer(printed, answer, job):
    """Whether it is what the document says. Line ends and runs of blanks count as one blank."""
    parts = answer.replace("/ID", f"/{job}").split("…")
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, " ".join(printed.split()), re.DOTALL) is not None


def example(document):
    """The document's own count_words.py, or the kits'."""
    for path in (document, ROOT / "ipc" / "kits" / "README.md"):
        if program := re.search(r"```python\n(#!.*?)```", path.read_text(), re.DOTALL):
            return program[1]
    sys.exit("no document has a program in Python")


def prepare(folder, document):
    """The files that the commands name."""
    folder.chmod(0o755)
    shutil.copy(ROOT / "ipc" / "kits" / "cruncher.py", folder)
    (folder / "count_words.py").write_text(example(document))
    (folder / "count_words.py").chmod(0o755)
    if configurations := blocks(document, "toml"):
        (folder / "tasks.toml").write_text(configurations[0])
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


def run_line(line, words, answer, folder, address, job):
    """What it prints. Ends the test where it fails, or prints something else than the document says."""
    script = line.replace("localhost:8080", address).replace("/ID", f"/{job}")
    if words[0] == "curl":
        script = script.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    wanted = 22 if answer and re.search(r'"status":[45]', answer) else 0  # as curl ends where the server says so
    if done.returncode != wanted:
        sys.exit(f"ended with {done.returncode}: {line}\n{done.stdout}{done.stderr}")
    if located := re.search(r"^location: .*/jobs/(\S+)", done.stdout, re.MULTILINE | re.IGNORECASE):
        job = located[1]
    if answer and not is_answer(done.stdout, answer, job):
        sys.exit(f"not as the document says: {line}\n{answer}\n{done.stdout}")
    print(f"ok: {line}", flush=True)
    return job


def run_block(block, cruncherd, folder):
    """The number of commands that were run."""
    commands = commands_of(block)
    flags = [own for _, words, _ in commands if (own := flags_of(words)) is not None]
    with server(cruncherd, flags[0] if flags else ["--blocking-route", "on"], folder) as address:
        job = None
        for line, words, answer in commands:
            if flags_of(words) is None:
                job = run_line(line, words, answer, folder, address, job)
    return len(commands)


def try_configuration(text, cruncherd, folder):
    """A server takes it, and has the tasks that it names."""
    (folder / "cruncherd.toml").write_text(text)
    with server(cruncherd, ["--config", "cruncherd.toml"], folder) as address:
        for name in re.findall(r"^\[task\.(\w+)\]", text, re.MULTILINE):
            subprocess.run(["curl", "--silent", "--fail", f"{address}/tasks/{name}"], check=True, capture_output=True, timeout=PATIENCE)
            print(f"ok: [task.{name}]", flush=True)


def main():
    cruncherd, documents = Path(sys.argv[1]).resolve(), [Path(name) for name in sys.argv[2:]]
    count = 0
    for document in documents:
        for kind, run in (("sh", run_block), ("toml", try_configuration)):
            for block in blocks(document, kind):
                with tempfile.TemporaryDirectory(prefix="documents-") as folder:
                    prepare(Path(folder), document)
                    count += run(block, cruncherd, Path(folder)) or 0
    if count < 10:
        sys.exit(f"only {count} commands were found: the documents have more")


main()
