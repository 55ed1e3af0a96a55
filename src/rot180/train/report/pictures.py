"""Pictures, drawn with matplotlib: curves as SVG that takes the page's colours, tiles as PNG.

matplotlib is the extra `report`, imported where used; without it `load_pictures` returns None. No pyplot: figures are
made directly, so that whatever the caller has set up there stays. The same values give the same bytes.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
BLUE, ORANGE = (47, 126, 216), (224, 108, 20)  # told apart with every kind of colour blindness, on light and on dark
SIDE = 48  # cells of a tile's longer side, at most; a larger one is averaged down

# Stand-ins that matplotlib draws with; the page's own variables take their places, so that its dark colours apply too.
_COLOURS = {"#010101": "var(--soft)", "#020202": "var(--line)", "#030303": "var(--blue)", "#040404": "var(--orange)"}
_SOFT, _LINE, _BLUE, _ORANGE = _COLOURS
STYLES: dict[str, Any] = {
    "training": {"color": _ORANGE, "linestyle": (0, (3, 1.5))},
    "held out": {"color": _BLUE},
    "": {"color": _SOFT},
}


@dataclass(frozen=True)
class Curve:
    """Values over epochs.

    Attributes:
        epochs, values: side by side.  style: a key of `STYLES`.
    """

    epochs: Sequence[float]
    values: Sequence[float]
    style: str


class Pictures:
    """What can be drawn. Made by `load_pictures`, which makes sure that matplotlib is there."""

    def curves(self, title: str, curves: Sequence[Curve], *, percent: bool = False, log: bool = False) -> str:
        """An <svg> of curves over epochs; a single epoch is a point."""
        import matplotlib.style
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

        # style.context: neither the caller's settings here nor ours there. Text stays text, in the page's font, which
        # is about as large as the one that matplotlib measures with.
        unsaid: Any = dict.fromkeys(("Date", "Creator", "Type"))
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
            if log:
                axes.set_yscale("log")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
                axes.yaxis.set_minor_formatter(NullFormatter())
            elif not percent:
                axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter(
                FuncFormatter(lambda value, _: f"{100 * value:.4g}%" if percent else f"{value:.4g}")
            )
            if percent:
                axes.set_ylim(top=min(axes.get_ylim()[1], 1))
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            figure.text(0, 0.035, "epoch", color=_SOFT)
            axes.grid(axis="y", color=_LINE, linewidth=0.8)
            axes.set_axisbelow(True)
            axes.tick_params(which="both", left=False, bottom=False, labelcolor=_SOFT)
            for side, spine in axes.spines.items():
                spine.set(visible=side == "bottom", color=_LINE)
            buffer = io.StringIO()
            figure.savefig(buffer, format="svg", transparent=True, metadata=unsaid)
        return _inline(buffer.getvalue(), title)

    def grey_or_colour(self, image: Array, low: float, high: float, side: int = SIDE) -> str:
        """An image (C, H, W) as the address of a PNG, low black and high white; other channel counts: their mean."""
        cells = shrunk(image if len(image) in (1, 3) else image.mean(0, keepdims=True), side)
        share = np.clip((cells - low) / ((high - low) or 1), 0, 1)  # (1 or 3, H, W)
        colour = np.broadcast_to(share, (3, *share.shape[1:])).transpose(1, 2, 0)  # (H, W, 3)
        return _png(np.rint(colour * 255).astype(np.uint8))

    def signed(self, cells: Array, reach: float, side: int = SIDE) -> str:
        """Cells (H, W) as the address of a PNG: blue above zero, orange below, clear at zero, full at +-reach."""
        cells = shrunk(cells[None], side)[0]
        colour = np.where(cells[..., None] < 0, ORANGE, BLUE)  # (H, W, 3)
        strength = np.clip(np.abs(cells) / (reach or 1), 0, 1)[..., None]
        return _png(np.concatenate([colour, np.rint(strength * 255)], 2).astype(np.uint8))


def load_pictures() -> Pictures | None:
    """Pictures, or None where matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return None
    return Pictures()


def shrunk(image: Array, side: int) -> Array:
    """(C, H, W) in float64, its longer side at most so many cells: the means of blocks, a rest at the end left out."""
    step = -(-max(image.shape[1:]) // side)
    height, width = (max(size // step, 1) for size in image.shape[1:])
    cut = image[:, : height * step, : width * step].astype(np.float64)
    rows, columns = min(step, cut.shape[1]), min(step, cut.shape[2])
    return np.asarray(cut.reshape(len(image), height, rows, width, columns).mean((2, 4)))


def _png(cells: Array) -> str:
    """RGB or RGBA cells, uint8 (H, W, 3 or 4), as a data: address."""
    from matplotlib.image import imsave

    buffer = io.BytesIO()
    unsaid: Any = {"Software": None}
    imsave(buffer, cells, format="png", metadata=unsaid, pil_kwargs={"optimize": True})
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _inline(svg: str, title: str) -> str:
    """matplotlib's SVG as a part of a page: without its prologue, style sheet and names, in the page's colours."""
    body = svg[svg.index("<svg") :]
    view = re.search(r'viewBox="([^"]*)"', body)
    content = body[body.index(">") + 1 : body.rindex("</svg>")]
    content = re.sub(r"<metadata>.*?</metadata>", "", content, flags=re.DOTALL)
    content = re.sub(r"<style\b.*?</style>", "", content, flags=re.DOTALL)
    content = re.sub(r"<!--.*?-->", "", content, flags=re.DOTALL)
    content = re.sub(r' id="[\w.]+_\d+"', "", content)  # figure_1, matplotlib.axis_1, ...: the same in every figure
    content = re.sub(r"\s*\n\s*", "\n", content).strip()
    for stand_in, colour in _COLOURS.items():
        content = content.replace(stand_in, colour)
    return f'<svg viewBox="{view[1] if view else ""}" role="img" aria-label="{title}">\n{content}\n</svg>'
