"""The sections about the network: first-layer filters, and the feature maps and the gradient of one image."""

from __future__ import annotations

import numpy as np

from .content import Content
from .feature_maps import ImageTrace, Stage
from .filters import Filters
from .markup import file_name, missing_section, name, percent, section, table, text, tiles
from .pictures import Pictures, pixel_width, value_range

SIGNED = '<span class="blue">Blue</span> is positive, <span class="orange">orange</span> negative, the background zero'
MAX_ROWS = 12  # the limit for tables that replace pictures
LARGE_UP_TO = 16  # up to this number of filters, each is shown larger
TOP = 3  # predicted classes that are listed
SIDE = 96  # pixels of the image and of its gradient, at most


def filters(content: Content, pictures: Pictures | None) -> str:
    """The weights of the first layer as small pictures, in colour if the network's input is in colour."""
    title, first = "First-layer filters", content.filters
    if first is None:
        return missing_section("filters", title, content.why_missing["filters"])
    lead, weights = _filters_lead(first), first.weights
    if pictures is None:
        rows = [
            [str(k), f"{w.min():.3f}", f"{w.max():.3f}", f"{w.mean():.3f}", f"{np.linalg.norm(w):.3f}"]
            for k, w in enumerate(weights[:MAX_ROWS])
        ]
        head = ["filter", "smallest", "largest", "mean", "norm"]
        return section("filters", title, lead, table("first-layer filters", head, rows))
    kind = "filters" if len(weights) > LARGE_UP_TO else "filters large"
    labels = (f"filter {k}" for k in range(len(weights)))
    if _in_colour(first):
        limit = float(np.abs(weights).max(initial=0))
        drawn = tiles((pictures.image(w, -limit, limit) for w in weights), labels, kind=f"{kind} colour")
        return section("filters", title, lead, drawn, _scale(limit, "grey"))
    means = weights.mean(1)  # (outputs, R, S)
    limit = float(np.abs(means).max(initial=0))
    drawn = tiles((pictures.signed(w, limit) for w in means), labels, kind=kind)
    return section("filters", title, lead, drawn, _scale(limit))


def _in_colour(first: Filters) -> bool:
    return first.weights.shape[1] == 3


def _filters_lead(first: Filters) -> str:
    layer, (shown, channels, height, width) = f"<code>{text(first.layer)}</code>", first.weights.shape
    if first.full_size:
        lead = (
            f"The weights of {layer}, one picture per output, as large as the input: each output is the sum of the "
            "input's pixels times these weights. A bright pixel with a positive weight raises the output, one with a "
            "negative weight lowers it."
        )
    else:
        lead = (
            f"The {height}×{width} weights of {layer}, one picture per filter. At each position of the image, the "
            "filter's output is the sum of the pixels times these weights; it is largest where the image resembles "
            "the filter."
        )
    if _in_colour(first):
        lead += (
            " The weights for red, green and blue are shown as one colour: mid-grey is zero in all three, a brighter "
            "channel is positive, a darker one negative."
        )
    else:
        lead += f" {SIGNED}."
        if channels > 1:
            lead += f" The pictures show the mean over {channels} input channels."
    if shown < first.total:
        lead += f" {shown} of {first.total:,} filters are shown."
    return lead


def feature_maps(content: Content, pictures: Pictures | None) -> str:
    """The feature maps of one image after each stage of the network."""
    title, traced = "Feature maps of one image", content.image
    if traced is None:
        return missing_section("maps", title, content.why_missing["image"])
    if not traced.stages:
        return missing_section("maps", title, "no layer returns feature maps (channels, height, width).")
    file = "" if traced.file is None else f" ({file_name(traced.file)})"
    lead = (
        f"This is test image {traced.number:,}{file}, of class <b>{name(content.classes[traced.true_class])}</b>: "
        f"{_chosen_because(content, traced)}. Each row shows the output of a few layers, and each small picture is one "
        f"channel of it. {SIGNED}; each row has its own scale."
    )
    if len(traced.stages) < traced.total_stages:
        lead += f" The first {len(traced.stages)} of {traced.total_stages} stages are shown."
    if pictures is None:
        rows = [
            [_layer_names(s), _shape(s), f"{s.low:.3f}", f"{s.high:.3f}", str(s.zero_channels)]
            for s in traced.stages
        ]  # fmt: skip
        head = ["after", "shape", "smallest", "largest", "channels all zero"]
        return section("maps", title, lead, table("feature maps", head, rows))
    low, high = value_range([traced.image])
    parts = []
    if traced.image.ndim == 3:
        address = pictures.image(traced.image, low, high, SIDE)
        image = f'<div class="tiles one"><img src="{address}" alt="the image"{pixel_width(traced.image)}></div>'
        shape = " × ".join(map(str, traced.image.shape))
        parts.append(
            f"<figure class=stage><figcaption><b>the image</b> <small>{shape}</small></figcaption>{image}</figure>"
        )
    parts += [_stage(s, pictures) for s in traced.stages]
    return section("maps", title, lead, *parts)


