"""The kinds of plot that the benchmark needs, drawn by matplotlib. Knows no figure; plots.py and fault_picture.py say what to draw.

Each picture has a ground of its own, so that it reads on a light page and on a dark one.
"""

import textwrap

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator  # noqa: E402

INK, FAINT, GROUND = "#1f2328", "#d0d7de", "#ffffff"
OWN, OTHER, IDLE = "#0969da", "#57606a", "#9198a1"
GOOD, BAD = "#1a7f37", "#cf222e"
COLOURS = (OWN, "#bc4c00", "#1a7f37", "#8250df", "#9a6700")

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "cruncher",  # the same picture of the same numbers
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans", "sans-serif"],
        "font.size": 10,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "xtick.color": INK,
        "ytick.color": INK,
        "figure.facecolor": GROUND,
        "axes.facecolor": GROUND,
    }
)


def short(value, _=None):
    """A number as an axis shows it."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def paper(width, height, title, note):
    """A figure with one pair of axes below a title and a sentence; sizes in inches."""
    figure, axes = pyplot.subplots(figsize=(width, height), layout=None)
    figure.text(0.02, 1 - 0.24 / height, title, size=13, weight="bold", va="center")
    figure.text(0.02, 1 - 0.52 / height, note, size=9.5, va="center")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure, axes


def save(figure, path):
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def dots(path, title, note, rows, logarithmic=False):
    """A line per row: its name, its dots, the last one's text. `rows`: (name, [(value, text)], own); of two values the
    first is the idle one. In the order of the last value, the best on top as they come."""
    height = 1.15 + 0.32 * len(rows)
    figure, axes = paper(8.4, height, title, note)
    figure.subplots_adjust(left=0.3, right=0.8, top=1 - 0.75 / height, bottom=0.4 / height)
    for place, (name, values, own) in enumerate(rows):
        colour = OWN if own else OTHER
        axes.axhline(place, color=FAINT, linewidth=0.7, zorder=0)
        if len(values) > 1:
            axes.plot([values[0][0], values[-1][0]], [place, place], color=colour, linewidth=2, zorder=1)
            axes.plot(values[0][0], place, "o", color=GROUND, markeredgecolor=colour, markersize=6, zorder=2)
        axes.plot(values[-1][0], place, "o", color=colour, markersize=7, zorder=3, clip_on=False)
        weight = "bold" if own else "normal"
        beside = max(value for value, _ in values)
        axes.annotate(
            values[-1][1], (beside, place), (8, 0), textcoords="offset points", va="center", color=colour, weight=weight
        )
        axes.text(-0.02, place, name, transform=axes.get_yaxis_transform(), ha="right", va="center", weight=weight)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.yaxis.set_major_locator(NullLocator())
    everything = [value for _, values, _ in rows for value, _ in values]
    if logarithmic:
        axes.set_xscale("log")
        axes.set_xlim(min(everything) / 1.6, max(everything) * 1.6)
    else:
        axes.set_xlim(0, max(everything) * 1.05)
    axes.xaxis.set_major_formatter(FuncFormatter(short))
    axes.xaxis.set_minor_formatter(NullFormatter())
    save(figure, path)


def curves(path, title, note, x_title, series, unit="", y_logarithmic=False, reference=None):
    """Lines over a logarithmic x axis, each with its name at its end. `series`: {name: [(x, y)]}; `reference`:
    the points of a dotted line, which `note` explains."""
    figure, axes = paper(8.4, 4.2, title, note)
    figure.subplots_adjust(left=0.1, right=0.7, top=0.8, bottom=0.13)
    axes.set_xscale("log")
    if y_logarithmic:
        axes.set_yscale("log")
    ends = []
    for (name, points), colour in zip(series.items(), COLOURS):
        axes.plot(*zip(*points), marker="o", markersize=4, color=colour)
        ends.append((points[-1], name, colour))
    limits = axes.get_ylim()
    if reference:
        axes.plot(*zip(*reference), linestyle=":", color=INK, linewidth=1.2)
    axes.set_ylim(*(limits if y_logarithmic else (0, limits[1])))
    axes.grid(axis="y", color=FAINT, linewidth=0.7)
    axes.set_xlabel(x_title)
    axes.xaxis.set_major_formatter(FuncFormatter(short))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value) + unit))
    axes.yaxis.set_minor_formatter(NullFormatter())
    name_ends(axes, ends)
    save(figure, path)


def name_ends(axes, ends):
    """Each line's name beside its end, pushed apart where ends are near. The name of one that ends early is above its end."""
    last, right = None, max(x for (x, _), *_ in ends)
    for (x, y), name, colour in sorted(ends, key=lambda end: end[0][1]):
        look = {"textcoords": "offset points", "color": colour, "weight": "bold", "annotation_clip": False}
        if x < right:
            axes.annotate(name, (x, y), (-2, 10), ha="right", **look)
            continue
        at = axes.transData.transform((x, y))[1]
        lowest = at if last is None else max(at, last + 19)
        axes.annotate(name, (x, y), (8, (lowest - at) * 72 / axes.figure.dpi), va="center", **look)
        last = lowest


def verdicts(path, title, note, columns, rows):
    """A table of marks, each with a few words. `columns`: (name, sum, own); `rows`: (name, [(good, words)]), good being None
    where there is no verdict."""
    width, line, names = 10.2, 0.56, 1.95  # inches: in all, of a row, of the rows' names
    top, step = 1.55, (width - names - 0.1) / len(columns)
    figure, axes = paper(width, top + line * len(rows), title, note)
    figure.subplots_adjust(left=0, right=1, top=1, bottom=0)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(top + line * len(rows), 0)
    for column, (name, total, own) in enumerate(columns):
        text = f"{textwrap.fill(name, 18)}\n{total}"
        look = {"weight": "bold" if own else "normal", "color": OWN if own else INK}
        axes.text(names + column * step, top - 0.12, text, size=9.5, va="bottom", **look)
    for row, (name, cells) in enumerate(rows):
        y = top + (row + 0.5) * line
        axes.axhline(y - line / 2, color=FAINT, linewidth=0.7)
        axes.text(0.2, y, textwrap.fill(name, 22), va="center", size=9.5)
        for column, (good, words) in enumerate(cells):
            x = names + column * step
            verdict(axes, x + 0.07, y, good)
            axes.text(x + 0.22, y, textwrap.fill(words, 20), va="center", size=8.5, linespacing=1.1)
    save(figure, path)


def verdict(axes, x, y, good):
    """The two differ by form as well as by colour."""
    if good is None:
        return
    if good:
        axes.plot(x, y, "o", color=GOOD, markersize=8)
    else:
        axes.plot(x, y, "X", color=BAD, markersize=8)
