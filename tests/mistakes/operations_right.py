"""Right implementations of operations other than convolutions, in the styles that people write them in.

RIGHT lists them: (name, forward, backward, operation, settings).
"""

from __future__ import annotations

import numpy as np

# ---- relu and its relatives ----


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] = 0
    return dx


def relu_by_loops(x):
    y = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        if x[index] > 0:
            y[index] = x[index]
    return y


def relu_at_zero(dA, Z):
    return dA * (Z >= 0)


def leaky(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def leaky_backward(grad_output, x, alpha=0.01):
    return grad_output * np.where(x > 0, 1.0, alpha)


def leaky_fixed(z):
    return np.maximum(0.2 * z, z)


def leaky_fixed_backward(dz, z):
    slope = np.ones_like(z)
    slope[z < 0] = 0.2
    return slope * dz


def sigmoid(x):
    y = 1 / (1 + np.exp(-x))
    return y, y


def sigmoid_backward(dout, cache):
    return dout * cache * (1 - cache)


def sigmoid_single(x):
    return np.float32(1) / (1 + np.exp(-x.astype(np.float32)))


def sigmoid_from_result(dout, out):
    return (dout * out * (1 - out)).astype(np.float32)


class Tanh:
    """An object that keeps its result."""

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dy):
        return dy * (1 - self.y**2)


# ---- pooling ----


def pool_by_loops(x, pool_param):
    rows, columns, step = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    n, c, h, w = x.shape
    y = np.zeros((n, c, (h - rows) // step + 1, (w - columns) // step + 1))
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            y[:, :, i, j] = x[:, :, i * step : i * step + rows, j * step : j * step + columns].max((2, 3))
    return y, (x, pool_param)


def pool_by_loops_backward(dout, cache):
    x, pool_param = cache
    rows, columns, step = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * step : i * step + rows, j * step : j * step + columns]
        k, m = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * step + k, j * step + m] += dout[n, c, i, j]
    return dx


def pool_by_reshape(x):
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // 2, 2, w // 2, 2)
    y = parts.max((3, 5))
    return y, (parts, y)


def pool_by_reshape_backward(dout, cache):
    parts, y = cache
    mask = parts == y[:, :, :, None, :, None]
    share = mask / mask.sum((3, 5), keepdims=True)
    n, c, p, _, q, _ = parts.shape
    return (share * dout[:, :, :, None, :, None]).reshape(n, c, 2 * p, 2 * q)


def pool_to_tied_cells(dout, cache):
    """Passes the whole gradient to all largest cells of a window: mask = x == max."""
    parts, y = cache
    n, c, p, _, q, _ = parts.shape
    mask = parts == y[:, :, :, None, :, None]
    return (mask * dout[:, :, :, None, :, None]).reshape(n, c, 2 * p, 2 * q)


def pool_to_tied_cells_of_windows(dout, cache):
    """The same in loops, for windows that overlap."""
    x, pool_param = cache
    rows, columns, step = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        at = np.s_[n, c, i * step : i * step + rows, j * step : j * step + columns]
        dx[at] += (x[at] == x[at].max()) * dout[n, c, i, j]
    return dx


