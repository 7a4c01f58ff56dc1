"""The scenario as one picture: a panel per phase, in it each request for `/` as a dot, latency upwards (logarithmic)."""

import svg

HEALTHY, LATE, PANEL = "#2da44e", "#e5534b", "#737c8814"
LEFT, RIGHT, TOP, BOTTOM, GAP = 60, 1100, 104, 372, 10
LATE_FROM = 50  # milliseconds


def draw(path, phases, summary):
    """`phases`: what phases.play() returned, in order; `summary`: a phase's sentence below its panel."""
    drawing = svg.Drawing(1100, 452, "What / takes while heavy work is done beside it")
    drawing.text(0, 20, "What / takes while heavy work is done beside it", size=18, weight=600)
    note = "Every dot is a request for /, 100 a second, timed from the moment it was due; red ones took over 50 ms."
    drawing.text(0, 44, note, 13)
    y = svg.Scale([0.1, 10_000], BOTTOM, TOP + 8, logarithmic=True)
    width = (RIGHT - LEFT + GAP) / len(phases) - GAP
    for number, played in enumerate(phases):
        drawing.rectangle(LEFT + number * (width + GAP), TOP, width, BOTTOM - TOP, PANEL, radius=4)
    for tick in y.ticks:
        drawing.line(LEFT, y(tick), RIGHT, y(tick))
        label = f"{tick:g} ms" if tick < 1000 else f"{tick / 1000:g} s"
        drawing.text(LEFT - 8, y(tick) + 4, label, size=11, anchor="end")
    for number, played in enumerate(phases):
        draw_phase(drawing, played, LEFT + number * (width + GAP), width, y)
        drawing.text(LEFT + number * (width + GAP) + width / 2, 442, summary(played), size=12, anchor="middle")
    drawing.save(path)


def draw_phase(drawing, played, left, width, y):
    def x(seconds):
        return left + 4 + seconds / played.seconds * (width - 8)

    middle = left + width / 2
    drawing.text(middle, TOP - 26, played.phase.title, size=13, anchor="middle", weight=600)
    drawing.text(middle, TOP - 9, played.phase.lane, size=12, anchor="middle")
    for sample in played.samples:
        late = sample.milliseconds > LATE_FROM or sample.status != 200
        drawing.circle(x(sample.due), y(sample.milliseconds), 2, (LATE if late else HEALTHY) + "b0")
    for row, job in enumerate(played.jobs):
        drawing.rectangle(x(job.start), BOTTOM + 10 + row * 9, x(job.end) - x(job.start), 6, svg.ACCENT)
    if played.jobs:
        took = max(job.end - job.start for job in played.jobs)
        work = "the job" if len(played.jobs) == 1 else f"{len(played.jobs)} jobs"
        drawing.text(middle, BOTTOM + 46, f"{work}: {took:.1f} s", size=11, anchor="middle", colour=svg.ACCENT)
