"""Plots of a record: PNG, 1280 pixels wide, drawn with matplotlib (the extra `report`)."""

import io
from statistics import geometric_mean

from . import targets
from .environment import place
from .tables import GROUPS, MANY, group_of

WIDTH, DPI = 1280, 100
COLOURS = ("#2f7ed8", "#e06c14", "#5a9a3c", "#8a5fc0", "#b03a5b")  # distinguishable with most kinds of colour blindness
CONTESTANTS = {"PyTorch": "eager", "compiled": "torch.compile"}
GREY = "#777777"
PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # behind numbers, which a line may cross


def pictures(record):
    """Draw the parts of a record; returns {name: the bytes of a PNG}."""
    import matplotlib.style

    drawn = {}
    style = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True}
    with matplotlib.style.context(["default", style]):
        for name, draw in DRAWN.items():
            if record.get(name):
                figure = draw(record)
                figure.supxlabel(under(record["about"]), fontsize=8, color=GREY, x=0.99, ha="right")
                file = io.BytesIO()
                figure.savefig(file, dpi=DPI, metadata={"Software": None})
                drawn[name] = file.getvalue()
    return drawn


def canvas(height, **panels):
    """Create a figure of this height in pixels, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, height / DPI), layout="constrained")
    return figure, figure.subplots(**panels)


def under(about):
    """The line at the bottom of a figure."""
    return (
        f"{place(about)}, {about['isa'] or about['engine']}; PyTorch {about['PyTorch']}; {about['date']}; "
        f"median of {about['rounds']} interleaved rounds"
    )


def layers(record):
    """Draw the ratio of each layer as a bar from 1, sorted; rot180 is faster if the bar extends to the right."""
    from matplotlib.patches import Patch

    rows = sorted(record["layers"], key=lambda row: row["ratios"][2])
    ratios = [row["ratios"][2] for row in rows]
    mean = geometric_mean(ratios)
    figure, axes = canvas(150 + 18 * len(rows))
    axes.axvline(mean, color="black", linewidth=1, linestyle="--", zorder=0.9)
    colours = dict(zip((MANY, *GROUPS), COLOURS, strict=True))
    times_bars(axes, range(len(rows)), ratios, 0.75, color=[colours[group_of(row["name"])] for row in rows])
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows], fontsize=9)
    axes.set_ylim(-0.8, len(rows) - 0.2)
    times_axis(axes, ratios)
    axes.set_xlabel("times as fast as PyTorch, forward and backward (logarithmic)")
    axes.set_title(
        f"{len(rows)} layers: geometric mean {mean:.2f} (dashed; target: {targets.LAYERS}), lowest {min(ratios):.2f} "
        f"(target: {targets.LOWEST})", loc="left",
    )  # fmt: skip
    present = {group_of(row["name"]) for row in rows}
    axes.legend(handles=[Patch(color=c, label=g) for g, c in colours.items() if g in present], loc="lower right")
    return figure


def times_bars(axes, places, ratios, height, **style):
    """Draw horizontal bars from 1, each with its number at the end."""
    axes.barh(places, [ratio - 1 for ratio in ratios], height, left=1, **style)
    for place_of, ratio in zip(places, ratios, strict=True):
        side = 1 if ratio >= 1 else -1
        axes.annotate(
            f"{ratio:.2f}", (ratio, place_of), (4 * side, 0), textcoords="offset points", va="center",
            ha="left" if side > 0 else "right", fontsize=8, bbox=PLAIN,
        )  # fmt: skip


def times_axis(axes, ratios, margin=0.07):
    """Make the x axis logarithmic with round numbers, and draw a line at 1."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = min(0.8, min(ratios)), max(1.6, max(ratios))
    axes.set_xscale("log")
    room = (high / low) ** margin  # room for the numbers beside the bars
    axes.set_xlim(low / room, high * room)
    axes.axvline(1, color="black", linewidth=1)
    axes.xaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 50, 100, 200]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)


