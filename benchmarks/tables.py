"""Write a record as Markdown: the page, and the table for the README."""

from statistics import geometric_mean

from . import targets
from .environment import busy_warning, place, stem

GROUPS = ("ResNet-50", "VGG-16", "MobileNetV2", "DCGAN")
MANY = "13 of many kinds"


def table(head, rows):
    """A Markdown table; floats get two decimals."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(value):
    """The text of a cell; None becomes a dash."""
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def ms(values):
    """Milliseconds forward / backward."""
    return " / ".join(f"{value:.3g}" if value < 100 else f"{value:.0f}" for value in values)


def group_of(name):
    """The network that contains a layer."""
    return next((group for group in GROUPS if name.startswith(group + " ")), MANY)


# ---- the page ----


def page(record, pictures):
    """The whole page; `pictures` are the names of the image files beside it."""
    about = record["about"]
    parts = [f"# Measured on {about['date']}, {about['processor']}\n", head(about)]
    parts += filter(None, [busy_warning(about)])
    if record["failed"]:
        parts.append(f"**These measurements failed and are missing below**: {'; '.join(record['failed'])}.\n")
    for name, title, show in SECTIONS:
        if record.get(name):
            parts += [f"## {title}\n", show(record[name])]
            parts += [f"![{title}]({file})\n" for file in pictures if file.endswith(f"-{name}.png")]
    return "\n".join(parts)


def head(about):
    """The machine, the versions and the method."""
    isa = f" on {about['isa']}" if about["isa"] else ""
    load = " to ".join("?" if n is None else f"{n:.2f}" for n in (about["load"], about.get("load_at_the_end")))
    rows = [
        ["machine", f"{place(about)}, {about['system']}"],
        ["load average", f"{load}, from start to end, including this run"],
        ["rot180", f"{about['rot180']}, engine {about['engine']}{isa}"],
        ["others", f"PyTorch {about['PyTorch']}, NumPy {about['NumPy']}, Python {about['Python']}"],
        ["command", f"`{about['command']}`"],
    ]
    return table(["", ""], rows) + (
        f"\nfloat32, NCHW. In one process the contestants take turns of {about['seconds']:g} seconds or one call, "
        f"in {about['rounds']} rounds; every second round has the opposite order. Times are medians over the rounds. A "
        "ratio is the median of the ratios of the rounds. If it is above 1, rot180 is faster.\n"
    )


def layers(rows):
    """The means by network, then every layer."""
    lines = [
        [
            row["name"], ms(row["ms"]["rot180"]), ms(row["ms"]["PyTorch"]), *row["ratios"],
            " / ".join(f"{row['errors'][name]:.1e}" for name in ("rot180", "PyTorch")), algorithms(row),
        ]
        for row in rows
    ]  # fmt: skip
    names = ["layer", "rot180, ms", "PyTorch, ms", "forward", "backward", "both", "errors", "algorithms"]
    return (
        "Forward and backward (input, weight, bias). An error is the largest difference from float64, divided by the "
        "standard deviation: rot180 / PyTorch. The last column names the algorithms of the forward, the input gradient "
        "and the weight gradient.\n\n" + means(rows) + "\n" + table(names, lines)
    )


def algorithms(row):
    """The names of the algorithms; one name if all three agree."""
    names = row["algorithms"]
    return names[0] if len(set(names)) == 1 else ", ".join(names)


def means(rows):
    """The geometric means and the minimum, by network."""
    groups = [[group, [row for row in rows if group_of(row["name"]) == group]] for group in (MANY, *GROUPS)]
    lines = [line(group, members) for group, members in groups if members]
    if len(lines) > 1:
        lines.append(line("**all**", rows))
    return table(
        [
            *("layers", "number", "forward", "backward"),
            f"both (target: {targets.LAYERS})",
            f"lowest (target: {targets.LOWEST})",
        ],
        lines,
    )


def line(title, rows):
    """A row of `means`."""
    forward, backward, both = zip(*(row["ratios"] for row in rows), strict=True)
    return [title, len(rows), *map(geometric_mean, (forward, backward, both)), min(both)]


def steps(rows):
    """Times and ratios of training steps."""
    return table(
        ["step", "rot180, ms", "PyTorch eager, ms", "times as fast", "target", "compiled, ms", "times as fast"],
        [
            [
                row["name"], *(row["ms"][name] for name in ("rot180", "PyTorch")), row["ratios"]["PyTorch"],
                targets.STEPS[row["name"]], row["ms"].get("compiled"), row["ratios"].get("compiled"),
            ]
            for row in rows
        ],
    )  # fmt: skip


def memory(rows):
    """Peak memory of training steps."""
    return (
        "Peak resident memory in MiB during 20 steps, each library in its own process; in brackets, the memory after "
        "the imports.\n\n"
        + table(
            ["step", "rot180", "PyTorch, eager", "ratio (target: at most 1)"],
            [
                [
                    row["name"],
                    *(peak_and_imported(row[name]) for name in ("rot180", "PyTorch")),
                    row["rot180"]["peak"] / row["PyTorch"]["peak"],
                ]
                for row in rows
            ],
        )
    )


def peak_and_imported(sizes):
    """The peak, and in brackets the memory after the imports."""
    return f"{sizes['peak']:.0f} ({sizes['imported']:.0f})"


def growth(rows):
    """The slopes of the growth."""
    return (
        "Time of forward and backward against multiply-adds, both as logarithms. A slope of 1 is linear; below 1, "
        "larger layers are relatively faster.\n\n"
        + table(
            ["layer", "grows", "from, ms", "to, ms", "slope"],
            [
                [
                    row["kind"], f"{row['grows']}, {row['sizes'][0]} to {row['sizes'][-1]}",
                    row["seconds"][0] * 1e3, row["seconds"][-1] * 1e3, row["slope"],
                ]
                for row in rows
            ],
        )
    )  # fmt: skip


def threads(rows):
    """The speed-ups over one thread."""
    numbers = list(rows[0]["ratios"])
    notes = {"2": f" (target: {targets.TWO_THREADS})"}
    head = ["large layer", "1 thread, ms", *(f"{n} threads, times as fast{notes.get(n, '')}" for n in numbers)]
    return table(head, [[row["name"], row["ms"]["1"], *(row["ratios"][n] for n in numbers)] for row in rows])


def footprint(rows):
    """The sizes and times of the overhead."""
    lines = []
    by_name = {row["name"]: row for row in rows}
    if wheel := by_name.get("wheel"):
        lines.append([f"wheel `{wheel['file']}`", f"{wheel['MB']:.2f} MB", f"{targets.WHEEL:g} MB"])
    if imports := by_name.get("imports"):
        numpy = imports["ms"]["import numpy"]
        for statement, took in imports["ms"].items():
            limit = f"{targets.IMPORT} times" if statement == "import rot180" else None
            lines.append([f"`{statement}`", f"{took:.1f} ms, {took / numpy:.2f} times numpy's", limit])
        if "extension_ms" in imports:
            lines.append(["`import rot180._native`", f"{imports['extension_ms']:.2f} ms", f"{targets.EXTENSION:g} ms"])
    for name, us in by_name.get("call", {}).get("us", {}).items():
        limit = f"{targets.CALL:g} us" if name == "the binding" else None
        lines.append([f"a 2x2 kernel on a 3x3 image: {name}", f"{us:.2f} us", limit])
    return table(["", "measured", "target: at most"], lines)


def tape(rows):
    """The times of the toy step, implemented in several ways."""
    lines = [[name, f"{us:.1f}", rows[0]["ratios"][name]] for name, us in rows[0]["us"].items()]
    return table(["toy step, one thread", "microseconds", "times as fast as PyTorch"], lines)


def numpy(rows):
    """The numpy engine against im2col."""
    lines = [[row["name"], ms(row["ms"]["engine"]), ms(row["ms"]["im2col"]), *row["ratios"]] for row in rows]
    both = [row["ratios"][2] for row in rows]
    return table(["layer", "engine, ms", "im2col, ms", "forward", "backward", "both"], lines) + (
        f"\nGeometric mean {geometric_mean(both):.2f}, lowest {min(both):.2f} (target: {targets.NUMPY:g}).\n"
    )


SECTIONS = [
    ("layers", "Layers against PyTorch", layers),
    ("steps", "Training steps against PyTorch", steps),
    ("memory", "Memory of the training steps", memory),
    ("growth", "Linear growth", growth),
    ("threads", "Threads", threads),
    ("footprint", "Footprint", footprint),
    ("tape", "Overhead of the tape", tape),
    ("numpy", "The numpy engine against a whole-batch im2col", numpy),
]


# ---- the README ----


def readme(record):
    """The table of the README: the steps with their memory, and the means of the layers."""
    about = record["about"]
    memory_rows = {row["name"]: row for row in record.get("memory", ())}
    more = f"; [every layer](benchmarks/results/{stem(about)}.md)" if about["whole"] else ""
    parts = [
        f"{place(about)}, {about['date']}; PyTorch {about['PyTorch']}. Above 1, rot180 is faster{more}.\n",
        *filter(None, [busy_warning(about)]),
    ]
    if record.get("steps"):
        lines = [
            [
                row["name"], row["ms"]["rot180"], row["ratios"]["PyTorch"], targets.STEPS[row["name"]],
                row["ratios"].get("compiled"), peaks(memory_rows.get(row["name"])),
            ]
            for row in record["steps"]
        ]  # fmt: skip
        head = [
            "training step",
            "ms",
            "times PyTorch, eager",
            "target",
            "times torch.compile",
            "peak MiB, rot180 / PyTorch",
        ]
        parts.append(table(head, lines))
    if record.get("layers"):
        parts.append(means(record["layers"]))
    return "\n".join(parts)


def peaks(row):
    """The peaks of both libraries."""
    return None if row is None else f"{row['rot180']['peak']:.0f} / {row['PyTorch']['peak']:.0f}"
