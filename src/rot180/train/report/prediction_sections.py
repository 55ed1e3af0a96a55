"""The sections about the test images: the confusion matrix, precision and recall, and the worst mistakes."""

from __future__ import annotations

import numpy as np

from .content import Content
from .markup import count, details, file_name, missing_section, name, percent, section, table
from .pictures import Pictures, pixel_width, value_range
from .predictions import Array, Mistake, Predictions

MAX_MATRIX, MAX_CLASSES, MAX_PAIRS = 20, 100, 10  # classes in the matrix and in the table, pairs in the list
SIDE = 64  # maximum width and height of the image of a mistake, in pixels


def confusion_matrix(content: Content, pictures: Pictures | None) -> str:
    """The confusion matrix in colour; if there are many classes, only those with the most mistakes."""
    title, predictions = "Confusion matrix", content.predictions
    if predictions is None:
        return missing_section("confusions", title, content.why_missing["predictions"])
    classes = len(predictions.confusion)
    shown = _most_mistaken(predictions) if classes > MAX_MATRIX else list(range(classes))
    others = classes - len(shown)
    matrix, labels = _merge_others(predictions.confusion, shown), [name(content.classes[k]) for k in shown]
    if others:
        labels.append(f"<i>{others:,} others</i>")
    lead = (
        "Each row holds the test images of one class, each column the images that were predicted to be of one class. "
        "Correct predictions are on the diagonal, in blue; mistakes are off the diagonal, in orange. A stronger colour "
        "means a larger share of the row."
    )
    if others:
        lead += (
            f" The {len(shown)} classes with the most mistakes, of {classes:,}, have their own row and column; the "
            "last row and column are the sums of the other classes."
        )
    rows = []
    for i, (label, row) in enumerate(zip(labels, matrix, strict=True)):
        total = int(row.sum())
        cells = [_cell(int(n), total, i == j, others > 0 and i == j == len(shown)) for j, n in enumerate(row)]
        rows.append([label, *cells, f"<td class=total>{total:,}</td>"])
    heads = ["predicted →<br>true ↓", *labels, "images"]
    return section(
        "confusions", title, lead, table("confusion matrix", heads, rows, kind="matrix"), _pairs(content, predictions)
    )


def _most_mistaken(predictions: Predictions) -> list[int]:
    """The classes that take part in the most mistakes, as true or as predicted class; in class order."""
    correct = np.diagonal(predictions.confusion)
    mistakes = predictions.confusion.sum(0) + predictions.confusion.sum(1) - 2 * correct
    return sorted(np.argsort(-mistakes, kind="stable")[:MAX_MATRIX].tolist())


def _merge_others(confusion: Array, shown: list[int]) -> Array:
    """The rows and columns of the shown classes; a last row and a last column hold the sums of the others."""
    if len(shown) == len(confusion):
        return confusion
    others = np.setdiff1d(np.arange(len(confusion)), shown)
    columns = np.concatenate([confusion[:, shown], confusion[:, others].sum(1, keepdims=True)], 1)
    return np.concatenate([columns[shown], columns[others].sum(0, keepdims=True)])


def _cell(number: int, total: int, on_diagonal: bool, merged: bool) -> str:
    if not number:
        return "<td class=none>·</td>"
    if merged:  # this cell, for all merged classes, counts correct and wrong predictions
        return f"<td>{number:,}</td>"
    share = number / total
    # Mistakes are rare: the root makes small shares visible, and the constant makes a single mistake visible.
    strength = share if on_diagonal else min(1.0, 0.2 + share**0.5)
    return f'<td class={"right" if on_diagonal else "wrong"} style="--heat:{strength:.2f}">{number:,}</td>'


def _pairs(content: Content, predictions: Predictions) -> str:
    pairs = predictions.confused_pairs(MAX_PAIRS)
    if not pairs:
        return ""
    images = predictions.confusion.sum(1)
    rows = [
        [name(content.classes[true]), name(content.classes[predicted]), f"{n:,}", percent(n / images[true])]
        for true, predicted, n in pairs
    ]
    total = np.count_nonzero(predictions.confusion - np.diag(np.diagonal(predictions.confusion)))
    note = f'<p class="note">{len(pairs)} of {total:,} pairs of classes.</p>\n' if total > len(pairs) else ""
    head = ["true class", "predicted class", "images", "share of the true class"]
    return details("Most frequent mistakes", table("most frequent mistakes", head, rows, words=2) + note)


