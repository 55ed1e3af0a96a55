"""What the contest found, as Markdown: the page, and the table of the README."""

from collections import Counter

from benchmarks.tables import table

from .contest import PEERS

SHOWN = 6  # of false alarms
METHOD = """\
The gallery holds implementations in the styles that people write them in: loops, im2col, strides, einsum, SciPy. The
wrong ones have the mistakes that rot180 knows, and its tests demand that it names them all: its own figures are a
promise kept, not an estimate for mistakes that nobody has thought of.

Every checker gets the same cases: those that `check.layer` makes for an implementation, {cases} in all: all sizes
distinct, stride, padding, dilation and groups varied as far as the code can be told them, stride 2 and a size that it
does not tile among them. rot180 draws small integers; for the others the arrays are standard normal. Labels are the
same for all. One that objects on any case has caught the mistake, or given a false alarm; an exception counts too,
such as of a shape that does not fit. The code is called on the checker's own arrays, without copies, as a wrapper
would.

- rot180: `check.layer` with what an author tells it: the operation, the layout.
- torch: `torch.autograd.gradcheck` with its defaults (eps 1e-6, atol 1e-5, rtol 1e-3) around an `autograd.Function`
  that goes over to NumPy and back. Slow mode compares the whole Jacobian, fast mode a random projection of it.
- jax: `jax.test_util.check_grads`, order 1, `modes=["rev"]`, with the default tolerances, x64, around a `custom_vjp`
  of two `pure_callback`s. Callbacks get arrays that cannot be written to, so what changes its arguments raises. The
  forward runs again in the backward, as a callback may keep nothing.
- CS231n: `eval_numerical_gradient_array` of the assignments (h 1e-5, random dy) and the largest of
  `|a - b| / max(1e-8, |a| + |b|)`, against 1e-7. The notebooks themselves expect less, errors "around 1e-8" or
  "around 1e-9".

None but rot180 knows what a layer should compute. Where a forward is wrong and the backward is its gradient, that is
not their question: those are counted apart. (The forward alone is accused by rot180, and differences with a dy of the
result's shape agree with the backward to 1e-4.) The other way round, rot180 alone asks for the operation's name.
Names are rot180's alone: the others say where numbers differ.

The float64 table leaves out what computes in float32 inside: {low}."""

REASONS = """\
Why they pass. PyTorch sums a gradient that has axes too many to the shape of its argument, so that within PyTorch a db
that is not summed comes out right. gradcheck's dy is a single 1 among zeros, or in fast mode a vector of length 1: a
clip at 10 never bites there, nor does a cut to integers in slow mode. A dy that is changed in place is the checker's
own and not used again. A backward that adds to what it gave before is right when it is called once. Random numbers do
not tie in a maximum; rot180 makes them. The relative error of CS231n is that of the worst cell, and where a gradient
is small beside the result, the rounding of the differences alone may be more than 1e-7 of it.
"""

SINGLE = """\
The same gallery, each function made to compute in float32: what it takes and what it returns is narrowed. The others
get float32 arrays (gradcheck warns of that; jax has other tolerances for it). Without the implementations that change
their arguments in place: here they would change copies. Who accuses every right one proves nothing by accusing the
wrong ones."""


def page(about, double, narrow):
    """The whole page; `narrow` may be None."""
    low = [s.name for s, tried in zip(double.subjects, double.tried, strict=True) if tried.low]
    cases = sum(len(tried.problems) for tried in double.tried)
    parts = [
        f"# Gradient checkers on the gallery, {about['date']}\n",
        table(["", ""], [[key, value] for key, value in about.items() if key != "date"]),
        METHOD.format(cases=cases, low=", ".join(low) or "nothing") + "\n",
        "## In float64\n",
        totals(double),
        "## By mistake\n\nCaught, of the wrong backwards by their first mistake, and below of the wrong forwards.\n",
        by_slug(double),
        "## What each passed, and what it accused falsely\n",
        lists(double),
        REASONS,
    ]
    if narrow:
        parts += ["## In float32\n", SINGLE + "\n", totals(narrow), lists(narrow)]
    return "\n".join(parts)


