"""The figures of a record as Markdown: the page beside the pictures, and the table of the README."""

from statistics import geometric_mean

from . import asked
from .about import busy, place, stem

GROUPS = ("ResNet-50", "VGG-16", "MobileNetV2", "DCGAN")
MANY = "13 of many kinds"


def table(head, rows):
    """A Markdown table; cells are text or numbers with two digits after the point."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(value):
    """None is a dash."""
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def ms(values):
    """Milliseconds forward / backward."""
    return " / ".join(f"{value:.3g}" if value < 100 else f"{value:.0f}" for value in values)


def group_of(name):
    """The network that a layer is from."""
    return next((group for group in GROUPS if name.startswith(group + " ")), MANY)


# ---- the page ----


def page(record, pictures):
    """The whole page; `pictures` are the names of the files beside it."""
    about = record["about"]
    parts = [f"# Measured on {about['date']}, {about['processor']}\n", head(about), *filter(None, [busy(about)])]
    if record["failed"]:
        parts.append(f"**Failed, and so not below**: {'; '.join(record['failed'])}.\n")
    for name, title, show in SECTIONS:
        if record.get(name):
            parts += [f"## {title}\n", show(record[name])]
            parts += [f"![{title}]({file})\n" for file in pictures if file.endswith(f"-{name}.png")]
    return "\n".join(parts)


def head(about):
    """The circumstances, and how it was measured."""
    isa = f" on {about['isa']}" if about["isa"] else ""
    load = " to ".join("?" if n is None else f"{n:.2f}" for n in (about["load"], about.get("load_at_the_end")))
    rows = [
        ["machine", f"{place(about)}, {about['system']}"],
        ["load average", f"{load}, from start to end, this run's own included"],
        ["rot180", f"{about['rot180']}, engine {about['engine']}{isa}"],
        ["others", f"PyTorch {about['PyTorch']}, NumPy {about['NumPy']}, Python {about['Python']}"],
        ["command", f"`{about['command']}`"],
    ]
    return table(["", ""], rows) + (
        f"\nfloat32, NCHW. In one process the contestants take turns of {about['seconds']:g} seconds or one call, "
        f"{about['rounds']} rounds, every other one in the opposite order. Times are medians over the rounds; a ratio "
        "is the median of the rounds' ratios, above 1 where rot180 is the faster.\n"
    )


def layers(rows):
    """Means by network, then every layer."""
    each = [
        [
            row["name"], ms(row["ms"]["rot180"]), ms(row["ms"]["PyTorch"]), *row["ratios"],
            " / ".join(f"{row['errors'][name]:.1e}" for name in ("rot180", "PyTorch")), algorithms(row),
        ]
        for row in rows
    ]  # fmt: skip
    names = ["layer", "rot180, ms", "PyTorch, ms", "forward", "backward", "both", "errors", "algorithms"]
    return (
        "Forward and backward (input, weight, bias). Errors are the largest deviations from float64 over the standard "
        "deviation, rot180's / PyTorch's; algorithms compute the forward, the gradient of the input, that of the "
        "weight.\n\n" + means(rows) + "\n" + table(names, each)
    )


def algorithms(row):
    """One name where all three agree."""
    names = row["algorithms"]
    return names[0] if len(set(names)) == 1 else ", ".join(names)


def means(rows):
    """Geometric means, and the lowest, by network."""
    groups = [[group, [row for row in rows if group_of(row["name"]) == group]] for group in (MANY, *GROUPS)]
    lines = [line(group, of) for group, of in groups if of]
    if len(lines) > 1:
        lines.append(line("**all**", rows))
    return table(
        ["layers", "number", "forward", "backward", f"both (asked: {asked.LAYERS})", f"lowest (asked: {asked.LOWEST})"],
        lines,
    )


def line(title, rows):
    """A row of `means`."""
    forward, backward, both = zip(*(row["ratios"] for row in rows), strict=True)
    return [title, len(rows), *map(geometric_mean, (forward, backward, both)), min(both)]


def steps(rows):
    """Times and ratios."""
    return table(
        ["step", "rot180, ms", "PyTorch eager, ms", "times as fast", "asked", "compiled, ms", "times as fast"],
        [
            [
                row["name"], *(row["ms"][name] for name in ("rot180", "PyTorch")), row["ratios"]["PyTorch"],
                asked.STEPS[row["name"]], row["ms"].get("compiled"), row["ratios"].get("compiled"),
            ]
            for row in rows
        ],
    )  # fmt: skip


def memory(rows):
    """MiB."""
    return (
        "Most resident memory, MiB, each in a process of its own, 20 steps; in brackets after the imports.\n\n"
        + table(
            ["step", "rot180", "PyTorch, eager", "share (asked: at most 1)"],
            [
                [
                    row["name"],
                    *(held(row[name]) for name in ("rot180", "PyTorch")),
                    row["rot180"]["peak"] / row["PyTorch"]["peak"],
                ]
                for row in rows
            ],
        )
    )


def held(found):
    """Peak, and after the imports."""
    return f"{found['peak']:.0f} ({found['imported']:.0f})"


def growth(rows):
    """Slopes."""
    return (
        "Forward and backward over multiply-adds, in logarithms: 1 is linear; below 1 the larger are relatively "
        "faster.\n\n"
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
    """Over one thread."""
    numbers = list(rows[0]["ratios"])
    asks = {"2": f" (asked: {asked.TWO_THREADS})"}
    head = ["large layer", "1 thread, ms", *(f"{n} threads, times as fast{asks.get(n, '')}" for n in numbers)]
    return table(head, [[row["name"], row["ms"]["1"], *(row["ratios"][n] for n in numbers)] for row in rows])


def footprint(rows):
    """What it costs before it computes."""
    lines = []
    found = {row["name"]: row for row in rows}
    if wheel := found.get("wheel"):
        lines.append([f"wheel `{wheel['file']}`", f"{wheel['MB']:.2f} MB", f"{asked.WHEEL:g} MB"])
    if imports := found.get("imports"):
        numpy = imports["ms"]["import numpy"]
        for statement, took in imports["ms"].items():
            limit = f"{asked.IMPORT} times" if statement == "import rot180" else None
            lines.append([f"`{statement}`", f"{took:.1f} ms, {took / numpy:.2f} times numpy's", limit])
        if "extension_ms" in imports:
            lines.append(["the extension alone", f"{imports['extension_ms']:.2f} ms", f"{asked.EXTENSION:g} ms"])
    for name, us in found.get("call", {}).get("us", {}).items():
        limit = f"{asked.CALL:g} us" if name == "the binding" else None
        lines.append([f"a 2x2 kernel on a 3x3 image: {name}", f"{us:.2f} us", limit])
    return table(["", "measured", "asked: at most"], lines)


def tape(rows):
    """The toy step in several ways."""
    lines = [[name, f"{us:.1f}", rows[0]["ratios"][name]] for name, us in rows[0]["us"].items()]
    return table(["toy step, one thread", "microseconds", "times as fast as PyTorch"], lines)


def numpy(rows):
    """The engine without a compiler."""
    lines = [[row["name"], ms(row["ms"]["engine"]), ms(row["ms"]["im2col"]), *row["ratios"]] for row in rows]
    both = [row["ratios"][2] for row in rows]
    return table(["layer", "engine, ms", "im2col, ms", "forward", "backward", "both"], lines) + (
        f"\nGeometric mean {geometric_mean(both):.2f}, lowest {min(both):.2f} (asked: {asked.NUMPY:g}).\n"
    )


SECTIONS = [
    ("layers", "Layers against PyTorch", layers),
    ("steps", "Training steps against PyTorch", steps),
    ("memory", "Memory of the training steps", memory),
    ("growth", "Linear growth", growth),
    ("threads", "Threads", threads),
    ("footprint", "Footprint", footprint),
    ("tape", "What a tape costs", tape),
    ("numpy", "The numpy engine against a whole-batch im2col", numpy),
]


# ---- the README ----


def readme(record):
    """What the README shows: the steps with their memory, and the means of the layers."""
    about = record["about"]
    kept = {row["name"]: row for row in record.get("memory", ())}
    more = f"; [every layer](benchmarks/results/{stem(about)}.md)" if about["whole"] else ""
    parts = [
        f"{place(about)}, {about['date']}; PyTorch {about['PyTorch']}. Above 1, rot180 is the faster{more}.\n",
        *filter(None, [busy(about)]),
    ]
    if record.get("steps"):
        lines = [
            [
                row["name"], row["ms"]["rot180"], row["ratios"]["PyTorch"], asked.STEPS[row["name"]],
                row["ratios"].get("compiled"), peaks(kept.get(row["name"])),
            ]
            for row in record["steps"]
        ]  # fmt: skip
        head = [
            "training step",
            "ms",
            "times PyTorch, eager",
            "aim",
            "times torch.compile",
            "peak MiB, rot180 / PyTorch",
        ]
        parts.append(table(head, lines))
    if record.get("layers"):
        parts.append(means(record["layers"]).replace("asked", "aim"))
    return "\n".join(parts)


def peaks(row):
    """Of both."""
    return None if row is None else f"{row['rot180']['peak']:.0f} / {row['PyTorch']['peak']:.0f}"
