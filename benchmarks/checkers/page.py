"""The results of the comparison as Markdown: the page, and the table of the README."""

from collections import Counter
from statistics import median

from benchmarks.tables import table

from .contest import PEERS
from .subjects import NO_NAME

MAX_SHOWN = 6  # the number of false alarms in a list
METHOD = """\
The gallery holds implementations in many styles: loops, im2col, strides, einsum, SciPy. The wrong implementations
contain mistakes that rot180 knows, and rot180's tests require that it names all of them. So the figures for rot180 do
not estimate how well it handles other mistakes.

Every checker gets the same cases: those that `check.layer` generates for an implementation, {cases} in all. All sizes
differ, and stride, padding, dilation and groups are varied if the code accepts them. In some cases the stride is 2 and
the last rows of x are in no window. rot180 draws small integers; the others get standard normal numbers. All checkers
get the same labels. If a checker reports an error in any case, it has caught the mistake, or raised a false alarm if
the code is right. An exception counts as well, for example because of an unsuitable shape. The code is called on the
checker's own arrays, without copies, as a wrapper would do.

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
and the backward is its gradient, the other checkers cannot report an error, so these implementations are counted
separately. (In these implementations, rot180 reports only the forward, and the backward agrees with differences to
1e-4.) Only rot180 names mistakes; the others report where numbers differ.

The float64 table does not contain implementations that compute in float32 internally: {low}."""

REASONS = """\
The other checkers miss these mistakes for the following reasons. PyTorch sums a gradient with too many axes to the
shape of its argument, so it accepts a db that is not summed. The dy of gradcheck is a single 1 among zeros, or in fast
mode a vector of norm 1. Clipping it at 10 has no effect, and truncation to integers has no effect in slow mode. A
change of dy in place has no effect either, because gradcheck does not use this dy again. A backward that accumulates
its gradients is right if it is called once. Random numbers do not tie for a maximum; rot180 creates ties. CS231n uses
the relative error of the worst cell. If a gradient is small compared with the result, the rounding of the differences
alone can cause a relative error above 1e-7.
"""

SINGLE = """\
The same gallery with every function converted to float32, including its arguments and results. The other checkers get
float32 arrays (gradcheck warns about this; jax has other tolerances for it). Implementations that change their
arguments in place are left out, because here they would change copies. If a checker reports errors for every right
implementation, its errors for the wrong ones prove nothing."""


CLASSES = """\
A second gallery holds layers as people publish them: classes and factories in {styles} styles. Their author had not
read the checker's code, and compared them with PyTorch. The checker has since been developed until it supports them, so
its figures do not estimate how well it supports other classes. rot180 gets the class and the name of the operation and,
for {told} of {number} layers, the settings that the class fixes. The other checkers do not support classes. They get
two functions, forward and backward, of {lines} lines for most layers (the median; up to {most}), which create a layer,
set its weights, and convert arrays and gradients to one layout. A mistake that shows only if a layer is called twice
does not show with these functions.

A layer that rot180 cannot call counts as a false alarm if it is right, and as missed if it is wrong. Mistakes that are
not known to rot180 (`{no_name}`) can be caught, but not named."""


def page(about, results):
    """The text of the page."""
    double, narrow = results.double, results.narrow
    low = [s.name for s, tried in zip(double.subjects, double.tried, strict=True) if tried.low]
    cases = sum(len(tried.problems) for tried in double.tried)
    parts = [
        f"# Gradient checkers on the gallery, {about['date']}\n",
        table(["", ""], [[key, value] for key, value in about.items() if key != "date"]),
        METHOD.format(cases=cases, low=", ".join(low) or "nothing") + "\n",
        "## In float64\n",
        totals(double),
        "## By mistake\n\nThe caught implementations by their first mistake: wrong backwards, then wrong forwards.\n",
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