def _chosen_because(content: Content, traced: ImageTrace) -> str:
    best = np.argsort(-traced.probabilities, kind="stable")[:TOP]
    listed = ", ".join(f"<b>{name(content.classes[k])}</b> {percent(float(traced.probabilities[k]))}" for k in best)
    if traced.predicted_class == traced.true_class:
        return f"the correctly classified image with the lowest confidence ({listed})"
    return f"no test image is classified correctly; for this one the prediction is {listed}"


def _stage(stage: Stage, pictures: Pictures) -> str:
    shown, limit, note = len(stage.maps), max(abs(stage.low), abs(stage.high)), _shape(stage)
    if shown < stage.channels:
        note += f", the first {shown} channels"
    if stage.zero_channels:
        verb = "is" if stage.zero_channels == 1 else "are"
        note += f"; {stage.zero_channels} of {stage.channels} channels {verb} zero everywhere"
    drawn = tiles((pictures.signed(m, limit) for m in stage.maps), (f"channel {k}" for k in range(shown)), kind="maps")
    return (
        f"<figure class=stage><figcaption><b>{_layer_names(stage)}</b> <small>{note}</small></figcaption>"
        f"{drawn}</figure>\n"
    )


def _layer_names(stage: Stage) -> str:
    return " → ".join(f"<code>{text(layer)}</code>" for layer in stage.layers)


def _shape(stage: Stage) -> str:
    return f"{stage.channels:,} × {stage.maps.shape[1]} × {stage.maps.shape[2]}"


def gradient(content: Content, pictures: Pictures | None) -> str:
    """The gradient of the loss with respect to the image."""
    title, traced = "Gradient at this image", content.image
    if traced is None:
        return missing_section("gradient", title, content.why_missing["image"])
    g = traced.gradient
    if g.ndim != 3:
        return missing_section("gradient", title, f"the input has shape {g.shape}; a picture needs (C, H, W).")
    true_class = f"<b>{name(content.classes[traced.true_class])}</b>"
    lead = (
        "The gradient of the loss with respect to the same image: how the loss changes when a pixel becomes a little "
        'brighter. <span class="blue">Blue</span>: the loss rises, so a brighter pixel is evidence against '
        f'class {true_class}. <span class="orange">Orange</span>: the loss falls, so a brighter pixel is evidence for '
        "this class. The backward pass computes it like the gradients of the weights, but continues to the input."
    )
    if not g.any():
        return section("gradient", title, lead, '<p class="note">It is zero everywhere for this image.</p>\n')
    if len(g) > 1:
        lead += f" The picture shows the mean over {len(g)} channels."
    cells = g.mean(0)
    if pictures is None:
        order = np.argsort(-np.abs(cells), axis=None, kind="stable")[:MAX_ROWS]
        places = zip(*np.unravel_index(order, cells.shape), strict=True)
        rows = [[f"row {r}, column {c}", f"{cells[r, c]:+.4f}"] for r, c in places]
        return section("gradient", title, lead, table("largest gradients", ["pixel", "gradient"], rows))
    low, high = value_range([traced.image])
    limit = float(np.abs(cells).max())
    image = pictures.image(traced.image, low, high, SIDE)
    pair = (
        f'<div class="pair"><figure><img src="{image}" alt="the image">'
        f"<figcaption>test image {traced.number:,}</figcaption></figure>"
        f'<figure><img class="clear" src="{pictures.signed(cells, limit, SIDE)}" alt="the gradient">'
        f"<figcaption>gradient of its loss</figcaption></figure></div>\n"
    )
    return section("gradient", title, lead, pair, _scale(limit))


def _scale(limit: float, kind: str = "") -> str:
    """A legend of the colours from -limit to +limit."""
    return f'<p class="scale {kind}"><span>−{limit:.3g}</span><i></i><span>+{limit:.3g}</span></p>\n'
