"""A small SVG writer, and the two kinds of plot that the benchmark needs.

Transparent ground and middle tones, so that a picture reads on a light page and on a dark one.
"""

import math
from html import escape

INK = "#737c88"
FAINT = "#737c8833"
ACCENT = "#2f81f7"
COLOURS = (ACCENT, "#db6d28", "#2da44e", "#a371f7", "#d4a72c")
QUIET = "#8b949e99"
FONT = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif"


class Drawing:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>"]

    def text(self, x, y, text, size=13, anchor="start", colour=INK, weight=400):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{escape(text)}</text>'
        )

    def line(self, x1, y1, x2, y2, colour=FAINT, width=1, dashes=""):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}" stroke-dasharray="{dashes}"/>'
        )

    def rectangle(self, x, y, width, height, colour, radius=2):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" rx="{radius}" '
            f'fill="{colour}"/>'
        )

    def circle(self, x, y, radius, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>')

    def polyline(self, points, colour, width=2):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-linejoin="round" stroke-linecap="round"/>'
        )

    def save(self, path):
        body = "\n".join(self.parts)
        path.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" font-family="{FONT}" role="img">\n{body}\n</svg>\n'
        )


class Scale:
    """Numbers to positions, linear from zero or logarithmic; up to a round number, or where `tight` to the largest."""

    def __init__(self, values, start, end, logarithmic=False, tight=False):
        self.start, self.end, self.logarithmic = start, end, logarithmic
        if logarithmic:
            self.low = math.floor(math.log10(min(values)) + 1e-9)
            self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
            self.ticks = [10.0**power for power in range(self.low, self.high + 1)]
            if tight:
                self.high = math.log10(max(values))
                self.ticks = [tick for tick in self.ticks if tick <= max(values)]
        else:
            step = round_step(max(values) / 4)
            self.low, self.high = 0, step * math.ceil(max(values) / step - 1e-9)
            self.ticks = [step * i for i in range(round(self.high / step) + 1)]

    def __call__(self, value):
        position = math.log10(max(value, 10.0**self.low)) if self.logarithmic else value
        return self.start + (position - self.low) / (self.high - self.low) * (self.end - self.start)


def round_step(least):
    """The next of 1, 2, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * 0.999)


def short(value):
    """A number as an axis shows it."""
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    if value >= 1e3:
        return f"{value / 1e3:g}k"
    return f"{value:g}"


def heading(drawing, title, note):
    drawing.text(0, 18, title, size=16, weight=600)
    drawing.text(0, 38, note, size=12)


def bars(path, title, note, rows, logarithmic=False):
    """Horizontal bars. `rows`: (label, [(value, text)], highlighted); several values of a row share its height."""
    left, right, top, row_height = 250, 640, 58, 30
    drawing = Drawing(760, top + row_height * len(rows) + 26, title)
    heading(drawing, title, note)
    values = [value for _, bar, _ in rows for value, _ in bar]
    scale = Scale(values, left, right, logarithmic)
    bottom = top + row_height * len(rows)
    for tick in scale.ticks:
        drawing.line(scale(tick), top - 6, scale(tick), bottom)
        drawing.text(scale(tick), bottom + 16, short(tick), size=11, anchor="middle")
    for index, (label, row, highlighted) in enumerate(rows):
        y = top + index * row_height
        weight = 600 if highlighted else 400
        drawing.text(left - 10, y + 16, label, anchor="end", weight=weight)
        height = (row_height - 10) / len(row)
        for place, (value, text) in enumerate(row):
            bar_y = y + 1 + place * (height + 1)
            drawing.rectangle(left, bar_y, scale(value) - left, height, ACCENT if highlighted else QUIET)
            size = 13 if len(row) == 1 else 10
            drawing.text(scale(value) + 6, bar_y + height / 2 + size * 0.36, text, size=size, weight=weight)
    drawing.save(path)


def curves(path, title, note, x_title, series, unit="", y_logarithmic=False, reference=None):
    """Lines over a logarithmic x axis. `series`: {name: [(x, y)]}; `reference`: (name, points) of a dotted line."""
    left, right, top, bottom = 64, 560, 62, 300
    drawing = Drawing(760, 346, title)
    heading(drawing, title, note)
    points = [point for line in series.values() for point in line]
    x_scale = Scale([x for x, _ in points], left, right, logarithmic=True, tight=True)
    y_scale = Scale([y for _, y in points], bottom, top, y_logarithmic)
    for tick in y_scale.ticks:
        drawing.line(left, y_scale(tick), right, y_scale(tick))
        drawing.text(left - 8, y_scale(tick) + 4, short(tick) + unit, size=11, anchor="end")
    for tick in x_scale.ticks:
        drawing.text(x_scale(tick), bottom + 18, short(tick), size=11, anchor="middle")
    drawing.text((left + right) / 2, bottom + 38, x_title, size=12, anchor="middle")
    if reference:
        _, line = reference
        clipped = [(x, y) for x, y in line if y_scale.low <= (math.log10(y) if y_logarithmic else y) <= y_scale.high]
        for (x1, y1), (x2, y2) in zip(clipped, clipped[1:]):
            drawing.line(x_scale(x1), y_scale(y1), x_scale(x2), y_scale(y2), INK, 1.5, "2 5")
    labels = []
    for (name, line), colour in zip(series.items(), COLOURS):
        places = [(x_scale(x), y_scale(y)) for x, y in line]
        drawing.polyline(places, colour)
        for x, y in places:
            drawing.circle(x, y, 3, colour)
        labels.append((places[-1][1], name, colour))
    place_labels(drawing, right + 12, labels)
    if reference:
        drawing.text(right, top - 8, f"dotted: {reference[0]}", size=11, anchor="end")
    drawing.save(path)


def place_labels(drawing, x, labels):
    """Each line's name beside its end, pushed apart where ends are near."""
    last = -math.inf
    for y, name, colour in sorted(labels):
        last = max(y, last + 17)
        drawing.text(x, last + 4, name, colour=colour, weight=600)
