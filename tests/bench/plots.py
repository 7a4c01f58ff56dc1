"""Which plots the results make. plotting.py knows how to draw, this file what."""

import statistics

import plotting
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


def a_dot_each(key, name, note, logarithmic=False, unit="", more_is_better=False):
    def draw(servers, folder):
        rows = []
        for server, n in servers.items():
            value = median(n, name)
            if value > 0 or not logarithmic:
                rows.append((SERVERS[server].title, [(value, number(value) + unit)], server.startswith("cruncherd")))
        rows = best_first(rows, more_is_better)
        plotting.dots(folder / f"{key}.svg", plain(FIGURES[key].title), note, rows, logarithmic)

    return draw


def best_first(rows, more_is_better=False):
    return sorted(rows, key=lambda row: row[1][-1][0], reverse=more_is_better)


def plain(title):
    """A title without Markdown."""
    return title.replace("`", "")


def beside_jobs(servers, folder):
    rows = []
    for server, n in servers.items():
        idle, busy = median(n, "idle_p99_ms"), median(n, "busy_p99_ms")
        loaded = f"{number(busy)} ms, × {number(median(n, 'ratio'))}"
        rows.append((SERVERS[server].title, [(idle, ""), (busy, loaded)], server.startswith("cruncherd")))
    plotting.dots(
        folder / "beside.svg",
        "What jobs do to /",
        "p99 of / in ms: idle (ring) and while 8 clients send 50 ms jobs (dot); logarithmic, left is better",
        best_first(rows),
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
    plotting.curves(
        folder / "queue-throughput.svg",
        "Jobs per second against clients",
        "no-op jobs; flat is good",
        "clients at once",
        series(servers, "per_second"),
    )
    latency = series(servers, "p50_ms")
    own = next(iter(latency.values()))
    work = own[0][1] / (own[0][0] + 1)
    plotting.curves(
        folder / "queue-latency.svg",
        "Latency of a job against the queue before it",
        "p50 of no-op jobs; on the dotted line a queue costs nothing but the work of those who wait in it",
        "jobs in the queue",
        latency,
        unit=" ms",
        y_logarithmic=True,
        reference=[(x, work * (x + 1)) for x, _ in own],
    )


def light_and_connections(servers, folder):
    plotting.curves(
        folder / "connections.svg",
        "Light requests per second against connections",
        "keep-alive; flat is good",
        "connections",
        series(servers, "per_second"),
    )


PLOTS = {
    "light": a_dot_each("light", "per_second", "GET /, 64 keep-alive connections; right is better", more_is_better=True),
    "beside": beside_jobs,
    "added": a_dot_each(
        "added", "added_ms", "p50 of a no-op job minus p50 of /, in ms; logarithmic, left is better", True, " ms"
    ),
    "jobs": a_dot_each("jobs", "per_second", "no-op jobs, 8 clients; right is better", more_is_better=True),
    "memory": a_dot_each("memory", "all_pss_mib", "server and all its processes at rest, MiB; left is better"),
    "queue": jobs_and_queue,
    "connections": light_and_connections,
}