def totals(result):
    """One row for each checker."""
    wrong, forward, right = result.wrong, result.forward_alone, result.right
    head = [
        "checker", f"caught, of {len(wrong)} wrong backwards", "on the first case alone", "named",
        f"false alarms, of {len(right)} right ones", "seconds in all",
        f"apart: objects to, of {len(forward)} wrong forwards",
    ]  # fmt: skip
    rows = []
    for name in ("rot180", *PEERS):
        if name not in result.verdicts:
            rows.append([name, "not installed", *[None] * 5])
            continue
        of = result.verdicts[name]
        first = None if name == "rot180" else sum(of[i].at == 0 for i in wrong)
        rows.append(
            [
                name, count(of, wrong), first, named(result, name), count(of, right),
                f"{sum(of[i].seconds for i in (*wrong, *forward, *right)):.0f}", count(of, forward),
            ]
        )  # fmt: skip
    return table(head, rows)


def count(verdicts, numbers):
    """How many of these got an alarm."""
    return sum(bool(verdicts[i].alarm) for i in numbers)


def named(result, name):
    """Of the wrong backwards: those whose first mistake was said first."""
    return sum(f[:1] == s.slugs[:1] for f, s in ((said(result, name, i), result.subjects[i]) for i in result.wrong))


def said(result, name, number):
    """The slugs that a checker named, in order."""
    return tuple(slug for slug, _ in result.verdicts[name][number].found)


def by_slug(result):
    """One row for each mistake."""
    names = [name for name in ("rot180", *PEERS) if name in result.verdicts]
    rows = []
    for what, numbers in (("", result.wrong), (" (forward alone)", result.forward_alone)):
        sizes = Counter(result.subjects[i].slugs[0] for i in numbers)
        for slug in sorted(sizes):
            of = [i for i in numbers if result.subjects[i].slugs[0] == slug]
            rows.append([f"`{slug}`{what}", sizes[slug], *(count(result.verdicts[name], of) for name in names)])
    return table(["mistake", "number", *names], rows)


def lists(result):
    """By name: what was passed though it is wrong, and what was accused though it is right, with what was said."""
    lines = []
    for name, of in result.verdicts.items():
        subjects = result.subjects
        missed = [f"{subjects[i].name} (`{subjects[i].slugs[0]}`)" for i in result.wrong if not of[i].alarm]
        false = [f"{subjects[i].name} ({of[i].alarm})" for i in result.right if of[i].alarm]
        if missed:
            lines.append(f"- {name} passes: {', '.join(missed)}.")
        if false:
            more = f", and {len(false) - SHOWN} more" if len(false) > SHOWN else ""
            lines.append(f"- {name} accuses: {', '.join(false[:SHOWN])}{more}.")
    return "\n".join(lines or ["Nothing."]) + "\n"


def readme(about, double, narrow, link):
    """Caught, named and accused falsely."""
    rows = []
    for name, of in double.verdicts.items():
        wrong, right = count(of, double.wrong), count(of, double.right)
        rows.append([name, wrong, named(double, name), right, count(of, double.forward_alone)])
    head = [
        "checker, float64", f"caught, of {len(double.wrong)} wrong backwards", "named",
        f"false alarms, of {len(double.right)}", f"objects to, of {len(double.forward_alone)} wrong forwards",
    ]  # fmt: skip
    return (
        "On the project's own gallery of mistakes, all of which rot180 knows; a wrong forward with a backward to match "
        f"is no question for the others. {about['date']}, {about['others']}; [how, and by mistake]({link}).\n\n"
        + table(head, rows)
        + (in_float32(narrow) if narrow else "")
    )


def in_float32(narrow):
    """The false alarms, in a sentence."""
    alarms = "; ".join(f"{name}: {count(of, narrow.right)}" for name, of in narrow.verdicts.items())
    return f"\nWhere the same code computes in float32, false alarms of {len(narrow.right)}: {alarms}.\n"