def precision_and_recall(content: Content, pictures: Pictures | None) -> str:
    """Precision and recall of every class."""
    title, predictions = "Precision and recall", content.predictions
    if predictions is None:
        return missing_section("classes", title, content.why_missing["predictions"])
    scores = predictions.class_scores()
    lead = (
        "Recall is the share of a class's images that are classified correctly. Precision is the share of the images "
        "predicted to be of a class that really belong to it. A dash means that the class has no images or was never "
        "predicted."
    )
    if len(scores) > MAX_CLASSES:
        lead += f" The {MAX_CLASSES} classes with the lowest recall, of {len(scores):,}, are shown, the lowest first."
        scores = sorted(scores, key=lambda s: (2.0 if s.recall is None else s.recall, s.number))[:MAX_CLASSES]
    rows = []
    for s in scores:
        bars = [f'<td class="bar" style="--share:{v or 0:.1%}">{percent(v)}</td>' for v in (s.precision, s.recall)]
        confused_with = "–" if s.most_confused_with is None else name(content.classes[s.most_confused_with])
        counts = [f"{n:,}" for n in (s.images, s.correct, s.predicted)]
        rows.append([name(content.classes[s.number]), *bars, *counts, f"<td class=word>{confused_with}</td>"])
    last = "<th scope=col class=word>most confused with</th>"
    head = ["class", "precision", "recall", "images", "correct", "predicted", last]
    return section("classes", title, lead, table("precision and recall", head, rows, kind="classes"))


def worst_mistakes(content: Content, pictures: Pictures | None) -> str:
    """The wrong predictions with the highest loss, with their classes and files."""
    title, predictions = "Worst mistakes", content.predictions
    if predictions is None:
        return missing_section("mistakes", title, content.why_missing["predictions"])
    worst = predictions.worst
    if not worst:
        lead = f"There are no mistakes: all {count(predictions.count, 'test image')} are classified correctly."
        return section("mistakes", title, lead)
    lead = (
        "The mistakes with the highest loss, in descending order. The loss of an image is −log of the probability of "
        "its true class; each class is followed by its predicted probability. Wrong labels and ambiguous images often "
        "show up here."
    )
    if predictions.wrong > len(worst):
        lead += f" {len(worst)} of {predictions.wrong:,} mistakes are shown."
    if pictures is None or worst[0].image.ndim != 3:
        return section("mistakes", title, lead, _mistake_table(content, worst))
    low, high = value_range([m.image for m in worst])
    cards = "".join(_card(content, m, pictures.image(m.image, low, high, SIDE)) for m in worst)
    return section("mistakes", title, lead, f'<ul class="cards">{cards}</ul>\n')


def _mistake_table(content: Content, worst: list[Mistake]) -> str:
    rows = [
        [f"{m.number:,}", name(content.classes[m.true_class]), name(content.classes[m.predicted_class]),
         percent(m.predicted_probability), percent(m.true_probability), f"{m.loss:.2f}"]
        for m in worst
    ]  # fmt: skip
    head = ["test image", "true class", "predicted class", "predicted probability", "true probability", "loss"]
    if any(m.file for m in worst):
        head.append("<th scope=col class=word>file</th>")
        for row, m in zip(rows, worst, strict=True):
            row.append(f"<td class=word>{file_name(m.file) if m.file else '–'}</td>")
    return table("worst mistakes", head, rows, words=3)


def _card(content: Content, m: Mistake, address: str) -> str:
    file = f"<p class=file><small>{file_name(m.file)}</small></p>" if m.file else ""
    return (
        f'<li><img src="{address}" alt="test image {m.number}"{pixel_width(m.image)}>'
        f"<p>true: <b>{name(content.classes[m.true_class])}</b> <small>{percent(m.true_probability)}</small></p>"
        f'<p>predicted: <b class="mistaken">{name(content.classes[m.predicted_class])}</b> '
        f"<small>{percent(m.predicted_probability)}</small></p>"
        f"{file}<p><small>test image {m.number:,} · loss {m.loss:.2f}</small></p></li>\n"
    )
