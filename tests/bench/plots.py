"""Which plots the results make. svg.py knows how to draw, this file what."""

import statistics

import svg
from figures import FIGURES
from report import number
from servers import SERVERS


def draw_all(results, folder):
    """One SVG per figure that was measured and has a picture, named after the figure."""
    for key, draw in PLOTS.items():
        servers = results["figures"].get(key)
        if servers:
            draw(servers, folder)


def median(numbers, name):
    return statistics.median(numbers[name])


def plain_bars(key, name, note, logarithmic=False, unit=""):
    def draw(servers, folder):
        rows = []
        for server, n in servers.items():
            value = median(n, name)
            if value > 0 or not logarithmic:
                rows.append((SERVERS[server].title, [(value, number(value) + unit)], server.startswith("cruncherd")))
        svg.bars(folder / f"{key}.svg", FIGURES[key].title, note, rows, logarithmic)

    return draw


def beside_jobs(servers, folder):
    rows = []
    for server, n in servers.items():
        idle, busy = median(n, "idle_p99_ms"), median(n, "busy_p99_ms")
        loaded = f"loaded {number(busy)} ms, × {number(median(n, 'ratio'))}"
        bars = [(idle, f"idle {number(idle)} ms"), (busy, loaded)]
        rows.append((SERVERS[server].title, bars, server.startswith("cruncherd")))
    svg.bars(
        folder / "beside.svg",
        "What jobs do to /",
        "p99 of / in ms, idle and while 8 clients send 50 ms jobs; logarithmic, shorter is better",
        rows,
        logarithmic=True,
    )


def series(servers, name):
    """{title: [(x, median)]} of the numbers named `name@x`."""
    return {
        SERVERS[server].title: [
            (int(full.partition("@")[2]), median(numbers, full))
            for full in numbers
            if full.startswith(name + "@") and not full.endswith("@0")
        ]
        for server, numbers in servers.items()
    }


def jobs_and_queue(servers, folder):
    svg.curves(
        folder / "queue-throughput.svg",
        "Jobs per second against clients",
        "no-op jobs; flat is good",
        "clients at once",
        series(servers, "per_second"),
    )
    latency = series(servers, "p50_ms")
    own = next(iter(latency.values()))
    work = own[0][1] / (own[0][0] + 1)
    svg.curves(
        folder / "queue-latency.svg",
        "Latency of a job against the queue before it",
        "p50 of no-op jobs; on the dotted line a queue costs nothing but the work of those who wait in it",
        "jobs in the queue",
        latency,
        unit=" ms",
        y_logarithmic=True,
        reference=("the work itself", [(x, work * (x + 1)) for x, _ in own]),
    )


def light_and_connections(servers, folder):
    svg.curves(
        folder / "connections.svg",
        "Light requests per second against connections",
        "keep-alive; flat is good",
        "connections",
        series(servers, "per_second"),
    )


PLOTS = {
    "light": plain_bars("light", "per_second", "GET /, 64 keep-alive connections; longer is better"),
    "beside": beside_jobs,
    "added": plain_bars(
        "added", "added_ms", "p50 of a no-op job minus p50 of /, in ms; logarithmic, shorter is better", True, " ms"
    ),
    "jobs": plain_bars("jobs", "per_second", "no-op jobs, 8 clients; longer is better"),
    "memory": plain_bars("memory", "all_pss_mib", "server and all its processes at rest, MiB; shorter is better"),
    "queue": jobs_and_queue,
    "connections": light_and_connections,
}
