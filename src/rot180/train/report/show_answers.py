"""The sections on held-out images: what was taken for what, each class, and the worst mistakes."""

from __future__ import annotations

import numpy as np

from .answers import Answers, Array, Mistake
from .facts import Facts
from .markup import count, folded, left_out, name, percent, section, table
from .pictures import Pictures

MATRIX, CLASSES, PAIRS = 20, 100, 10  # classes of the matrix and of the table, pairs of the list: at most
SIDE = 64  # cells of a mistake's image, at most


def confusions(facts: Facts, pictures: Pictures | None) -> str:
    """The confusion matrix, with colours; of many classes those with the most mistakes."""
    title, answers = "What it takes for what", facts.answers
    if answers is None:
        return left_out("confusions", title, facts.why["answers"])
    classes = len(answers.confusion)
    shown = _most_mistaken(answers) if classes > MATRIX else list(range(classes))
    rest = classes - len(shown)
    matrix, labels = _folded(answers.confusion, shown), [name(facts.classes[k]) for k in shown]
    if rest:
        labels.append(f"<i>{rest:,} others</i>")
    lead = (
        "A row holds the images of one class, a column those that got one answer. Right answers are the diagonal, in "
        "blue; every mistake is off it, in orange. The stronger the colour, the larger the share of the row."
    )
    if rest:
        lead += (
            f" Of {classes:,} classes the {len(shown)} with the most mistakes have a row and a column of their own; "
            "the other classes are added up in the last ones."
        )
    rows = []
    for i, (label, row) in enumerate(zip(labels, matrix, strict=True)):
        total = int(row.sum())
        cells = [_cell(int(n), total, i == j, rest > 0 and i == j == len(shown)) for j, n in enumerate(row)]
        rows.append([label, *cells, f"<td class=total>{total:,}</td>"])
    heads = ["answer →<br>true ↓", *labels, "images"]
    return section(
        "confusions", title, lead, table("confusion matrix", heads, rows, kind="matrix"), _pairs(facts, answers)
    )


def _most_mistaken(answers: Answers) -> list[int]:
    """The classes that the most wrong answers are of, or are; in their own order."""
    right = np.diagonal(answers.confusion)
    mistakes = answers.confusion.sum(0) + answers.confusion.sum(1) - 2 * right
    return sorted(np.argsort(-mistakes, kind="stable")[:MATRIX].tolist())


def _folded(confusion: Array, shown: list[int]) -> Array:
    """The rows and columns that are shown; all others added up in a last row and a last column."""
    if len(shown) == len(confusion):
        return confusion
    others = np.setdiff1d(np.arange(len(confusion)), shown)
    columns = np.concatenate([confusion[:, shown], confusion[:, others].sum(1, keepdims=True)], 1)
    return np.concatenate([columns[shown], columns[others].sum(0, keepdims=True)])


def _cell(number: int, total: int, right: bool, mixed: bool) -> str:
    if not number:
        return "<td class=none>·</td>"
    if mixed:  # among the others: right and wrong answers alike
        return f"<td>{number:,}</td>"
    share = number / total
    # Mistakes are few: the root lifts them out of the ground, and the sum keeps a single one visible.
    strength = share if right else min(1.0, 0.2 + share**0.5)
    return f'<td class={"right" if right else "wrong"} style="--heat:{strength:.2f}">{number:,}</td>'


def _pairs(facts: Facts, answers: Answers) -> str:
    pairs = answers.confusions(PAIRS)
    if not pairs:
        return ""
    images = answers.confusion.sum(1)
    rows = [
        [name(facts.classes[true]), name(facts.classes[answer]), f"{n:,}", percent(n / images[true])]
        for true, answer, n in pairs
    ]
    kinds = np.count_nonzero(answers.confusion - np.diag(np.diagonal(answers.confusion)))
    more = f'<p class="note">{len(pairs)} of {kinds:,} kinds of mistake.</p>\n' if kinds > len(pairs) else ""
    head = ["true class", "taken for", "images", "of its class"]
    return folded("The most frequent mistakes", table("the most frequent mistakes", head, rows, words=2) + more)


