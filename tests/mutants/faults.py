"""The faults: one wrong line each, in kernels, gradients, layers and optimisers. The test suite must notice every one.

A fault replaces `old`, which must occur exactly once in the file, by `new`. When the source is rewritten so that `old`
is no longer found, write the same mistake into the new source: do not drop the fault.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One mistake: its description, the file below src/rot180, the right text and the wrong one."""

    description: str
    file: str
    old: str
    new: str


WINDOW = [
    Fault(
        "the last position that a tap meets is one too far",
        "window.py",
        "(size - 1 - shift) // step)",
        "(size - shift) // step)",
    ),
    Fault(
        "padding='same' puts the odd cell before the input",
        "window.py",
        "return total // 2, total - total // 2",
        "return total - total // 2, total // 2",
    ),
]

KERNELS = [
    Fault(
        "the bias is subtracted",
        "kernels/reference/convolution/columns.py",
        "part += bias.reshape(groups, -1, 1)",
        "part -= bias.reshape(groups, -1, 1)",
    ),
    Fault(
        "the weight gradient keeps the last block of positions only",
        "kernels/reference/convolution/columns.py",
        "total += product",
        "total = product",
    ),
    Fault(
        "the first column of a phase is rounded down, not up",
        "kernels/reference/convolution/tap_walk.py",
        "first = -(-max(pad - phase, 0) // step)",
        "first = max(pad - phase, 0) // step",
    ),
    Fault(
        "small convolutions ignore dilation",
        "kernels/reference/convolution/index_table.py",
        "i = s * p + d * k - pad",
        "i = s * p + k - pad",
    ),
    Fault(
        "a depthwise layer with several kernels per channel uses the first one for all",
        "kernels/reference/convolution/depthwise.py",
        "kernel[block, m, i], out=scaled)",
        "kernel[block, 0, i], out=scaled)",
    ),
    Fault(
        "the bias gradient sums over the first image only",
        "kernels/reference/bias.py",
        "y.sum((0, *range(2, y.ndim)))",
        "y[:1].sum((0, *range(2, y.ndim)))",
    ),
    Fault(
        "max pooling gives the gradient to every tied maximum",
        "kernels/reference/pool.py",
        "hit &= ~done[positions]",
        "pass",
    ),
    Fault(
        "max pooling does not find the NaN that it returned",
        "kernels/reference/pool.py",
        "hit |= np.isnan(x[cells])",
        "pass",
    ),
    Fault(
        "the gradient of average pooling overwrites where windows overlap",
        "kernels/reference/pool.py",
        "x[cells] += share[positions]",
        "x[cells] = share[positions]",
    ),
    Fault(
        "the gradient through the variance misses a factor",
        "kernels/reference/norm.py",
        "(r * r / -count)",
        "(r / -count)",
    ),
    Fault(
        "the gradient through the mean is missing",
        "kernels/reference/norm.py",
        "cells -= shift",
        "pass",
    ),
    Fault(
        "Nesterov momentum is plain momentum",
        "kernels/reference/update.py",
        "g = np.add(np.multiply(v, keep, b), g, b) if nesterov else v",
        "g = v",
    ),
    Fault(
        "the native weight gradient swaps x and y when it copies them",
        "kernels/native.py",
        "x, y = contiguous(x), contiguous(y)",
        "x, y = contiguous(y), contiguous(x)",
    ),
    Fault(
        "the native transposed convolution drops the relu after a bias",
        "kernels/native.py",
        "if bias is None else contiguous(bias), relu)",
        "if bias is None else contiguous(bias), False)",
    ),
    Fault(
        "the overwriting native norm confuses the needs of weight and bias",
        "kernels/native.py",
        "norm_x_over(gy, *inputs, *settings, (needs_weight, needs_bias))",
        "norm_x_over(gy, *inputs, *settings, (needs_bias, needs_weight))",
    ),
    Fault(
        "the native norm accepts layouts that it cannot compute",
        "kernels/native.py",
        "if x.shape[2] > 1 and axes != SAMPLE:",
        "if False:",
    ),
    Fault(
        "the native max pooling accepts windows of any width",
        "kernels/native.py",
        "return WIDE_WINDOW if window.dilation[-1] * (window.kernel[-1] - 1) >= MAX_EXTENT else None",
        "return None",
    ),
]

