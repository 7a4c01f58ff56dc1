"""Asks one server for `/` by the clock, whatever became of earlier requests, and keeps how long each answer took.

A latency is counted from the moment at which its request was due, so a server that stalls hides nothing. Each request
has a connection of its own, as curl's would: among servers that share a port the kernel chooses one anew every time.
"""

import asyncio
import contextlib
import dataclasses
import os
import selectors

PATIENCE = 60  # seconds until an answer is given up


@dataclasses.dataclass(frozen=True)
class Sample:
    due: float  # seconds since the phase began
    milliseconds: float
    status: int  # 0: no answer


class Exchange(asyncio.Protocol):
    """One request, one answer, one connection."""

    def __init__(self, path):
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        self.answer = bytearray()
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.write(self.request)

    def data_received(self, data):
        self.answer += data

    def connection_lost(self, error):
        if not self.ended.done():
            self.ended.set_result(None)

    def status(self):
        return int(self.answer[9:12]) if self.answer.startswith(b"HTTP/1.1 ") else 0


async def ask(port, path):
    """The status of the answer, 0 where there is none."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            loop = asyncio.get_running_loop()
            transport, exchange = await loop.create_connection(lambda: Exchange(path), "127.0.0.1", port)
            try:
                await exchange.ended
                return exchange.status()
            finally:
                transport.abort()
    return 0


async def probe(port, rate, begin, until):
    """Asks for `/` `rate` times a second from `begin` (loop time) until the event; returns one sample per request."""
    loop = asyncio.get_running_loop()

    async def one(due):
        status = await ask(port, "/")
        return Sample(due - begin, 1000 * (loop.time() - due), status)

    requests = []
    while not until.is_set():
        due = begin + len(requests) / rate
        await asyncio.sleep(due - loop.time())
        requests.append(asyncio.create_task(one(due)))
    return await asyncio.gather(*requests)


def run_precisely(coroutine):
    """asyncio.run() on a selector that waits for microseconds (epoll's rounds up to the next millisecond), ahead of
    ordinary threads where that is allowed, so that what is measured is the server's waiting and not the prober's."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(coroutine)