def steps(record):
    """Draw the training steps: speed ratios on the left, memory on the right."""
    rows = record["steps"]
    figure, (left, right) = canvas(480, ncols=2)
    names = [row["name"] for row in rows]
    every = [targets.STEPS[name] for name in names]
    for (of, label), colour, shift in zip(CONTESTANTS.items(), COLOURS, (-0.2, 0.2), strict=False):
        ratios = {place: row["ratios"][of] for place, row in enumerate(rows) if of in row["ratios"]}
        every += ratios.values()
        times_bars(left, [p + shift for p in ratios], ratios.values(), 0.36, color=colour, label=label)
    for place_of, name in enumerate(names):
        left.plot([targets.STEPS[name]] * 2, [place_of - 0.38, place_of - 0.02], color="black", linewidth=2)
    left.plot([], [], color="black", linewidth=2, label="target, eager")
    times_axis(left, every, margin=0.11)
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.set_xlabel("times as fast as PyTorch (logarithmic)")
    left.set_title("Training steps", loc="left")
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False)
    memory_rows = {row["name"]: row for row in record.get("memory", ())}
    names = [name for name in names if name in memory_rows]
    if not names:
        right.set_axis_off()
        return figure
    peaks = {lib: [memory_rows[name][lib]["peak"] for name in names] for lib in ("rot180", "PyTorch")}
    grouped(right, names, peaks, "{:.0f}")
    right.set_xlabel("MiB")
    right.set_title("Peak resident memory", loc="left")
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
    return figure


def grouped(axes, names, series, form):
    """Draw horizontal bars from 0 with their numbers, one group per name from the top."""
    height = 0.8 / len(series)
    for i, ((label, values), colour) in enumerate(zip(series.items(), COLOURS, strict=False)):
        places = [row + (i - (len(series) - 1) / 2) * height for row in range(len(names))]
        bars = axes.barh(places, values, height * 0.9, color=colour, label=label)
        axes.bar_label(bars, [form.format(value) for value in values], padding=3, fontsize=8, bbox=PLAIN)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)


def growth(record):
    """Draw a panel per growing size: the measured times, and a line of slope 1 through the largest size."""
    titles = list(dict.fromkeys(row["grows"] for row in record["growth"]))
    figure, panels = canvas(560, ncols=len(titles), squeeze=False, sharey=True)
    for axes, title in zip(panels[0], titles, strict=True):
        rows = [row for row in record["growth"] if row["grows"] == title]
        for row, colour in zip(rows, COLOURS, strict=False):
            x, y = row["multiply_adds"], [1e3 * seconds for seconds in row["seconds"]]
            axes.plot(x, [y[-1] * value / x[-1] for value in x], "--", color=colour, linewidth=1, alpha=0.7)
            axes.plot(x, y, "o", color=colour, markersize=5, label=f"{row['kind']}: slope {row['slope']:.2f}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        sizes = rows[0]["sizes"]
        axes.set_title(f"{title}: {sizes[0]}, {sizes[1]} … {sizes[-1]}", loc="left")
        axes.set_xlabel("multiply-adds, forward and backward")
        axes.grid(color="#dddddd", linewidth=0.8)
        axes.legend(loc="upper left", fontsize=8)
    low, high = panels[0][0].get_ylim()
    panels[0][0].set_ylim(low, high * 6)  # room for the legends
    panels[0][0].set_ylabel("milliseconds")
    figure.suptitle(
        "Time against work, otherwise 16 images, 64 channels, 32x32; dashed: slope 1", fontsize=11, x=0.01, ha="left"
    )
    return figure


def threads(record):
    """Draw the speed-ups over one thread."""
    rows = record["threads"]
    numbers = list(rows[0]["ratios"])
    figure, axes = canvas(130 + len(rows) * (22 + 12 * len(numbers)))
    grouped(
        axes,
        [row["name"] for row in rows],
        {f"{n} threads": [row["ratios"][n] for row in rows] for n in numbers},
        "{:.2f}",
    )
    axes.axvline(1, color="black", linewidth=1)
    axes.axvline(targets.TWO_THREADS, color="black", linewidth=1, linestyle="--")
    axes.set_xlabel(f"times as fast as on one thread (dashed: {targets.TWO_THREADS}, the target of two threads)")
    axes.set_title("Large layers, forward and backward, on more threads", loc="left")
    if len(numbers) > 1:
        axes.legend(loc="lower right")
    return figure


DRAWN = {"layers": layers, "steps": steps, "growth": growth, "threads": threads}
