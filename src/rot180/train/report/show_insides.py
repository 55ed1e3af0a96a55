"""The sections on the inside of the network: its first weights, one image in it, the gradient at that image."""

from __future__ import annotations

import numpy as np

from .facts import Facts
from .insides import OneImage, Stage
from .markup import left_out, name, percent, section, table, text, tiles
from .pictures import Pictures
from .show_answers import span

SIGNED = '<span class="blue">Blue</span> is above zero, <span class="orange">orange</span> below, the ground is zero'
ROWS = 12  # of the tables that stand in for pictures
FEW = 16  # filters that are shown larger
TOP = 3  # answers
SIDE = 96  # cells of the image and of its gradient, at most


def filters(facts: Facts, pictures: Pictures | None) -> str:
    """The weights of the first layer, as small images."""
    title, found = "First-layer filters", facts.filters
    if found is None:
        return left_out("filters", title, facts.why["filters"])
    layer, (shown, channels, height, width) = f"<code>{text(found.layer)}</code>", found.weights.shape
    if found.whole:
        lead = (
            f"The weights of {layer}, one image per output, as large as the input: each output is the sum of the "
            f"input's cells times these. {SIGNED}: light in a blue cell speaks for the output, in an orange one "
            "against it."
        )
    else:
        lead = (
            f"The {height}×{width} weights of {layer}, one picture per filter. Each is laid on every place of the "
            "image, and what it covers is multiplied cell by cell and added up: a filter answers most where the image "
            f"looks like it. {SIGNED}."
        )
    if channels > 1:
        lead += f" Of {channels} input channels the mean is shown."
    if shown < found.of:
        lead += f" {shown} of {found.of:,} are shown."
    cells = found.weights.mean(1)  # (outputs, R, S)
    if pictures is None:
        rows = [
            [str(k), f"{w.min():.3f}", f"{w.max():.3f}", f"{w.mean():.3f}", f"{np.linalg.norm(w):.3f}"]
            for k, w in enumerate(found.weights[:ROWS])
        ]
        head = ["filter", "smallest", "largest", "mean", "norm"]
        return section("filters", title, lead, table("first-layer filters", head, rows))
    reach = float(np.abs(cells).max(initial=0))
    kind = "filters" if shown > FEW else "filters few"
    drawn = tiles((pictures.signed(w, reach) for w in cells), (f"filter {k}" for k in range(shown)), kind=kind)
    return section("filters", title, lead, drawn, _scale(reach))


def through_the_layers(facts: Facts, pictures: Pictures | None) -> str:
    """The feature maps of one image."""
    title, inside = "One image through the layers", facts.inside
    if inside is None:
        return left_out("maps", title, facts.why["inside"])
    if not inside.stages:
        return left_out("maps", title, "no layer gives images (channels of height and width).")
    lead = (
        f"Held-out image {inside.number:,}, a {name(facts.classes[inside.true])}: {_answer(facts, inside)}. "
        "Each row below is what a few layers make of the row before. Every small picture is one channel: strong where "
        f"the image has what that channel looks for. {SIGNED}; the colours are scaled per row."
    )
    if len(inside.stages) < inside.of:
        lead += f" The first {len(inside.stages)} of {inside.of} stages are shown."
    if pictures is None:
        rows = [
            [_names(s), _shape(s), f"{s.low:.3f}", f"{s.high:.3f}", str(s.silent)]
            for s in inside.stages
        ]  # fmt: skip
        head = ["after", "shape", "smallest", "largest", "channels all zero"]
        return section("maps", title, lead, table("feature maps", head, rows))
    low, high = span([inside.image])
    parts = []
    if inside.image.ndim == 3:
        image = tiles([pictures.grey_or_colour(inside.image, low, high, SIDE)], ["the image"], kind="one")
        shape = " × ".join(map(str, inside.image.shape))
        parts.append(
            f"<figure class=stage><figcaption><b>the image</b> <small>{shape}</small></figcaption>{image}</figure>"
        )
    parts += [_stage(s, pictures) for s in inside.stages]
    return section("maps", title, lead, *parts)


