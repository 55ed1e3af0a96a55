"""`trace`: compute a trace from an operation and its settings."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from .limits import choose_selection, everything, take_selection
from .record import Trace
from .request import Request, request_from_keywords
from .values import draw


def trace(
    op: str, *, input: Any = None, kernel_size: Any = None, stride: Any = None, padding: Any = None,
    dilation: Any = None, output_padding: Any = None, groups: Any = None, ceil_mode: bool | None = None,
    count_include_pad: bool | None = None, images: int | None = None, channels: int | None = None,
    outputs: int | None = None, bias: bool = False, values: str = "integers", seed: int = 0, x: Any = None,
    w: Any = None, b: Any = None, dy: Any = None, selection: Any = None,
) -> Trace:  # fmt: skip
    """Trace a layer: compute its output and gradients, and record from which cells each of their numbers is computed.

    Args:
        op: conv1d, conv2d, conv_transpose1d, conv_transpose2d, max_pool1d, max_pool2d, avg_pool1d or avg_pool2d.
        input: the spatial size of x, an int or one int per axis (default: 5, or the size of x).
        kernel_size: an int or one int per axis (default: 3, for pooling 2, or the size of w).
        stride, padding, dilation, output_padding, groups, ceil_mode, count_include_pad: as for the function of the
            same name in `rot180.functional`; each operation accepts only its own settings.
        images, channels, outputs: N, C and O (default: 1, or one channel per group).
        bias: True for a layer with a bias.
        values: "integers", "random" or "impulse": the values of arrays that are not passed.
        seed: the seed of these values.
        x, w, b, dy: the values of these arrays, as arrays or lists. Shape (H, W) means one sample with one channel.
        selection: show only these samples and channels, for example {"n": [0], "o": [3], "c": [0, 1]}. By default a
            layer that is too large to show is reduced to one sample, one output channel and as many input channels
            as fit.

    Returns:
        The trace.

    Raises:
        ShapeError, DtypeError: if the layer rejects the arguments.
        ExplainError: if the operation or a setting is unknown, or the layer is too large.
    """
    keywords = {name: value for name, value in locals().items() if name != "op"}
    return build(request_from_keywords(op, keywords))


def build(request: Request, source: Any = None) -> Trace:
    """Compute the trace of a request."""
    shapes = request.shapes()
    layer = request.layer
    selection = choose_selection(layer, shapes, request.selection)
    arrays = {}
    for name, shape in shapes.items():
        array = request.user_arrays.get(name)
        if array is None:
            array = draw(request.values, request.seed, name, shape)
        elif array.shape != shape:
            raise ShapeError(f"{layer.operation.name}: {name} has shape {array.shape}; {shape} is needed")
        arrays[name] = array
    if selection == everything(shapes):
        return Trace(layer, request, arrays, selection, None, source)
    part, arrays, rest = take_selection(layer, arrays, selection)
    return Trace(part, request, arrays, selection, rest, source)


def example() -> Trace:
    """The trace that `rot180 explain` shows without arguments.

    The weights of its kernel are 1 to 9, so that the rotation is visible. Stride 1 and padding 1 are chosen because an
    inner cell of dx is then computed from a patch of dy as large as the kernel.
    """
    return trace("conv2d", input=4, kernel_size=3, padding=1, w=[[1, 2, 3], [4, 5, 6], [7, 8, 9]])
