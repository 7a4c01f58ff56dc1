"""The origin's scenario as phases: what runs beside `/` in each, and how one is played."""

import asyncio
import dataclasses

from probe import Sample, ask, probe

RATE = 100  # requests for `/` per second
QUIET = 0.4  # seconds of `/` alone before and after the jobs of a phase
CPU_TIME = 2000  # milliseconds of work in each job


@dataclasses.dataclass(frozen=True)
class Phase:
    title: str
    lane: str  # where the work is done
    jobs: tuple[str, ...] = ()  # paths, asked for at once
    servers: int = 1  # that share the port
    alone: float = 0  # seconds without a job


@dataclasses.dataclass(frozen=True)
class Job:
    start: float  # seconds since the phase began
    end: float
    status: int


@dataclasses.dataclass(frozen=True)
class Played:
    phase: Phase
    seconds: float
    samples: list[Sample]
    jobs: list[Job]


BLOCKING = f"/blocking?CPUTimeMs={CPU_TIME}"
NON_BLOCKING = f"/non-blocking?CPUTimeMs={CPU_TIME}"

PHASES = (
    Phase("/ alone", "nobody", alone=2),
    Phase("/blocking", "the event loop", (BLOCKING,)),
    Phase("/non-blocking", "2 processes", (NON_BLOCKING,) * 2),
    Phase("…?via=thread", "2 threads of the server", (NON_BLOCKING + "&via=thread",) * 2),
    Phase("/blocking, cluster of 2", "one of two event loops", (BLOCKING,), servers=2),
)


async def play(phase, port):
    """Plays one phase against the server on `port` while `/` is asked for, and returns what was seen."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    over = asyncio.Event()
    probing = asyncio.create_task(probe(port, RATE, begin, over))

    async def job(path):
        start = loop.time()
        status = await ask(port, path)
        return Job(start - begin, loop.time() - begin, status)

    await asyncio.sleep(QUIET)
    jobs = await asyncio.gather(asyncio.sleep(phase.alone), *map(job, phase.jobs))
    await asyncio.sleep(QUIET)
    over.set()
    seconds = loop.time() - begin
    return Played(phase, seconds, await probing, jobs[1:])
