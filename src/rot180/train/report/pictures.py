"""Pictures, drawn with matplotlib: curves as SVG in the page's colours, images as PNG.

matplotlib (the extra `report`) is imported where it is used. If matplotlib is missing, `load_pictures` returns None.
Figures are made without pyplot, so the caller's matplotlib settings and figures are not affected. Pictures of the same
values are identical byte for byte.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
BLUE, ORANGE = (47, 126, 216), (224, 108, 20)  # distinguishable with colour blindness, on light and dark backgrounds
SIDE = 48  # pixels of a picture's longer side, at most; larger images are averaged down
ERROR_TICKS = (0.1, 0.01, 0.001, 0.0001, 0.5, 0.05, 0.02, 0.005, 0.002, 0.0005, 0.0002, 0.2)  # the preferred first

# matplotlib draws in these placeholder colours; the page's CSS variables replace them, so that its dark theme applies.
_COLOURS = {"#010101": "var(--soft)", "#020202": "var(--line)", "#030303": "var(--blue)", "#040404": "var(--orange)"}
_SOFT, _LINE, _BLUE, _ORANGE = _COLOURS
STYLES: dict[str, Any] = {
    "training": {"color": _ORANGE, "linestyle": (0, (3, 1.5))},
    "validation": {"color": _BLUE},
    "": {"color": _SOFT},
}


@dataclass(frozen=True)
class Curve:
    """Values per epoch.

    Attributes:
        epochs, values: of the same length.  style: a key of `STYLES`.
    """

    epochs: Sequence[float]
    values: Sequence[float]
    style: str


class Pictures:
    """Draws curves and images; made by `load_pictures`, which checks that matplotlib is installed."""

    def curves(self, title: str, curves: Sequence[Curve], *, log: bool = False) -> str:
        """An <svg> of curves over epochs, on an axis from 0 or on a logarithmic one."""

        def set_up(axes: Any) -> None:
            from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

            if log:
                axes.set_yscale("log")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
                axes.yaxis.set_minor_formatter(NullFormatter())
            else:
                _set_ticks(axes, 0, max(max(curve.values) for curve in curves))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))

        return _draw(title, curves, set_up)

    def accuracy_curves(self, title: str, curves: Sequence[Curve], *, log_error: bool = False) -> str:
        """An <svg> of accuracies over epochs, on an axis that fits their range.

        With `log_error` the axis is logarithmic in the error 1 - accuracy: the steps from 90% to 99% and from 99% to
        99.9% are equally high. An accuracy of 100% is drawn at half of the smallest error that is not zero.
        """
        values = [value for curve in curves for value in curve.values]
        if not log_error:
            low, high = min(values), max(values)
            # The axis spans at least 5 %, so that noise does not look like progress.
            low = max(0.0, min(low, high - 0.05))

            def set_up(axes: Any) -> None:
                _set_ticks(axes, low, high, top=1.0)
                axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g}%")

            return _draw(title, curves, set_up)

        errors = [1 - value for value in values]
        smallest = min(error for error in errors if error > 0)
        floor = smallest / 2 if min(errors) <= 0 else smallest

        def height(error: float) -> float:
            return -float(np.log10(max(error, floor)))

        def set_up_log(axes: Any) -> None:
            low, high = height(max(errors)), height(floor)
            ticks = {height(0): "100%"} if min(errors) <= 0 else {}
            for error in ERROR_TICKS:
                place = height(error)
                is_free = all(abs(place - other) > 0.09 * (high - low) for other in ticks)
                if smallest <= error * 1.001 and error <= max(errors) * 1.1 and is_free:
                    ticks[place] = f"{100 * (1 - error):.6g}%"
            axes.set_yticks(list(ticks), list(ticks.values()))
            axes.set_ylim(low - 0.03 * (high - low), high + 0.04 * (high - low))

        heights = [Curve(c.epochs, [height(1 - value) for value in c.values], c.style) for c in curves]
        return _draw(title, heights, set_up_log)

    def image(self, image: Array, low: float, high: float, side: int = SIDE) -> str:
        """An image (C, H, W) as the address of a PNG; `low` is drawn black, `high` white.

        One channel is drawn grey, three channels as red, green and blue. Of any other number of channels, the mean is
        drawn grey.
        """
        cells = shrink(image if len(image) in (1, 3) else image.mean(0, keepdims=True), side)
        share = np.clip((cells - low) / ((high - low) or 1), 0, 1)  # (1 or 3, H, W)
        colour = np.broadcast_to(share, (3, *share.shape[1:])).transpose(1, 2, 0)  # (H, W, 3)
        return _png(np.rint(colour * 255).astype(np.uint8))

    def signed(self, cells: Array, limit: float, side: int = SIDE) -> str:
        """Values (H, W) as the address of a PNG: positive ones are blue, negative ones orange, +-limit is opaque."""
        cells = shrink(cells[None], side)[0]
        colour = np.where(cells[..., None] < 0, ORANGE, BLUE)  # (H, W, 3)
        opacity = np.clip(np.abs(cells) / (limit or 1), 0, 1)[..., None]
        return _png(np.concatenate([colour, np.rint(opacity * 255)], 2).astype(np.uint8))


def load_pictures() -> Pictures | None:
    """Return Pictures, or None if matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return None
    return Pictures()


