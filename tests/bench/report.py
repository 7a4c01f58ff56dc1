"""Results as Markdown: first what cruncherd must reach, then every figure with every server."""

import dataclasses
import statistics
from collections.abc import Callable

from figures import FIGURES
from servers import SERVERS

NAMES = {
    "per_second": "per second",
    "p99_ms": "p99 ms",
    "idle_p99_ms": "p99 idle, ms",
    "busy_p99_ms": "p99 loaded, ms",
    "beside_per_second": "jobs beside it, per second",
    "cpu_us": "server's CPU µs each",
    "ratio": "ratio",
    "light_p50_ms": "`/` p50, ms",
    "job_p50_ms": "job p50, ms",
    "job_p99_ms": "job p99, ms",
    "added_ms": "added, ms",
    "small_per_second": "without, per second",
    "big_per_second": "with 1 GiB, per second",
    "capacity": "capacity, per second",
    "goodput": "done when overloaded, per second",
    "refused_per_second": "refused, per second",
    "refusal_p99_ms": "p99 of a refusal, ms",
    "unanswered": "unanswered",
    "bytes_each": "bytes each",
    "cpu_percent": "CPU %",
    "rss_mib": "server, MiB",
    "all_pss_mib": "all processes, MiB",
    "spare_private_mib": "a spare, MiB",
    "sandbox_ms": "sandbox, ms",
    "least_filter_ms": "shortest filter, ms",
}


@dataclasses.dataclass(frozen=True)
class Target:
    """One number of cruncherd's, one value per round, and its limit."""

    figure: str
    title: str
    values: Callable  # the figure's results -> [a number per round]
    limit: float
    at_least: bool = False

    def row(self, figures):
        try:
            value = statistics.median(self.values(figures[self.figure]))
        except (KeyError, statistics.StatisticsError):
            return None
        reached = value >= self.limit if self.at_least else value <= self.limit
        sign = "≥" if self.at_least else "≤"
        return [self.title, number(value), f"{sign} {number(self.limit)}", "yes" if reached else "**no**"]


def own(name, server="cruncherd"):
    return lambda figure: figure[server][name]


def relative(name, other, server="cruncherd"):
    return lambda figure: [mine / theirs for mine, theirs in zip(figure[server][name], figure[other][name])]


TARGETS = (
    Target("light", "light requests/s ÷ nginx's", relative("per_second", "nginx"), 0.9, at_least=True),
    Target(
        "light",
        "the same with two servers on the port",
        relative("per_second", "nginx", "cruncherd_pair"),
        0.9,
        at_least=True,
    ),
    Target("beside", "light p99 with saturated cores ÷ idle", own("ratio"), 1.10),
    Target("beside", "the same with --start fork", own("ratio", "cruncherd_fork"), 1.10),
    Target("silent", "the same beside jobs without system calls", own("ratio"), 1.10),
    Target("added", "latency that offloading adds ÷ Piscina's", relative("added_ms", "piscina"), 1),
    Target("added", "the same with --start fork", relative("added_ms", "piscina", "cruncherd_fork"), 1),
    Target("jobs", "jobs/s ÷ the floor's", relative("per_second", "floor"), 0.85, at_least=True),
    Target(
        "jobs", "the same with --start fork", relative("per_second", "floor", "cruncherd_fork"), 0.85, at_least=True
    ),
    Target(
        "reuse",
        "jobs/s with --jobs-per-process 1000 ÷ Piscina's",
        relative("per_second", "piscina", "cruncherd_stay"),
        1,
        at_least=True,
    ),
    Target("reuse", "÷ php-fpm's", relative("per_second", "php_fpm", "cruncherd_stay"), 3, at_least=True),
    Target("reuse", "the Node kit ÷ Piscina's", relative("per_second", "piscina", "node_kit"), 0.9, at_least=True),
    Target("reuse", "the Python kit ÷ gunicorn's", relative("per_second", "gunicorn", "python_kit"), 0.9, at_least=True),
    Target("reuse_added", "latency it adds ÷ Piscina's", relative("added_ms", "piscina", "cruncherd_stay"), 0.7),
    Target("reuse_beside", "light p99 beside it ÷ idle", own("ratio", "cruncherd_stay"), 1.25),
    Target("big_server", "jobs/s of a 1 GiB server ÷ a small one's", own("ratio"), 0.95, at_least=True),
    Target("big_server", "the same with --start fork", own("ratio", "cruncherd_fork"), 0.95, at_least=True),
    Target("big_messages", "light p99 beside big messages ÷ idle", own("ratio"), 1.25),
    Target("big_flood", "the same beside as many as it can", own("ratio"), 1.25),
    Target("overload", "done at ten times the capacity ÷ capacity", own("ratio"), 0.95, at_least=True),
    Target("overload", "p99 of a refusal, ms", own("refusal_p99_ms"), 5),
    Target("overload", "done, with --start fork", own("ratio", "cruncherd_fork"), 0.95, at_least=True),
    Target("overload", "p99 of a refusal, ms, with --start fork", own("refusal_p99_ms", "cruncherd_fork"), 5),
    Target("idle", "bytes per idle connection", own("bytes_each"), 4096),
    Target("idle", "CPU % for 9,000 idle connections", own("cpu_percent"), 0),
    Target("memory", "memory of the idle server, MiB", own("rss_mib"), 12),
    Target("memory", "private memory of a spare, MiB", own("spare_private_mib"), 1.5),
    Target("sandbox", "a cruncher's sandbox at its start, ms", own("sandbox_ms"), 0.05),
)


def markdown(results, folder):
    """Of the pictures in `folder` each stands beside its figure."""
    machine, figures = results["machine"], results["figures"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    parts = [
        f"# Benchmark of {results['date'][:10]}",
        f"`{results['command']}` on {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Linux {machine['kernel']}; {versions}. Medians of {results['rounds']} rounds, "
        f"{results['minutes']} minutes in all.",
    ]
    if rows := [row for target in TARGETS if (row := target.row(figures))]:
        parts.append(table(["cruncherd", "measured", "must reach", "reached"], rows))
    for key, servers in figures.items():
        if servers:
            parts += [f"## {FIGURES[key].title}", FIGURES[key].how, *pictures(key, folder), figure_table(servers)]
    return "\n\n".join(parts) + "\n"


def pictures(key, folder):
    found = sorted([*folder.glob(f"{key}.svg"), *folder.glob(f"{key}-*.svg")])
    return [f"![The table below as a picture]({path.name})" for path in found]


def figure_table(servers):
    names = list(dict.fromkeys(name for numbers in servers.values() for name in numbers))
    rows = [
        [SERVERS[key].title, SERVERS[key].way]
        + [number(statistics.median(numbers[name])) if name in numbers else "" for name in names]
        for key, numbers in servers.items()
    ]
    return table(["server", "a job runs in", *map(column, names)], rows)


def column(name):
    """A curve's points are named `what@x`."""
    base, _, at = name.partition("@")
    if not at:
        return NAMES[name]
    return f"{int(at):,}" if base == "per_second" else f"p50 ms, queue {int(at):,}"


def number(value):
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def target_row(title, value, sign, limit):
    """A figure beside what it must reach; `limit` is None where nothing is asked for."""
    if limit is None:
        return [title, number(value), "–", "–"]
    reached = value >= limit if sign == "≥" else value <= limit
    return [title, number(value), f"{sign} {number(limit)}", "yes" if reached else "**no**"]


def table(head, rows):
    alignment = ["---"] + ["---:" if any(c.isdigit() for c in cell) or not cell else "---" for cell in rows[0][1:]]
    lines = [head, alignment, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
