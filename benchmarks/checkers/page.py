"""The results of the comparison as Markdown: the page, and the table of the README."""

from collections import Counter
from statistics import median

from benchmarks.tables import table

from .contest import PEERS
from .subjects import NO_NAME

MAX_SHOWN = 6  # false alarms
METHOD = """\
The gallery holds implementations in many styles: loops, im2col, strides, einsum, SciPy. The wrong ones contain the
mistakes that rot180 knows, and its tests require that it names all of them. So its own figures show that it keeps this
promise; they do not estimate how it handles other mistakes.

Every checker gets the same cases: those that `check.layer` makes for an implementation, {cases} in all. All sizes
differ, and stride, padding, dilation and groups are varied as far as they can be passed to the code; some cases have
stride 2 and a size that it does not tile. rot180 draws small integers; the others get standard normal numbers. Labels
are the same for all. A checker that objects to any case has caught the mistake, or raised a false alarm. An exception
counts as well, for example because of an unsuitable shape. The code is called on the checker's own arrays, without
copies, as a wrapper would do.

- rot180: `check.layer` with the arguments that an author passes: the operation and the layout.
- torch: `torch.autograd.gradcheck` with its defaults (eps 1e-6, atol 1e-5, rtol 1e-3) around an `autograd.Function`
  that converts to NumPy and back. Slow mode compares the whole Jacobian, fast mode a random projection of it.
- jax: `jax.test_util.check_grads`, order 1, `modes=["rev"]`, with the default tolerances, x64, around a `custom_vjp`
  of two `pure_callback`s. Callbacks get read-only arrays, so code that changes its arguments raises an error. The
  forward runs again in the backward, because a callback cannot keep state.
- CS231n: `eval_numerical_gradient_array` of the assignments (h 1e-5, random dy) and the largest of
  `|a - b| / max(1e-8, |a| + |b|)`, compared with 1e-7. The notebooks themselves expect smaller errors, "around 1e-8"
  or "around 1e-9".

Only rot180 knows what a layer should compute, and only rot180 needs the name of the operation. If a forward is wrong
and the backward is its gradient, the other checkers cannot object, so these implementations are counted separately.
(For them, rot180 objects only to the forward, and the backward agrees with differences to 1e-4.) Only rot180 names
mistakes; the others say where numbers differ.

The float64 table does not contain implementations that compute in float32 inside: {low}."""

REASONS = """\
The other checkers miss these mistakes for the following reasons. PyTorch sums a gradient with too many axes to the
shape of its argument, so a db that is not summed is right within PyTorch. The dy of gradcheck is a single 1 among
zeros, or in fast mode a vector of length 1: a clip at 10 has no effect on it, nor has truncation to integers in slow
mode. A dy that is changed in place belongs to the checker and is not used again. A backward that accumulates its
gradients is right if it is called once. Random numbers have no ties in a maximum; rot180 creates ties. The relative
error of CS231n is that of the worst cell; if a gradient is small compared with the result, the rounding of the
differences alone can exceed 1e-7 of it.
"""

SINGLE = """\
The same gallery with every function converted to float32: its arguments and results are narrowed. The other checkers
get float32 arrays (gradcheck warns about this; jax has other tolerances for it). Implementations that change their
arguments in place are left out, because here they would change copies. If a checker objects to every right
implementation, its objections to the wrong ones prove nothing."""


CLASSES = """\
A second gallery holds layers as people publish them: classes and factories in {styles} styles. They were written before
their author had read the checker, and compared with PyTorch. The checker has since been developed until it handles
them, so its own figures do not estimate how it handles other classes. rot180 gets the class and the name of the
operation, and for {told} of {number} layers settings that the class fixes. The other checkers have no notion of a
class. They get two functions, forward and backward, of {lines} lines for most layers (the median; up to {most}), which
make a layer, set its weights, and put arrays and gradients into one layout. A mistake that shows only if a layer is
called twice cannot be seen through these functions.

A layer that rot180 cannot call counts as a false alarm if it is right, and as missed if it is wrong. Mistakes that are
not in the list of known ones (`{no_name}`) can be caught, but not named."""