def value_range(images: Sequence[Array]) -> tuple[float, float]:
    """The values that are drawn black and white: 0 and 1 if all values lie between, else the minimum and maximum."""
    low, high = min(float(i.min()) for i in images), max(float(i.max()) for i in images)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def pixel_width(image: Array, target: int = 112) -> str:
    """A style attribute that shows a small image (C, H, W) about `target` wide, every pixel of the same size."""
    height, width = image.shape[1:]
    scale = round(target / max(height, width, 1))
    return f' style="width:{width * scale}px"' if scale > 1 else ""


def shrink(image: Array, side: int) -> Array:
    """Average blocks of an image (C, H, W) so that its longer side has at most `side` pixels, in float64.

    Rows and columns that do not fill a block at the end are dropped.
    """
    step = -(-max(image.shape[1:]) // side)
    height, width = (max(size // step, 1) for size in image.shape[1:])
    cut = image[:, : height * step, : width * step].astype(np.float64)
    rows, columns = min(step, cut.shape[1]), min(step, cut.shape[2])
    return np.asarray(cut.reshape(len(image), height, rows, width, columns).mean((2, 4)))


def _draw(title: str, curves: Sequence[Curve], set_up: Callable[[Any], None]) -> str:
    """Draw curves over epochs on axes whose vertical axis `set_up` prepares; return the <svg>."""
    import matplotlib.style
    from matplotlib.figure import Figure

    # style.context keeps the caller's settings out of this figure and restores them. Text stays text in the page's
    # font, which is about as wide as the one that matplotlib measures with.
    no_metadata: Any = dict.fromkeys(("Date", "Creator", "Type"))
    settings: Any = ["default", {"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 9}]
    with matplotlib.style.context(settings):
        figure = Figure(figsize=(3.6, 2.35))
        axes = figure.add_axes((0.145, 0.115, 0.83, 0.845))
        for curve in curves:
            size = 3 if len(curve.epochs) <= 30 else 0
            axes.plot(
                curve.epochs, curve.values, linewidth=1.5, marker="o", markersize=size, clip_on=False,
                **STYLES[curve.style],
            )  # fmt: skip
        set_up(axes)
        _set_epoch_ticks(axes, [epoch for curve in curves for epoch in curve.epochs])
        figure.text(0, 0.035, "epoch", color=_SOFT)
        axes.grid(axis="y", color=_LINE, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(which="both", left=False, bottom=False, labelcolor=_SOFT)
        for side, spine in axes.spines.items():
            spine.set(visible=side == "bottom", color=_LINE)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata=no_metadata)
    return _inline(buffer.getvalue(), title)


def _set_ticks(axes: Any, low: float, high: float, top: float | None = None) -> None:
    """Put round ticks on the vertical axis, from at or below `low` to at or above `high`, but none above `top`."""
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
    ticks: Array = np.asarray(locator.tick_values(low, high if high > low else low + 1))
    if top is not None:
        ticks = ticks[ticks <= top + 1e-9]
    axes.set_yticks(ticks)
    axes.set_ylim(ticks[0], max(float(ticks[-1]), high))


def _set_epoch_ticks(axes: Any, epochs: Sequence[float]) -> None:
    from matplotlib.ticker import MaxNLocator

    first, last = min(epochs), max(epochs)
    ticks = [t for t in MaxNLocator(6, integer=True).tick_values(first, last) if first <= t <= last]
    if len(ticks) > 1 and ticks[0] - first > (ticks[1] - ticks[0]) / 2:
        ticks = [first, *ticks]
    axes.set_xticks(ticks)
    axes.set_xlim(first - 0.03 * (last - first), last + 0.02 * (last - first))


def _png(cells: Array) -> str:
    """RGB or RGBA pixels, uint8 (H, W, 3 or 4), as a data: address."""
    from matplotlib.image import imsave

    buffer = io.BytesIO()
    no_metadata: Any = {"Software": None}
    imsave(buffer, cells, format="png", metadata=no_metadata, pil_kwargs={"optimize": True})
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _inline(svg: str, title: str) -> str:
    """Make matplotlib's SVG part of the page: drop its prologue, style sheet and ids, use the page's colours."""
    body = svg[svg.index("<svg") :]
    view = re.search(r'viewBox="([^"]*)"', body)
    content = body[body.index(">") + 1 : body.rindex("</svg>")]
    content = re.sub(r"<metadata>.*?</metadata>", "", content, flags=re.DOTALL)
    content = re.sub(r"<style\b.*?</style>", "", content, flags=re.DOTALL)
    content = re.sub(r"<!--.*?-->", "", content, flags=re.DOTALL)
    content = re.sub(r' id="[\w.]+_\d+"', "", content)  # figure_1, axes_1, ... repeat in every figure
    content = re.sub(r"\s*\n\s*", "\n", content).strip()
    for placeholder, colour in _COLOURS.items():
        content = content.replace(placeholder, colour)
    return f'<svg viewBox="{view[1] if view else ""}" role="img" aria-label="{title}">\n{content}\n</svg>'