def _stage(stage: Stage, pictures: Pictures) -> str:
    shown, reach, about = len(stage.maps), max(abs(stage.low), abs(stage.high)), _shape(stage)
    if shown < stage.of:
        about += f", the first {shown} channels"
    if stage.silent:
        about += f"; {stage.silent} of {stage.of} {'is' if stage.silent == 1 else 'are'} zero everywhere for this image"
    drawn = tiles((pictures.signed(m, reach) for m in stage.maps), (f"channel {k}" for k in range(shown)), kind="maps")
    return (
        f"<figure class=stage><figcaption><b>{_names(stage)}</b> <small>{about}</small></figcaption>{drawn}</figure>\n"
    )


def gradient(facts: Facts, pictures: Pictures | None) -> str:
    """The gradient of the loss with respect to the image, signed."""
    title, inside = "What would change the loss", facts.inside
    if inside is None:
        return left_out("gradient", title, facts.why["inside"])
    g = inside.gradient
    if g.ndim != 3:
        return left_out("gradient", title, f"the input has shape {g.shape}; a picture needs (C, H, W).")
    reach = float(np.abs(g).max())
    lead = (
        "The gradient of the loss with respect to the same image: each cell says how the loss would change if that "
        'cell became a little lighter. <span class="blue">Blue</span>: the loss would rise, so light there speaks '
        f"against a {name(facts.classes[inside.true])}. "
        '<span class="orange">Orange</span>: the loss would fall, so light there speaks for it. It is the backward '
        "pass carried on to the input: the same sums that give the weights' gradients."
    )
    if not reach:
        return section("gradient", title, lead, '<p class="note">It is zero everywhere for this image.</p>\n')
    if len(g) > 1:
        lead += f" Of {len(g)} channels the mean is shown."
    cells = g.mean(0)
    if pictures is None:
        order = np.argsort(-np.abs(cells), axis=None, kind="stable")[:ROWS]
        places = zip(*np.unravel_index(order, cells.shape), strict=True)
        rows = [[f"row {r}, column {c}", f"{cells[r, c]:+.4f}"] for r, c in places]
        return section("gradient", title, lead, table("the largest gradients", ["cell", "gradient"], rows))
    low, high = span([inside.image])
    reach = float(np.abs(cells).max())
    image = pictures.grey_or_colour(inside.image, low, high, SIDE)
    pair = (
        f'<div class="pair"><figure><img src="{image}" alt="the image">'
        f"<figcaption>the image <small>no. {inside.number:,}</small></figcaption></figure>"
        f'<figure><img class="clear" src="{pictures.signed(cells, reach, SIDE)}" alt="the gradient">'
        f"<figcaption>the gradient of its loss</figcaption></figure></div>\n"
    )
    return section("gradient", title, lead, pair, _scale(reach))


def _answer(facts: Facts, inside: OneImage) -> str:
    best = np.argsort(-inside.probabilities, kind="stable")[:TOP]
    said = ", ".join(f"<b>{name(facts.classes[k])}</b> {percent(float(inside.probabilities[k]))}" for k in best)
    if inside.answer == inside.true:
        return f"of the images it gets right the one that it is least sure of ({said})"
    return f"it gets no image right; of this one it says {said}"


def _names(stage: Stage) -> str:
    return " → ".join(f"<code>{text(layer)}</code>" for layer in stage.layers)


def _shape(stage: Stage) -> str:
    return f"{stage.of:,} × {stage.maps.shape[1]} × {stage.maps.shape[2]}"


def _scale(reach: float) -> str:
    """What the colours stand for."""
    return f'<p class="scale"><span>−{reach:.3g}</span><i></i><span>+{reach:.3g}</span></p>\n'