def page(about, results):
    """The whole page."""
    double, narrow = results.double, results.narrow
    low = [s.name for s, tried in zip(double.subjects, double.tried, strict=True) if tried.low]
    cases = sum(len(tried.problems) for tried in double.tried)
    parts = [
        f"# Gradient checkers on the gallery, {about['date']}\n",
        table(["", ""], [[key, value] for key, value in about.items() if key != "date"]),
        METHOD.format(cases=cases, low=", ".join(low) or "nothing") + "\n",
        "## In float64\n",
        totals(double),
        "## By mistake\n\nCaught wrong backwards by their first mistake, then wrong forwards.\n",
        by_slug(double),
        "## Missed mistakes and false alarms\n",
        lists(double),
        REASONS,
    ]
    if results.classes.subjects:
        parts += ["## Layers as classes\n", about_classes(results.classes) + "\n", *tables(results.classes)]
    if narrow:
        parts += ["## In float32\n", SINGLE + "\n", totals(narrow), lists(narrow)]
    return "\n".join(parts)


def about_classes(result):
    """The introduction to the gallery of classes."""
    of = result.subjects
    lines = [subject.lines for subject in of]
    return CLASSES.format(
        styles=len({subject.name.partition(".")[0] for subject in of}), number=len(of), lines=round(median(lines)),
        most=max(lines), told=sum(bool(subject.options) for subject in of), no_name=NO_NAME,
    )  # fmt: skip


def tables(result):
    """The totals, the table by mistake, and the lists of a gallery."""
    return [
        totals(result),
        "### By mistake\n",
        by_slug(result),
        "### Missed mistakes and false alarms\n",
        lists(result),
    ]


def totals(result):
    """One row for each checker."""
    wrong, forward, right = result.wrong, result.forward_alone, result.right
    head = [
        "checker", f"caught, of {len(wrong)} wrong backwards", "on the first case alone", "named",
        f"false alarms, of {len(right)} right ones", "total seconds",
        f"separately: objections to {len(forward)} wrong forwards",
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
    """The number of subjects with an alarm."""
    return sum(bool(verdicts[i].alarm) for i in numbers)


def named(result, name):
    """The number of wrong backwards whose first mistake was named first."""
    return sum(
        f[:1] == s.slugs[:1] for f, s in ((named_slugs(result, name, i), result.subjects[i]) for i in result.wrong)
    )


def named_slugs(result, name, number):
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
    """The names of wrong subjects that passed and right subjects with an alarm, with the alarm."""
    lines = []
    for name, of in result.verdicts.items():
        subjects = result.subjects
        missed = [f"{subjects[i].name} (`{subjects[i].slugs[0]}`)" for i in result.wrong if not of[i].alarm]
        false = [f"{subjects[i].name} ({of[i].alarm})" for i in result.right if of[i].alarm]
        if missed:
            lines.append(f"- {name} misses: {', '.join(missed)}.")
        if false:
            more = f", and {len(false) - MAX_SHOWN} more" if len(false) > MAX_SHOWN else ""
            lines.append(f"- {name} has false alarms on: {', '.join(false[:MAX_SHOWN])}{more}.")
    return "\n".join(lines or ["None."]) + "\n"


def readme(about, results, link):
    """The tables for the README: caught, named, false alarms."""
    parts = [
        "Measured on the project's own gallery of mistakes, all of which rot180 knows. The other checkers accept a "
        f"wrong forward if the backward matches it. {about['date']}, {about['others']}; "
        f"[method and details]({link}).\n\n" + short_table("checker, float64", results.double)
    ]
    if results.narrow:
        parts.append(in_float32(results.narrow))
    if results.classes.subjects:
        lines = round(median(subject.lines for subject in results.classes.subjects))
        parts.append(
            "\nThe same for layers written as classes, on which the handling of classes was developed. rot180 takes "
            f"the class; the others need about {lines} lines around it.\n\n"
            + short_table("checker, classes", results.classes)
        )
    return "".join(parts)


def short_table(title, result):
    """One row for each checker: caught, named, false alarms."""
    rows = []
    for name, of in result.verdicts.items():
        wrong, right = count(of, result.wrong), count(of, result.right)
        rows.append([name, wrong, named(result, name), right, count(of, result.forward_alone)])
    head = [
        title, f"caught, of {len(result.wrong)} wrong backwards", "named", f"false alarms, of {len(result.right)}",
        f"objections to {len(result.forward_alone)} wrong forwards",
    ]  # fmt: skip
    return table(head, rows)


def in_float32(narrow):
    """The false alarms in float32, in a sentence."""
    alarms = "; ".join(f"{name}: {count(of, narrow.right)}" for name, of in narrow.verdicts.items())
    return f"\nFalse alarms on the {len(narrow.right)} correct implementations if they compute in float32: {alarms}.\n"
