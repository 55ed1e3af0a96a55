"""Layers in the style of a small PyTorch: parameters are objects with `data` and `grad`.

Gradients are added to `grad`, and `zero_grad` clears them before the next step, as in PyTorch. Modules are called like
functions.
"""

import numpy as np


class Parameter:
    def __init__(self, data):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = np.zeros_like(self.data)

    @property
    def shape(self):
        return self.data.shape

    def zero_grad(self):
        self.grad = np.zeros_like(self.data)


class Module:
    def __init__(self):
        self.training = True

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return [value for value in vars(self).values() if isinstance(value, Parameter)]

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode=True):
        self.training = mode
        return self

    def eval(self):
        return self.train(False)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def shifted(kernel_index, stride, dilation, count):
    start = kernel_index * dilation
    return slice(start, start + (count - 1) * stride + 1, stride)


class Linear(Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = Parameter(np.random.randn(out_features, in_features) * np.sqrt(2 / in_features))
        self.bias = Parameter(np.zeros(out_features))

    def forward(self, x):
        self.x = x
        return x @ self.weight.data.T + self.bias.data

    def backward(self, grad_output):
        self.weight.grad += grad_output.T @ self.x
        self.bias.grad += grad_output.sum(axis=0)
        return grad_output @ self.weight.data


class Conv2d(Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair(kernel_size)
        self.stride = pair(stride)
        self.padding = pair(padding)
        self.dilation = pair(dilation)
        self.groups = groups
        scale = 1 / np.sqrt(in_channels // groups * self.kernel_size[0] * self.kernel_size[1])
        self.weight = Parameter(
            np.random.uniform(-scale, scale, (out_channels, in_channels // groups, *self.kernel_size))
        )
        self.bias = Parameter(np.random.uniform(-scale, scale, out_channels)) if bias else None

    def group_channels(self, g):
        """The input channels of one group."""
        per_group = self.in_channels // self.groups
        return slice(g * per_group, (g + 1) * per_group)

    def group_filters(self, g):
        per_group = self.out_channels // self.groups
        return slice(g * per_group, (g + 1) * per_group)

    def taps(self, out_h, out_w):
        for i in range(self.kernel_size[0]):
            for j in range(self.kernel_size[1]):
                rows = shifted(i, self.stride[0], self.dilation[0], out_h)
                cols = shifted(j, self.stride[1], self.dilation[1], out_w)
                yield i, j, rows, cols

    def forward(self, x):
        ph, pw = self.padding
        self.padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        n, _, h, w = self.padded.shape
        out_h = (h - self.dilation[0] * (self.kernel_size[0] - 1) - 1) // self.stride[0] + 1
        out_w = (w - self.dilation[1] * (self.kernel_size[1] - 1) - 1) // self.stride[1] + 1
        out = np.zeros((n, self.out_channels, out_h, out_w))
        for g in range(self.groups):
            filters = self.group_filters(g)
            for i, j, rows, cols in self.taps(out_h, out_w):
                patch = self.padded[:, self.group_channels(g), rows, cols]
                out[:, filters] += np.einsum("nchw,oc->nohw", patch, self.weight.data[filters, :, i, j])
        if self.bias is not None:
            out += self.bias.data.reshape(1, -1, 1, 1)
        return out

    def backward(self, grad_output):
        grad_padded = np.zeros_like(self.padded)
        for g in range(self.groups):
            filters = self.group_filters(g)
            dy = grad_output[:, filters]
            for i, j, rows, cols in self.taps(*grad_output.shape[2:]):
                patch = self.padded[:, self.group_channels(g), rows, cols]
                self.weight.grad[filters, :, i, j] += np.einsum("nohw,nchw->oc", dy, patch)
                grad_padded[:, self.grad_channels(g), rows, cols] += np.einsum(
                    "nohw,oc->nchw", dy, self.weight.data[filters, :, i, j]
                )
        if self.bias is not None:
            self.bias.grad += grad_output.sum(axis=(0, 2, 3))
        ph, pw = self.padding
        return grad_padded[:, :, ph : grad_padded.shape[2] - ph, pw : grad_padded.shape[3] - pw]

    def grad_channels(self, g):
        return self.group_channels(g)


class Conv2dInterleaved(Conv2d):
    """Mistake: the input's gradient takes every groups-th channel for a group."""

    def grad_channels(self, g):
        return slice(g, None, self.groups)


class ConvTranspose2d(Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0):
        super().__init__()
        self.out_channels = out_channels
        self.kernel_size = pair(kernel_size)
        self.stride = stride
        self.padding = padding
        self.output_padding = output_padding
        self.weight = Parameter(np.random.randn(in_channels, out_channels, *self.kernel_size) * 0.1)
        self.bias = Parameter(np.zeros(out_channels))

    def taps(self, h, w):
        for i in range(self.kernel_size[0]):
            for j in range(self.kernel_size[1]):
                yield i, j, shifted(i, self.stride, 1, h), shifted(j, self.stride, 1, w)

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        full_h = (h - 1) * self.stride + self.kernel_size[0] + self.output_padding
        full_w = (w - 1) * self.stride + self.kernel_size[1] + self.output_padding
        canvas = np.zeros((n, self.out_channels, full_h, full_w))
        for i, j, rows, cols in self.taps(h, w):
            canvas[:, :, rows, cols] += np.einsum("nchw,co->nohw", x, self.weight.data[:, :, i, j])
        return self.cropped(canvas) + self.bias.data[:, None, None]

    def cropped(self, canvas):
        p = self.padding
        return canvas[:, :, p : canvas.shape[2] - p, p : canvas.shape[3] - p]

    def backward(self, grad_output):
        p = self.padding
        dy = np.pad(grad_output, ((0, 0), (0, 0), (p, p), (p, p)))
        grad_input = np.zeros_like(self.x)
        for i, j, rows, cols in self.taps(*self.x.shape[2:]):
            patch = dy[:, :, rows, cols]
            self.weight.grad[:, :, i, j] += np.einsum("nchw,nohw->co", self.x, patch)
            grad_input += np.einsum("nohw,co->nchw", patch, self.weight.data[:, :, i, j])
        self.bias.grad += grad_output.sum(axis=(0, 2, 3))
        return grad_input


class ConvTranspose2dZeroTail(ConvTranspose2d):
    """Mistake: the output padding is a border of zeros at the end, before the bias."""

    def cropped(self, canvas):
        p, q = self.padding, self.output_padding
        inner = canvas[:, :, p : canvas.shape[2] - p - q, p : canvas.shape[3] - p - q]
        return np.pad(inner, ((0, 0), (0, 0), (0, q), (0, q)))

    def backward(self, grad_output):
        h, w = grad_output.shape[2] - self.output_padding, grad_output.shape[3] - self.output_padding
        seen = np.zeros_like(grad_output)
        seen[:, :, :h, :w] = grad_output[:, :, :h, :w]
        grad_input = super().backward(seen)
        self.bias.grad += grad_output.sum(axis=(0, 2, 3)) - seen.sum(axis=(0, 2, 3))
        return grad_input


class BatchNorm2d(Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.gamma = Parameter(np.ones(num_features))
        self.beta = Parameter(np.zeros(num_features))
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        else:
            mean, var = self.running_mean, self.running_var
        self.inv_std = 1 / np.sqrt(var + self.eps).reshape(1, -1, 1, 1)
        self.x_hat = (x - mean.reshape(1, -1, 1, 1)) * self.inv_std
        return self.gamma.data.reshape(1, -1, 1, 1) * self.x_hat + self.beta.data.reshape(1, -1, 1, 1)

    def backward(self, grad_output):
        axes = (0, 2, 3)
        self.gamma.grad += (grad_output * self.x_hat).sum(axis=axes)
        self.beta.grad += grad_output.sum(axis=axes)
        dx_hat = grad_output * self.gamma.data.reshape(1, -1, 1, 1)
        if not self.training:
            return dx_hat * self.inv_std
        mean = dx_hat.mean(axis=axes, keepdims=True)
        slope = (dx_hat * self.x_hat).mean(axis=axes, keepdims=True)
        return self.inv_std * (dx_hat - mean - self.x_hat * slope)


class LayerNorm(Module):
    """Mistake: the mean is differentiated, the variance is taken for a constant."""

    def __init__(self, normalized_shape, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.weight = Parameter(np.ones(normalized_shape))
        self.bias = Parameter(np.zeros(normalized_shape))

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.x_hat = (x - mean) / self.std
        return self.weight.data * self.x_hat + self.bias.data

    def backward(self, grad_output):
        self.weight.grad += (grad_output * self.x_hat).sum(axis=0)
        self.bias.grad += grad_output.sum(axis=0)
        dx_hat = grad_output * self.weight.data
        return (dx_hat - dx_hat.mean(axis=-1, keepdims=True)) / self.std
