"""Pairs of static methods in the style of torch.autograd.Function, on NumPy arrays.

`forward(ctx, ...)` saves what it needs in `ctx`; `backward(ctx, grad_output)` returns one gradient for each argument of
forward, and None for settings. Nothing is ever instantiated.
"""

import numpy as np


class Context:
    def __init__(self):
        self.saved_tensors = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors


class Function:
    @classmethod
    def apply(cls, *args):
        ctx = Context()
        output = cls.forward(ctx, *args)
        return output, lambda grad_output: cls.backward(ctx, grad_output)


class Conv2dFunction(Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None, stride=1, padding=0, dilation=1):
        ctx.stride, ctx.padding, ctx.dilation = stride, padding, dilation
        ctx.save_for_backward(input, weight, bias)
        x = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        kh, kw = weight.shape[2:]
        oh = (x.shape[2] - dilation * (kh - 1) - 1) // stride + 1
        ow = (x.shape[3] - dilation * (kw - 1) - 1) // stride + 1
        output = np.zeros((x.shape[0], weight.shape[0], oh, ow))
        for i in range(oh):
            for j in range(ow):
                r, c = i * stride, j * stride
                patch = x[:, :, r : r + dilation * (kh - 1) + 1 : dilation, c : c + dilation * (kw - 1) + 1 : dilation]
                output[:, :, i, j] = np.einsum("ncij,ocij->no", patch, weight)
        if bias is not None:
            output += bias[None, :, None, None]
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        stride, padding, dilation = ctx.stride, ctx.padding, ctx.dilation
        x = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        kh, kw = weight.shape[2:]
        grad_x = np.zeros_like(x)
        grad_weight = np.zeros_like(weight)
        for i in range(grad_output.shape[2]):
            for j in range(grad_output.shape[3]):
                r, c = i * stride, j * stride
                rows = slice(r, r + dilation * (kh - 1) + 1, dilation)
                cols = slice(c, c + dilation * (kw - 1) + 1, dilation)
                g = grad_output[:, :, i, j]
                grad_weight += np.einsum("no,ncij->ocij", g, x[:, :, rows, cols])
                grad_x[:, :, rows, cols] += np.einsum("no,ocij->ncij", g, weight)
        grad_input = grad_x[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]
        grad_bias = grad_output.sum(axis=(0, 2, 3)) if bias is not None else None
        return grad_input, grad_weight, grad_bias, None, None, None


class Conv2dUnitStrideFunction(Conv2dFunction):
    """Mistake: the weight's gradient steps through the input by one, whatever the stride is."""

    @staticmethod
    def backward(ctx, grad_output):
        grad_input, _, grad_bias, *_ = Conv2dFunction.backward(ctx, grad_output)
        input, weight, _ = ctx.saved_tensors
        p, d = ctx.padding, ctx.dilation
        x = np.pad(input, ((0, 0), (0, 0), (p, p), (p, p)))
        oh, ow = grad_output.shape[2:]
        grad_weight = np.zeros_like(weight)
        for i in range(weight.shape[2]):
            for j in range(weight.shape[3]):
                patch = x[:, :, i * d : i * d + oh, j * d : j * d + ow]
                grad_weight[:, :, i, j] = np.einsum("nohw,nchw->oc", grad_output, patch)
        return grad_input, grad_weight, grad_bias, None, None, None


class LinearFunction(Function):
    @staticmethod
    def forward(ctx, input, weight, bias):
        ctx.save_for_backward(input, weight, bias)
        return input @ weight.T + bias

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, _ = ctx.saved_tensors
        return grad_output @ weight, grad_output.T @ input, grad_output.sum(0)


class LinearUnsummedFunction(Function):
    """Mistake: the bias is broadcast over the batch, and its gradient isn't summed."""

    @staticmethod
    def forward(ctx, input, weight, bias):
        ctx.save_for_backward(input, weight, bias)
        return input @ weight.T + bias

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, _ = ctx.saved_tensors
        return grad_output @ weight, grad_output.T @ input, grad_output


class TanhFunction(Function):
    @staticmethod
    def forward(ctx, x):
        y = np.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad_output):
        (y,) = ctx.saved_tensors
        return grad_output * (1 - y * y)


class LeakyReLUFunction(Function):
    @staticmethod
    def forward(ctx, x, negative_slope=0.01):
        ctx.save_for_backward(x)
        ctx.negative_slope = negative_slope
        return np.where(x > 0, x, negative_slope * x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return np.where(x > 0, grad_output, ctx.negative_slope * grad_output), None


class LeakyReLUMaskOfGradFunction(LeakyReLUFunction):
    """Mistake: the sign that counts is the input's, not the gradient's."""

    @staticmethod
    def backward(ctx, grad_output):
        return np.where(grad_output > 0, grad_output, ctx.negative_slope * grad_output), None


class CrossEntropyFunction(Function):
    @staticmethod
    def forward(ctx, logits, target):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        ctx.save_for_backward(log_probabilities, target)
        return -log_probabilities[np.arange(len(target)), target].mean()

    @staticmethod
    def backward(ctx, grad_output):
        log_probabilities, target = ctx.saved_tensors
        grad = np.exp(log_probabilities)
        grad[np.arange(len(target)), target] -= 1
        return grad_output * grad / len(target), None


class MSEFunction(Function):
    """Mistake: the two of the square's derivative is missing."""

    @staticmethod
    def forward(ctx, prediction, target):
        ctx.save_for_backward(prediction, target)
        return np.mean((prediction - target) ** 2)

    @staticmethod
    def backward(ctx, grad_output):
        prediction, target = ctx.saved_tensors
        return grad_output * (prediction - target) / prediction.size, None
