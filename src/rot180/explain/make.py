"""`trace`: from an operation and its settings to a `Trace`."""

from __future__ import annotations

from typing import Any

from .limits import choose, cut, everything
from .record import Trace
from .request import Request, ask, from_page
from .values import draw


def trace(
    op: str, *, input: Any = None, kernel_size: Any = None, stride: Any = None, padding: Any = None,
    dilation: Any = None, output_padding: Any = None, groups: Any = None, ceil_mode: bool | None = None,
    count_include_pad: bool | None = None, images: int | None = None, channels: int | None = None,
    outputs: int | None = None, bias: bool = False, values: str = "integers", seed: int = 0, x: Any = None,
    w: Any = None, b: Any = None, dy: Any = None, pictured: Any = None,
) -> Trace:  # fmt: skip
    """Which cells make every number of a layer and of its gradients.

    Args:
        op: conv1d, conv2d, conv_transpose1d, conv_transpose2d, max_pool1d, max_pool2d, avg_pool1d or avg_pool2d.
        input: the spatial size of x, an int or one per axis.  kernel_size: of the kernel. Taken from x and w if given.
        stride, padding, dilation, output_padding, groups, ceil_mode, count_include_pad: as the function of
            `rot180.functional` takes them; each operation takes its own.
        images, channels, outputs: N, C and O; 1, or one for each group.  bias: whether there is one.
        values: "integers", "random" or "impulse", for those of x, w, b and dy that are not given.  seed: of these.
        x, w, b, dy: numbers of your own, as arrays or lists; (H, W) is one sample of one channel.
        pictured: {"n": [0], "o": [3], "c": [0, 1]}: only these samples and channels; those that a layer too large for
            a picture shows are chosen otherwise: one sample, one output channel, as many channels as fit.

    Raises ShapeError or DtypeError, as the layer would, and ExplainError.
    """
    given = {name: value for name, value in locals().items() if name != "op"}
    return make(ask(op, given))


def requested(request: Any) -> Trace:
    """The trace that a page asks for: a JSON object with the names of `trace`, "kernel" for kernel_size."""
    return make(from_page(request))


def make(request: Request, source: Any = None) -> Trace:
    """The trace of a request."""
    shapes = request.shapes()
    layer = request.layer
    pictured = choose(layer, shapes, request.pictured)
    arrays = {}
    for name, shape in shapes.items():
        array = request.given.get(name)
        if array is None:
            array = draw(request.values, request.seed, name, shape)
        elif array.shape != shape:
            from ..errors import ShapeError

            raise ShapeError(f"{layer.operation.name}: {name} has shape {array.shape}; {shape} is needed")
        arrays[name] = array
    if pictured == everything(shapes):
        return Trace(layer, request, arrays, pictured, None, source)
    small, arrays, rest = cut(layer, arrays, pictured)
    return Trace(small, request, arrays, pictured, rest, source)


def welcome() -> Trace:
    """The example that greets: a stride, so that zeros are stuffed; a kernel that counts, so that its turn shows."""
    return trace("conv2d", input=5, kernel_size=3, stride=2, padding=1, w=[[1, 2, 3], [4, 5, 6], [7, 8, 9]])