def class_by_class(facts: Facts, pictures: Pictures | None) -> str:
    """Precision and recall of every class."""
    title, answers = "Class by class", facts.answers
    if answers is None:
        return left_out("classes", title, facts.why["answers"])
    figures = answers.class_figures()
    lead = (
        "Recall: of the images of a class, the share that is recognised. Precision: when the answer is this class, how "
        "often it is true. A dash means that there was nothing to divide by."
    )
    if len(figures) > CLASSES:
        lead += f" Of {len(figures):,} classes the {CLASSES} with the lowest recall are shown, the lowest first."
        figures = sorted(figures, key=lambda f: (2.0 if f.recall is None else f.recall, f.number))[:CLASSES]
    rows = []
    for f in figures:
        bars = [f'<td class="bar" style="--share:{s or 0:.1%}">{percent(s)}</td>' for s in (f.precision, f.recall)]
        confused = f"<td class=word>{'–' if f.taken_for is None else name(facts.classes[f.taken_for])}</td>"
        counts = [f"{n:,}" for n in (f.images, f.right, f.answered)]
        rows.append([name(facts.classes[f.number]), *bars, *counts, confused])
    last = "<th scope=col class=word>most often taken for</th>"
    head = ["class", "precision", "recall", "images", "right", "answered", last]
    return section("classes", title, lead, table("precision and recall", head, rows, kind="classes"))


def worst_mistakes(facts: Facts, pictures: Pictures | None) -> str:
    """The wrong answers with the highest loss."""
    title, answers = "The worst mistakes", facts.answers
    if answers is None:
        return left_out("mistakes", title, facts.why["answers"])
    if not answers.worst:
        return section("mistakes", title, f"There are none: all {count(answers.count, 'held-out image')} are right.")
    lead = (
        "The wrong answers with the highest loss, the worst first: the loss of an image is −log of the probability "
        "that its true class got. Beside each class stands its probability. Look here for labels that are wrong, and "
        "for images that nobody could tell."
    )
    if answers.wrong > len(answers.worst):
        lead += f" {len(answers.worst)} of {answers.wrong:,} mistakes are shown."
    worst = answers.worst
    if pictures is None or worst[0].image.ndim != 3:
        rows = [
            [f"{m.number:,}", name(facts.classes[m.true]), name(facts.classes[m.answer]),
             percent(m.answer_probability), percent(m.true_probability), f"{m.loss:.2f}"]
            for m in worst
        ]  # fmt: skip
        head = ["image", "true class", "answer", "its probability", "of the true class", "loss"]
        return section("mistakes", title, lead, table("the worst mistakes", head, rows, words=3))
    low, high = span([m.image for m in worst])
    cards = "".join(_card(facts, m, pictures.grey_or_colour(m.image, low, high, SIDE)) for m in worst)
    return section("mistakes", title, lead, f'<ul class="cards">{cards}</ul>\n')


def span(images: list[Array]) -> tuple[float, float]:
    """What black and white stand for: 0 and 1 if the cells keep to that, else the smallest and the largest."""
    low, high = min(float(i.min()) for i in images), max(float(i.max()) for i in images)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def _card(facts: Facts, m: Mistake, address: str) -> str:
    return (
        f'<li><img src="{address}" alt="held-out image {m.number}">'
        f"<p>is <b>{name(facts.classes[m.true])}</b> <small>{percent(m.true_probability)}</small></p>"
        f'<p>answer <b class="mistaken">{name(facts.classes[m.answer])}</b> '
        f"<small>{percent(m.answer_probability)}</small></p>"
        f"<p><small>no. {m.number:,} · loss {m.loss:.2f}</small></p></li>\n"
    )
