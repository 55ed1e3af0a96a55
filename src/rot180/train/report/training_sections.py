"""The sections about the whole run: the training curves and the table of layers."""

from __future__ import annotations

from .content import Content, History
from .markup import details, evenly_spaced, missing_section, percent, section, table, text
from .pictures import Curve, Pictures

MAX_POINTS, MAX_ROWS = 400, 40  # the limits for the curves and for their table


def training_curves(content: Content, pictures: Pictures | None) -> str:
    """Loss, accuracy and learning rate per epoch."""
    title, history = "Training curves", content.history
    validated = "validation_loss" in history[0]
    numbers = _numbers(history, validated)
    if pictures is None or len(history) == 1:
        return section("curves", title, _curves_lead(history, validated), numbers)
    log_loss, log_error = _spans_decades(history), _needs_error_scale(history)
    points = evenly_spaced(history, MAX_POINTS)
    accuracy_note = "the scale widens towards 100%" if log_error else "share of correct images"
    figures = [
        _figure(pictures, "Loss", points, "loss", "logarithmic scale" if log_loss else "mean per image", log=log_loss),
        _figure(pictures, "Accuracy", points, "accuracy", accuracy_note, log=log_error),
    ]
    if "lr" in history[0]:
        figures.append(_figure(pictures, "Learning rate", points, "lr", "at the last step of each epoch"))
    legend = "<span class=training>training</span>" + ("<span class=validation>validation</span>" if validated else "")
    charts = f'<p class="legend">{legend}</p>\n<div class="charts">{"".join(figures)}</div>\n'
    return section("curves", title, _curves_lead(history, validated), charts, details("Table of all values", numbers))


def _curves_lead(history: History, validated: bool) -> str:
    lead = (
        "One epoch is one pass over all training images. Training minimises the loss; the accuracy is the share of "
        "images that are classified correctly."
    )
    if validated:
        best = min(history, key=lambda metrics: metrics.get("validation_loss", float("inf")))
        lead += (
            " The network is not trained on the validation images. The training values are means over an epoch, taken "
            "while the weights were changing and with augmentation and dropout (if used), so the validation values can "
            "be better. A validation loss that rises while the training loss falls is a sign of overfitting."
        )
        if len(history) > 1:
            lead += f" The validation loss was lowest in epoch {best['epoch']:.0f} of {history[-1]['epoch']:.0f}."
    else:
        lead += " There was no validation during training."
    if len(history) == 1:
        lead += " Curves need at least two epochs; this run has one."
    return lead


def _figure(pictures: Pictures, title: str, history: History, key: str, note: str, *, log: bool = False) -> str:
    curves = []
    for k, style in ((key, "" if key == "lr" else "training"), (f"validation_{key}", "validation")):
        points = [(metrics["epoch"], metrics[k]) for metrics in history if k in metrics]
        if points:
            epochs, values = zip(*points, strict=True)
            curves.append(Curve(epochs, values, style))
    if key == "accuracy":
        svg = pictures.accuracy_curves(f"{title} per epoch", curves, log_error=log)
    else:
        svg = pictures.curves(f"{title} per epoch", curves, log=log)
    return f"<figure><figcaption><b>{title}</b> <small>{note}</small></figcaption>\n{svg}\n</figure>\n"


def _values(history: History, key: str) -> list[float]:
    return [metrics[k] for metrics in history for k in (key, f"validation_{key}") if k in metrics]


def _spans_decades(history: History) -> bool:
    """True if the losses differ so much that only a logarithmic scale shows them all."""
    losses = _values(history, "loss")
    return min(losses) > 0 and max(losses) > 30 * min(losses)


def _needs_error_scale(history: History) -> bool:
    """True if the accuracy comes so close to 100% that a linear axis would show a flat line there."""
    errors = [1 - accuracy for accuracy in _values(history, "accuracy")]
    nonzero = [error for error in errors if error > 0]
    return bool(nonzero) and min(nonzero) < 0.05 and max(nonzero) > 8 * min(nonzero)


def _numbers(history: History, validated: bool) -> str:
    head = ["epoch", "loss", "accuracy"]
    if validated:
        head += ["validation loss", "validation accuracy"]
    head += ["learning rate", "seconds"]
    rows = []
    for metrics in evenly_spaced(history, MAX_ROWS):
        row = [f"{metrics['epoch']:.0f}", f"{metrics['loss']:.4f}", percent(metrics["accuracy"], 2)]
        if validated:
            row += [_number(metrics, "validation_loss", ".4f"), percent(metrics.get("validation_accuracy"), 2)]
        rows.append([*row, _number(metrics, "lr", ".2g"), _number(metrics, "seconds", ".2f")])
    note = ""
    if len(history) > MAX_ROWS:
        note = f'<p class="note">{MAX_ROWS} of {len(history):,} epochs, evenly spaced.</p>\n'
    return table("metrics per epoch", head, rows, words=0) + note


def _number(metrics: dict[str, float], key: str, form: str) -> str:
    return format(metrics[key], form) if key in metrics else "–"


def layers(content: Content, pictures: Pictures | None) -> str:
    """Name, class, settings, output shape, parameters and multiply-adds of every layer."""
    title = "Layers"
    if content.layers is None:
        return missing_section("layers", title, content.why_missing["layers"])
    total = sum(row.multiply_adds for row in content.layers)
    rows = []
    for row in content.layers:
        share = row.multiply_adds / total if total else 0.0
        shape = " × ".join(map(str, row.output_shape)) if row.output_shape is not None else "not called"
        rows.append(
            [
                f"<code>{text(row.name or '·')}</code> {text(row.kind)}",
                f"<td class='word about'><small>{text(row.settings)}</small></td>",
                shape or "1",
                _number_or_dot(row.parameters),
                _number_or_dot(row.multiply_adds),
                f'<td style="--share:{share:.1%}" class="bar">{percent(share)}</td>' if row.multiply_adds else "·",
            ]
        )
    parameters = sum(row.parameters for row in content.layers)
    rows.append(["<b>total</b>", "", "", f"<b>{parameters:,}</b>", f"<b>{total:,}</b>", "<td></td>"])
    lead = (
        "The layers of the network in the order in which one image passes through them. A multiply-add is "
        "one product and its addition; convolutions and linear layers spend most of their time on these. The layer "
        "with the most multiply-adds is often not the one with the most parameters: a convolution uses each of its "
        "weights at every position of the image."
    )
    head = ["layer", "settings", "output", "parameters", "multiply-adds", "share of multiply-adds"]
    return section("layers", title, lead, table("layers", head, rows, words=2, kind="layers"))


def _number_or_dot(number: int) -> str:
    return f"{number:,}" if number else "·"