FUNCTIONS = [
    Fault(
        "the recorded gradient of relu is 1 at 0",
        "functional/piecewise_activation.py",
        "return (choose(raw(y) <= 0, 0.0, g),)",
        "return (choose(raw(y) < 0, 0.0, g),)",
    ),
    Fault(
        "the overwriting gradient of relu passes everything (only .backward() takes it)",
        "functional/piecewise_activation.py",
        "return (kernels.relu_x(g, y, overwrite),)",
        "return (g if overwrite else kernels.relu_x(g, y),)",
    ),
    Fault(
        "the overwriting gradient of leaky_relu has the wrong sign (only .backward() takes it)",
        "functional/piecewise_activation.py",
        "kernels.leaky_relu_x(g, x, negative_slope, overwrite)",
        "kernels.leaky_relu_x(g, x, -negative_slope if overwrite else negative_slope, overwrite)",
    ),
    Fault(
        "the overwriting gradient of a fused relu passes everything (only .backward() takes it)",
        "functional/fused.py",
        "vjp(kernels.relu_x(g, y, overwrite), needs, None, *call)",
        "vjp(g if overwrite else kernels.relu_x(g, y), needs, None, *call)",
    ),
    Fault(
        "the gradient of softmax misses the sum",
        "functional/softmax.py",
        "return (gy - y * _sum_along(gy, axis),)",
        "return (gy,)",
    ),
    Fault(
        "the gradient of a mean cross entropy is that of the sum",
        "functional/classification_loss.py",
        "scale = g if total is None else g / total",
        "scale = g",
    ),
    Fault(
        "the gradient of cross entropy is float64 for float32 logits",
        "functional/classification_loss.py",
        "scale = np.full(t.shape, scale, x.dtype)",
        "scale, x = np.full(t.shape, scale, np.float64), x.astype(np.float64)",
    ),
    Fault(
        "the running variance is the biased one",
        "functional/norm.py",
        "(1, count / (count - 1))",
        "(1, 1)",
    ),
    Fault(
        "momentum weighs the old statistics, not the new ones",
        "functional/norm.py",
        "average *= float(1 - momentum)",
        "average *= float(momentum)",
    ),
    Fault(
        "the bias gradient of a transposed convolution has the wrong sign",
        "functional/conv.py",
        "return gy, gw, bias_sums(gx, gx.shape) if needs[2] else None",
        "return gy, gw, -bias_sums(gx, gx.shape) if needs[2] else None",
    ),
    Fault(
        "the second derivative of a convolution has the wrong sign",
        "functional/conv.py",
        "return conv_x(y, gw, window) if needs[0] else None, conv_y(x, gw, window) if needs[1] else None",
        "return conv_x(y, gw, window) if needs[0] else None, -conv_y(x, gw, window) if needs[1] else None",
    ),
    Fault(
        "a reflected border repeats the edge",
        "functional/pad.py",
        "sources = slice(before + 1, 2 * before + 1), ",
        "sources = slice(before, 2 * before), ",
    ),
]

TAPE = [
    Fault(
        "the sweep adds into an array that somebody else holds",
        "tape/sweep.py",
        "np.add(a, b, out=a if overwrite else None)",
        "np.add(a, b, out=a if a.flags.writeable else None)",
    ),
    Fault(
        "a leaf keeps the cotangent itself, not a copy (only .backward() does so)",
        "tape/sweep.py",
        "node.grad = wrap(g if owned and g.flags.c_contiguous else g.copy())",
        "node.grad = wrap(g)",
    ),
    Fault(
        "an in-place change of a saved array goes unnoticed",
        "tape/sweep.py",
        "if node.seq > _last_write:",
        "if False:",
    ),
    Fault(
        "the gradient of an index that names a cell twice counts once",
        "tape/shape.py",
        "np.add.at(x, key, g)",
        "x[key] = g",
    ),
    Fault(
        "the gradient of a divisor has the wrong sign",
        "tape/arithmetic.py",
        "unbroadcast(-g * (a / b / b), b_shape)",
        "unbroadcast(g * (a / b / b), b_shape)",
    ),
]

LAYERS = [
    Fault(
        "the average over all batches counts one too many",
        "nn/norm.py",
        "momentum = 1 / (int(tracked.data) + 1)",
        "momentum = 1 / (int(tracked.data) + 2)",
    ),
    Fault(
        "fan in and fan out are swapped",
        "nn/init.py",
        "return into * math.prod(kernel), out * math.prod(kernel)",
        "return out * math.prod(kernel), into * math.prod(kernel)",
    ),
    Fault(
        "the state dict leaves out the buffers",
        "nn/module.py",
        "[name for name, is_persistent in module._buffers.items() if is_persistent]",
        "[name for name, is_persistent in module._buffers.items() if not is_persistent]",
    ),
    Fault(
        "a fused layer skips the forward hooks",
        "nn/fusion.py",
        "if module._forward_pre_hooks or module._forward_hooks or ",
        "if module._forward_pre_hooks or ",
    ),
]

OPTIMISERS = [
    Fault(
        "Adam corrects the second moment for the first step only",
        "optim/adam.py",
        "math.sqrt(1 - beta2**count)",
        "math.sqrt(1 - beta2)",
    ),
    Fault(
        "the weight decay of AdamW makes weights grow",
        "optim/adam.py",
        "np.asarray(1 - shrinkage, d.dtype)",
        "np.asarray(1 + shrinkage, d.dtype)",
    ),
    Fault(
        "a milestone takes effect one step late",
        "optim/lr_scheduler/decay.py",
        "bisect_right(self.milestones, step)",
        "bisect_right(self.milestones, step - 1)",
    ),
]

FAULTS = [*WINDOW, *KERNELS, *FUNCTIONS, *TAPE, *LAYERS, *OPTIMISERS]
