"""The sections on the run as a whole: how it learned, and what its layers are."""

from __future__ import annotations

from .facts import Facts, History
from .markup import folded, left_out, name, percent, section, table, text, thinned
from .pictures import Curve, Pictures

POINTS, ROWS = 400, 40  # of the curves and of their table, at most


def learning(facts: Facts, pictures: Pictures | None) -> str:
    """Loss, accuracy and learning rate over the epochs."""
    history = facts.history
    held_out = "validation_loss" in history[0]
    one = len(history) == 1
    lead = (
        "Each epoch shows every training image once. The loss is what training lowers; the accuracy is the share of "
        "right answers."
    )
    if held_out:
        best = min(history, key=lambda metrics: metrics.get("validation_loss", float("inf")))
        lead += (
            " The training figures are means over an epoch while the weights still changed, on images as they were "
            "augmented and with dropout, if any: so held-out images can do better. A held-out loss that rises while "
            "the training loss falls would mean learning by heart."
        )
        if not one:
            lead += f" The held-out loss was lowest in epoch {best['epoch']:.0f} of {history[-1]['epoch']:.0f}."
    else:
        lead += " Held-out images were not measured during training."
    if one:
        lead += " There is one epoch, so there are no curves."
    numbers = _numbers(history, held_out)
    if pictures is None or one:
        return section("learning", "How it learned", lead, numbers)
    log = _spans(history)
    shown = thinned(history, POINTS)
    figures = [
        _figure(pictures, "Loss", shown, "loss", "logarithmic scale" if log else "mean per image", log=log),
        _figure(pictures, "Accuracy", shown, "accuracy", "share that is right"),
    ]
    if "lr" in history[0]:
        figures.append(_figure(pictures, "Learning rate", shown, "lr", "at an epoch's last step"))
    legend = "<span class=training>training</span>" + ("<span class=held>held out</span>" if held_out else "")
    charts = f'<p class="legend">{legend}</p>\n<div class="charts">{"".join(figures)}</div>\n'
    return section("learning", "How it learned", lead, charts, folded("The numbers", numbers))


def _figure(pictures: Pictures, title: str, history: History, key: str, note: str, *, log: bool = False) -> str:
    curves = []
    for k, style in ((key, "" if key == "lr" else "training"), (f"validation_{key}", "held out")):
        points = [(metrics["epoch"], metrics[k]) for metrics in history if k in metrics]
        if points:
            epochs, values = zip(*points, strict=True)
            curves.append(Curve(epochs, values, style))
    svg = pictures.curves(f"{title} over the epochs", curves, percent=key == "accuracy", log=log)
    return f"<figure><figcaption><b>{title}</b> <small>{note}</small></figcaption>\n{svg}\n</figure>\n"


def _spans(history: History) -> bool:
    """Whether the losses are so far apart that only a logarithmic scale shows them all."""
    losses = [metrics[key] for metrics in history for key in ("loss", "validation_loss") if key in metrics]
    return min(losses) > 0 and max(losses) > 30 * min(losses)


def _numbers(history: History, held_out: bool) -> str:
    head = ["epoch", "loss", "accuracy"]
    if held_out:
        head += ["held-out loss", "held-out accuracy"]
    head += ["learning rate", "seconds"]
    rows = []
    for metrics in thinned(history, ROWS):
        row = [f"{metrics['epoch']:.0f}", f"{metrics['loss']:.4f}", percent(metrics["accuracy"], 2)]
        if held_out:
            row += [_number(metrics, "validation_loss", ".4f"), _number(metrics, "validation_accuracy", ".2%")]
        rows.append([*row, _number(metrics, "lr", ".2g"), _number(metrics, "seconds", ".2f")])
    some = "" if len(history) <= ROWS else f'<p class="note">{ROWS} of {len(history):,} epochs, evenly spread.</p>\n'
    return table("metrics of the epochs", head, rows, words=0) + some


def _number(metrics: dict[str, float], key: str, form: str) -> str:
    return format(metrics[key], form) if key in metrics else "–"


def layer_by_layer(facts: Facts, pictures: Pictures | None) -> str:
    """Name, kind, settings, output shape, parameters, multiply-adds and their share of the whole."""
    title = "Layer by layer"
    if facts.layers is None:
        return left_out("layers", title, facts.why["layers"])
    total = sum(row.multiply_adds for row in facts.layers)
    rows = []
    for row in facts.layers:
        share = row.multiply_adds / total if total else 0.0
        shape = " × ".join(map(str, row.output_shape)) if row.output_shape is not None else "not called"
        rows.append(
            [
                f"<code>{text(row.name or '·')}</code> {text(row.kind)}",
                f"<td class='word about'><small>{text(row.settings)}</small></td>",
                shape or "1",
                _figure_or_dot(row.parameters),
                _figure_or_dot(row.multiply_adds),
                f'<td style="--share:{share:.1%}" class="bar">{percent(share)}</td>' if row.multiply_adds else "·",
            ]
        )
    held = sum(row.parameters for row in facts.layers)
    rows.append(["<b>together</b>", "", "", f"<b>{held:,}</b>", f"<b>{total:,}</b>", "<td></td>"])
    lead = (
        f"What {name(facts.model)} does to one image, in the order in which it does it. A multiply-add is one product "
        "and its addition: what convolutions and linear layers spend their time on. The parameters often sit "
        "elsewhere: a convolution uses each of its weights at every place of the image."
    )
    head = ["layer", "settings", "output", "parameters", "multiply-adds", "share of these"]
    return section("layers", title, lead, table("layers", head, rows, words=2, kind="layers"))


def _figure_or_dot(number: int) -> str:
    return f"{number:,}" if number else "·"
