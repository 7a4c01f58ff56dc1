"""The scenario as one picture: a panel per phase, in it each request for `/` as a dot, latency upwards (logarithmic)."""

from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

import plotting

HEALTHY, LATE = plotting.GOOD, plotting.BAD
LATE_FROM = 50  # milliseconds


def draw(path, phases, summary):
    """`phases`: what phases.play() returned, in order; `summary`: a phase's sentence below its panel."""
    figure, panels = pyplot.subplots(1, len(phases), figsize=(12, 4.9), sharey=True)
    figure.subplots_adjust(left=0.055, right=0.99, top=0.74, bottom=0.2, wspace=0.06)
    figure.text(0.01, 0.955, "What / takes while heavy work is done beside it", size=15, weight="bold", va="center")
    note = "Every dot is a request for /, 100 a second, timed from the moment it was due; red ones took over 50 ms."
    figure.text(0.01, 0.895, note, size=10.5, va="center")
    for panel, played in zip(panels, phases):
        draw_phase(panel, played)
        panel.text(0.5, -0.29, summary(played), transform=panel.transAxes, ha="center", size=10)
    plotting.save(figure, path)


def draw_phase(panel, played):
    panel.set_title(f"{played.phase.title}\n", size=11, weight="bold")
    panel.text(0.5, 1.03, played.phase.lane, transform=panel.transAxes, ha="center", size=9.5)
    panel.set_yscale("log")
    panel.set_ylim(0.1, 10_000)
    panel.set_xlim(0, played.seconds)
    panel.grid(axis="y", color=plotting.FAINT, linewidth=0.7)
    panel.xaxis.set_major_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms:g} ms" if ms < 1000 else f"{ms / 1000:g} s"))
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.tick_params(axis="y", which="both", length=0)
    late = [sample.milliseconds > LATE_FROM or sample.status != 200 for sample in played.samples]
    panel.scatter(
        [sample.due for sample in played.samples],
        [sample.milliseconds for sample in played.samples],
        s=7,
        linewidths=0,
        c=[LATE if is_late else HEALTHY for is_late in late],
    )
    for row, job in enumerate(played.jobs):
        height = -0.035 - 0.035 * row
        line = {"transform": panel.get_xaxis_transform(), "clip_on": False, "solid_capstyle": "butt"}
        panel.plot([job.start, job.end], [height, height], color=plotting.OWN, linewidth=4, **line)
    if played.jobs:
        took = max(job.end - job.start for job in played.jobs)
        work = "the job" if len(played.jobs) == 1 else f"{len(played.jobs)} jobs"
        panel.text(0.5, -0.18, f"{work}: {took:.1f} s", transform=panel.transAxes, ha="center", size=9, color=plotting.OWN)
