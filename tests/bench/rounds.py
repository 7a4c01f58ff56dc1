"""What all benchmarks of rounds share: the programs and their place, and who is measured when."""

import os
import shutil
import signal
import subprocess
import sys

import machine
from processes import get
from servers import SERVERS, Place


def set_up(*installations):
    """Installs what is asked for, builds the programs under test, and has SIGTERM end the run as Ctrl-C does: through every `finally`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["PATH"] += ":/usr/sbin"
    for install in installations:
        install()
    machine.allow_many_descriptors()
    targets = ["server/cruncherd", "cruncher/cruncher", "bench_programs"]
    subprocess.run(["ninja", "-C", machine.BUILD, *targets], check=True, stdout=subprocess.DEVNULL)


def prepare(folder):
    """Copies cruncherd and its cruncher to where every server's user may run them, and asks cruncherd for the bytes of `/`.

    As they lie once installed: a file as the linker writes it lies in the page cache in smaller pieces, which starts take a tenth longer for.
    """
    folder.chmod(0o755)
    place = Place(
        folder=folder,
        cruncherd=folder / "cruncherd",
        cruncher=folder / "cruncher",
        programs=machine.BUILD / "tests" / "bench",
        light_body=folder / "light.json",
    )
    for program, name in ((place.cruncherd, "server/cruncherd"), (place.cruncher, "cruncher/cruncher")):
        shutil.copy(machine.BUILD / name, program)
        program.chmod(0o755)
    with SERVERS["cruncherd"].running(place) as running:
        place.light_body.write_bytes(get(running.port, "/")[1])
    return place


def in_turn(servers, number):
    """The servers of a round: each begins with another one."""
    turn = number % len(servers) if servers else 0
    return servers[turn:] + servers[:turn]


def measured(servers, count, measure):
    """The rounds, each as {server's key: measure(server)}. Says what comes as it comes."""
    rounds = []
    for number in range(count):
        rounds.append({})
        for server in in_turn(servers, number):
            numbers = rounds[-1][server.key] = measure(server)
            told = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
            print(f"round {number + 1}/{count}  {server.key:16}", told, flush=True)
    return rounds