def pool_by_strides(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel_size, kernel_size), (2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return windows.max((4, 5)), windows.reshape(*windows.shape[:4], -1).argmax(-1)


def pool_by_strides_backward(dy, x, cache, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    n, c, h, w = x.shape
    dx = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    a, b, i, j = np.indices(cache.shape)
    np.add.at(dx, (a, b, i * stride + cache // kernel_size, j * stride + cache % kernel_size), dy)
    return dx[:, :, padding : padding + h, padding : padding + w]


def pool_of_a_signal(x, k=2, s=2):
    starts = range(0, x.shape[2] - k + 1, s)
    return np.stack([x[:, :, i : i + k].max(-1) for i in starts], -1)


def pool_of_a_signal_backward(dy, x, k=2, s=2):
    dx = np.zeros_like(x)
    for p in range(dy.shape[2]):
        at = p * s + x[:, :, p * s : p * s + k].argmax(-1)
        for n, c in np.ndindex(*at.shape):
            dx[n, c, at[n, c]] += dy[n, c, p]
    return dx


def pool_of_images_last(images):
    n, h, w, c = images.shape
    return images.reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))


def pool_of_images_last_backward(dout, images):
    mask = images == pool_of_images_last(images).repeat(2, 1).repeat(2, 2)
    n, h, w, c = images.shape
    ties = mask.reshape(n, h // 2, 2, w // 2, 2, c).sum((2, 4))
    return (dout / ties).repeat(2, 1).repeat(2, 2) * mask


def average(x, kernel_size=2, stride=2, padding=0):
    k, s, p = kernel_size, stride, padding
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    rows, columns = ((n + 2 * p - k) // s + 1 for n in x.shape[2:])
    y = np.zeros((*x.shape[:2], rows, columns))
    for i in range(k):
        for j in range(k):
            y += padded[:, :, i : i + s * (rows - 1) + 1 : s, j : j + s * (columns - 1) + 1 : s]
    return y / k**2


def average_backward(dout, x, kernel_size=2, stride=2, padding=0):
    k, s, p = kernel_size, stride, padding
    rows, columns = dout.shape[2:]
    dx = np.zeros((*x.shape[:2], x.shape[2] + 2 * p, x.shape[3] + 2 * p))
    for i in range(k):
        for j in range(k):
            dx[:, :, i : i + s * (rows - 1) + 1 : s, j : j + s * (columns - 1) + 1 : s] += dout / k**2
    return dx[:, :, p : p + x.shape[2], p : p + x.shape[3]]


# ---- norms ----


def batchnorm_forward(x, gamma, beta, bn_param):
    """Step by step, following the graph of the computation."""
    mu = x.mean(0)
    centred = x - mu
    var = (centred**2).mean(0)
    std = np.sqrt(var + bn_param.get("eps", 1e-5))
    x_hat = centred / std
    return gamma * x_hat + beta, (x_hat, centred, std, gamma)


def batchnorm_backward(dout, cache):
    x_hat, centred, std, gamma = cache
    n = dout.shape[0]
    dx_hat = dout * gamma
    dstd = (-dx_hat * centred / std**2).sum(0)
    dvar = dstd / (2 * std)
    dcentred = dx_hat / std + 2 * centred / n * dvar
    dx = dcentred - dcentred.mean(0)
    return dx, (dout * x_hat).sum(0), dout.sum(0)


def batchnorm_alt_backward(dout, cache):
    x_hat, _, std, gamma = cache
    n = len(dout)
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    return {"dbeta": dbeta, "dgamma": dgamma, "dx": gamma / std / n * (n * dout - x_hat * dgamma - dbeta)}


def spatial_batchnorm(x, gamma, beta, eps=1e-8):
    axes = (0, 2, 3)
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


def spatial_batchnorm_backward(dy, x, gamma, eps=1e-8):
    axes = (0, 2, 3)
    std = np.sqrt(x.var(axes, keepdims=True) + eps)
    x_hat = (x - x.mean(axes, keepdims=True)) / std
    g = dy * gamma[:, None, None]
    dx = (g - g.mean(axes, keepdims=True) - x_hat * (g * x_hat).mean(axes, keepdims=True)) / std
    return dx, np.einsum("nchw,nchw->c", dy, x_hat), np.einsum("nchw->c", dy)


def whitened(x):
    """Without gamma and beta, and with a fixed eps."""
    std = np.sqrt(x.var(0) + 1e-6)
    y = (x - x.mean(0)) / std
    return y, (y, std)


def whitened_backward(dy, cache):
    y, std = cache
    return (dy - dy.mean(0) - y * (dy * y).mean(0)) / std


def layernorm(x, gamma, beta, ln_param):
    std = np.sqrt(x.var(-1, keepdims=True) + ln_param["eps"])
    x_hat = (x - x.mean(-1, keepdims=True)) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)


def layernorm_backward(dout, cache):
    x_hat, std, gamma = cache
    g, lead = dout * gamma, tuple(range(dout.ndim - gamma.ndim))
    dx = (g - g.mean(-1, keepdims=True) - x_hat * (g * x_hat).mean(-1, keepdims=True)) / std
    return dx, (dout * x_hat).sum(lead), dout.sum(lead)


# ---- softmax and losses ----


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def softmax_by_jacobians(dy, x):
    dx = np.empty_like(x)
    for i, p in enumerate(softmax(x)):
        dx[i] = (np.diag(p) - np.outer(p, p)) @ dy[i]
    return dx


def softmax_from_result(dout, probs):
    return probs * (dout - (dout * probs).sum(1, keepdims=True))


def softmax_loss(x, y):
    """One function for both, as in CS231n."""
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    n = x.shape[0]
    dx = np.exp(logs)
    dx[np.arange(n), y] -= 1
    return -logs[np.arange(n), y].mean(), dx / n


def cross_entropy(logits, labels):
    return float(np.mean(np.logaddexp.reduce(logits, 1) - logits[np.arange(len(labels)), labels]))


def cross_entropy_backward(dy, logits, labels):
    return dy * (softmax(logits) - np.eye(logits.shape[1])[labels]) / len(labels)


def cross_entropy_sum(logits, target):
    p = softmax(logits)
    return -np.log(np.take_along_axis(p, target[:, None], 1)).sum(), (p, target)


def cross_entropy_sum_backward(cache):
    p, target = cache
    d = p.copy()
    d[np.arange(len(target)), target] -= 1
    return d


def mse(y_pred, y_true):
    return np.square(y_pred - y_true).mean()


def mse_backward(y_pred, y_true):
    return 2 * (y_pred - y_true) / y_true.size


def half_squares(x, t, layout=None):
    return 0.5 * sum((a - b) ** 2 for a, b in zip(x.ravel(), t.ravel()))  # noqa: B905


def half_squares_backward(x, t, dloss=1.0):
    return dloss * (x - t)


_tanh = Tanh()

RIGHT = [
    ("relu, as in CS231n", relu_forward, relu_backward, "relu", {}),
    ("relu, 1 at 0", relu_by_loops, relu_at_zero, "relu", {}),
    ("relu of a matrix", relu_by_loops, relu_at_zero, "relu", {"layout": "hw"}),
    ("leaky relu, told its slope", leaky, leaky_backward, "leaky_relu", {}),
    ("leaky relu, slope 0.2 in the code", leaky_fixed, leaky_fixed_backward, "leaky_relu", {}),
    ("sigmoid", sigmoid, sigmoid_backward, "sigmoid", {}),
    ("sigmoid in float32", sigmoid_single, sigmoid_from_result, "sigmoid", {}),
    ("tanh, an object", _tanh.forward, _tanh.backward, "tanh", {}),
    ("max pool, as in CS231n", pool_by_loops, pool_by_loops_backward, "max_pool2d", {}),
    ("max pool by reshape", pool_by_reshape, pool_by_reshape_backward, "max_pool2d", {}),
    ("max pool to tied cells", pool_by_reshape, pool_to_tied_cells, "max_pool2d", {}),
    ("max pool to tied cells of windows", pool_by_loops, pool_to_tied_cells_of_windows, "max_pool2d", {}),
    ("max pool by strides", pool_by_strides, pool_by_strides_backward, "max_pool2d", {}),
    ("max pool 1d", pool_of_a_signal, pool_of_a_signal_backward, "max_pool1d", {}),
    (
        "max pool of images, channels last", pool_of_images_last, pool_of_images_last_backward, "max_pool2d",
        {"layout": "nhwc"},
    ),
    ("average pool", average, average_backward, "avg_pool2d", {}),
    ("average pool, no padding", average, average_backward, "avg_pool2d", {"padding": 0, "kernel_size": 3}),
    ("batch norm step by step", batchnorm_forward, batchnorm_backward, "batch_norm", {}),
    ("batch norm in one line", batchnorm_forward, batchnorm_alt_backward, "batch_norm", {}),
    ("batch norm of images", spatial_batchnorm, spatial_batchnorm_backward, "batch_norm", {}),
    ("batch norm without gamma", whitened, whitened_backward, "batch_norm", {}),
    ("layer norm", layernorm, layernorm_backward, "layer_norm", {}),
    ("layer norm of sequences", layernorm, layernorm_backward, "layer_norm", {"normalized_shape": 5}),
    ("softmax by Jacobians", softmax, softmax_by_jacobians, "softmax", {}),
    ("softmax from its result", softmax, softmax_from_result, "softmax", {}),
    ("cross entropy, as in CS231n", softmax_loss, None, "softmax_cross_entropy", {}),
    ("cross entropy by logaddexp", cross_entropy, cross_entropy_backward, "softmax_cross_entropy", {}),
    (
        "sum of cross entropies", cross_entropy_sum, cross_entropy_sum_backward, "softmax_cross_entropy",
        {"reduction": "sum"},
    ),
    ("mean squared error", mse, mse_backward, "mse_loss", {}),
    ("half squared error", half_squares, half_squares_backward, "half_squared_error", {}),
    ("half squared error of a matrix", half_squares, half_squares_backward, "half_squared_error", {"layout": "hw"}),
]  # fmt: skip
