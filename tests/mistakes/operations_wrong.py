"""Wrong implementations of operations other than convolutions: each has one mistake.

WRONG lists them: (slug, argument, name, forward, backward, operation, settings).
"""

from __future__ import annotations

import numpy as np

from tests.mistakes import operations_right as right

# ---- masks ----


def relu_without_mask(dout, cache):
    return dout


def relu_mask_of_dout(dout, cache):
    return np.where(dout > 0, dout, 0)


def relu_mask_turned(dA, Z):
    return dA * (Z < 0)


def leaky_as_relu(grad_output, x, alpha=0.01):
    dx = grad_output.copy()
    dx[x <= 0] = 0
    return dx


def relu_in_place(dout, cache):
    dout[cache <= 0] = 0
    return dout


def relu_forward_in_place(x):
    mask = x > 0
    x *= mask
    return x, mask


def relu_of_mask(dout, cache):
    return dout * cache


def pool_to_all_cells(dout, cache):
    parts, _ = cache
    n, c, p, _, q, _ = parts.shape
    return np.broadcast_to(dout[:, :, :, None, :, None], parts.shape).reshape(n, c, 2 * p, 2 * q)


def pool_as_average(dout, cache):
    return pool_to_all_cells(dout, cache) / 4


def pool_overwriting(dout, cache):
    x, pool_param = cache
    rows, columns, step = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * step : i * step + rows, j * step : j * step + columns]
        mask = window == window.max()
        dx[n, c, i * step : i * step + rows, j * step : j * step + columns] = mask * dout[n, c, i, j]
    return dx


def pool_overwriting_cells(dy, x, cache, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    n, c, h, w = x.shape
    dx = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    a, b, i, j = np.indices(cache.shape)
    dx[a, b, i * stride + cache // kernel_size, j * stride + cache % kernel_size] = dy
    return dx[:, :, padding : padding + h, padding : padding + w]


def pool_without_stride(dy, x, cache, kernel_size, stride=None, padding=0):
    """The position of the maximum in its window is counted from (i, j), not from the start of the window."""
    n, c, h, w = x.shape
    dx = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    a, b, i, j = np.indices(cache.shape)
    np.add.at(dx, (a, b, i + cache // kernel_size, j + cache % kernel_size), dy)
    return dx[:, :, padding : padding + h, padding : padding + w]


def pool_without_the_odd_row(x):
    n, c, h, w = x.shape
    parts = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2)
    return parts.max((3, 5)), parts


def pool_without_the_odd_row_backward(dout, cache):
    n, c, p, _, q, _ = cache.shape
    flat = cache.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, p, q, 4)
    sent = np.eye(4)[flat.argmax(-1)] * dout[..., None]
    return sent.reshape(n, c, p, q, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * p, 2 * q)


def average_not_divided(dout, x, kernel_size=2, stride=2, padding=0):
    return right.average_backward(dout, x, kernel_size, stride, padding) * kernel_size**2


def average_by_the_side(dout, x, kernel_size=2, stride=2, padding=0):
    """Divides by k instead of k * k."""
    return right.average_backward(dout, x, kernel_size, stride, padding) * kernel_size


def average_padding_kept(dout, x, kernel_size=2, stride=2, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return right.average_backward(dout, padded, kernel_size, stride, 0)


def average_overwriting(dout, x, kernel_size=2, stride=2, padding=0):
    k, s, p = kernel_size, stride, padding
    dx = np.zeros((*x.shape[:2], x.shape[2] + 2 * p, x.shape[3] + 2 * p))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[:, :, i * s : i * s + k, j * s : j * s + k] = dout[:, :, i : i + 1, j : j + 1] / k**2
    return dx[:, :, p : p + x.shape[2], p : p + x.shape[3]]


# ---- norms ----


def batchnorm_all_constant(dout, cache):
    x_hat, _, std, gamma = cache
    return dout * gamma / std, (dout * x_hat).sum(0), dout.sum(0)


def batchnorm_mean_constant(dout, cache):
    x_hat, _, std, gamma = cache
    dgamma = (dout * x_hat).sum(0)
    return gamma / std * (dout - x_hat * dgamma / len(dout)), dgamma, dout.sum(0)


def batchnorm_variance_constant(dout, cache):
    x_hat, _, std, gamma = cache
    return gamma / std * (dout - dout.mean(0)), (dout * x_hat).sum(0), dout.sum(0)


def layernorm_all_constant(dout, cache):
    x_hat, std, gamma = cache
    return gamma * dout / std, (dout * x_hat).sum(0), dout.sum(0)


def layernorm_of_the_batch(dout, cache):
    dx, dgamma, _ = right.layernorm_backward(dout, cache)
    return dx, dgamma, dout.sum(-1)


def spatial_batchnorm_beta(dy, x, gamma, eps=1e-5):
    dx, dgamma, _ = right.spatial_batchnorm_backward(dy, x, gamma, eps)
    return dx, dgamma, dy.sum((2, 3))


def batchnorm_gamma_assigned(dout, cache):
    """dgamma = in the loop over the batch."""
    dx, _, dbeta = right.batchnorm_backward(dout, cache)
    for row, normal in zip(dout, cache[0], strict=True):
        dgamma = row * normal
    return dx, dgamma, dbeta


def batchnorm_mean_of_gamma(dout, cache):
    dx, dgamma, dbeta = right.batchnorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta


class Accumulating:
    """The gradient of beta is added to a buffer for each size and never reset to zero."""

    def __init__(self):
        self.buffers = {}

    def backward(self, dout, cache):
        dx, dgamma, dbeta = right.batchnorm_backward(dout, cache)
        buffer = self.buffers.setdefault(dbeta.shape, np.zeros_like(dbeta))
        buffer += dbeta
        return dx, dgamma, buffer


# ---- softmax and losses ----


def softmax_diagonal(dout, probs):
    return probs * (1 - probs) * dout


def softmax_product(dout, probs):
    return probs * dout


def leaky_in_integers(x, alpha=0.01):
    y = np.zeros_like(x, dtype=int)
    y[...] = np.where(x > 0, x, alpha * x)
    return y


def tanh_clipped(dy, y):
    return np.clip(dy * (1 - y**2), -0.1, 0.1)


def relu_in_integers(dout, cache):
    dx = np.zeros(dout.shape, int)
    dx[...] = dout * (cache > 0)
    return dx


def softmax_loss_not_divided(x, y):
    loss, dx = right.softmax_loss(x, y)
    return loss, dx * len(x)


def softmax_loss_by_classes(x, y):
    """len(x[0]) instead of len(x)."""
    loss, dx = right.softmax_loss(x, y)
    return loss, dx * len(x) / len(x[0])


def softmax_loss_turned(x, y):
    loss, dx = right.softmax_loss(x, y)
    return loss, -dx


def cross_entropy_of_probabilities(dy, logits, labels):
    p = right.softmax(logits)
    return dy * -np.eye(logits.shape[1])[labels] / p / len(labels)


def half_squares_turned(x, t):
    return t - x


def mse_turned(y_pred, y_true):
    return y_true - y_pred


def mse_halved(y_pred, y_true):
    return (y_pred - y_true) / y_true.size


def mse_of_samples(y_pred, y_true):
    return 2 * (y_pred - y_true) / len(y_true)


CE, BN, LN = "softmax_cross_entropy", "batch_norm", "layer_norm"
STEPS = (right.batchnorm_forward,)
RESHAPE = right.pool_by_reshape

WRONG = [
    ("mask-wrong", "dx", "relu without mask", right.relu_forward, relu_without_mask, "relu", {}),
    ("mask-wrong", "dx", "relu, mask of dout", right.relu_forward, relu_mask_of_dout, "relu", {}),
    ("mask-wrong", "dx", "relu, mask turned", right.relu_by_loops, relu_mask_turned, "relu", {}),
    ("mask-wrong", "dx", "leaky relu as relu", right.leaky, leaky_as_relu, "leaky_relu", {}),
    ("mask-wrong", "dx", "max pool to all cells", RESHAPE, pool_to_all_cells, "max_pool2d", {}),
    ("mask-wrong", "dx", "max pool as average", RESHAPE, pool_as_average, "max_pool2d", {}),
    ("input-mutated", "the backward's dy", "relu in place", right.relu_forward, relu_in_place, "relu", {}),
    ("input-mutated", "the forward's x", "relu forward in place", relu_forward_in_place, relu_of_mask, "relu", {}),
    ("overlap-overwritten", "dx", "max pool, windows", right.pool_by_loops, pool_overwriting, "max_pool2d", {}),
    ("overlap-overwritten", "dx", "max pool, cells", right.pool_by_strides, pool_overwriting_cells, "max_pool2d", {}),
    ("stride-ignored", "dx", "max pool", right.pool_by_strides, pool_without_stride, "max_pool2d", {}),
    ("border-dropped", "dx", "max pool", pool_without_the_odd_row, pool_without_the_odd_row_backward, "max_pool2d", {}),
    ("scaled", "dx", "average pool not divided", right.average, average_not_divided, "avg_pool2d", {}),
    ("scaled", "dx", "average pool by the side", right.average, average_by_the_side, "avg_pool2d", {}),
    ("dx-padding-kept", "dx", "average pool, padding kept", right.average, average_padding_kept, "avg_pool2d", {}),
    ("overlap-overwritten", "dx", "average pool", right.average, average_overwriting, "avg_pool2d", {}),
    ("statistics-as-constants", "dx", "batch norm, all", *STEPS, batchnorm_all_constant, BN, {}),
    ("statistics-as-constants", "dx", "batch norm, mean", *STEPS, batchnorm_mean_constant, BN, {}),
    ("statistics-as-constants", "dx", "batch norm, variance", *STEPS, batchnorm_variance_constant, BN, {}),
    ("statistics-as-constants", "dx", "layer norm, all", right.layernorm, layernorm_all_constant, LN, {}),
    ("db-not-summed", "dbeta", "layer norm, wrong axis", right.layernorm, layernorm_of_the_batch, LN, {}),
    ("db-not-summed", "dbeta", "batch norm of images", right.spatial_batchnorm, spatial_batchnorm_beta, BN, {}),
    ("db-not-summed", "dgamma", "batch norm, last sample", *STEPS, batchnorm_gamma_assigned, BN, {}),
    ("scaled", "dgamma", "batch norm, mean for sum", *STEPS, batchnorm_mean_of_gamma, BN, {}),
    ("gradients-accumulated", "dbeta", "batch norm", *STEPS, Accumulating, BN, {}),
    ("softmax-jacobian-dropped", "dx", "softmax, diagonal", right.softmax, softmax_diagonal, "softmax", {}),
    ("softmax-jacobian-dropped", "dx", "softmax, product", right.softmax, softmax_product, "softmax", {}),
    ("softmax-jacobian-dropped", "dx", "cross entropy", right.cross_entropy, cross_entropy_of_probabilities, CE, {}),
    ("clipped", "dx", "tanh", right._tanh.forward, tanh_clipped, "tanh", {}),
    ("integer-truncated", "dx", "relu", right.relu_forward, relu_in_integers, "relu", {}),
    ("integer-truncated", "y", "leaky relu", leaky_in_integers, right.leaky_backward, "leaky_relu", {}),
    ("scaled", "dx", "cross entropy not divided", softmax_loss_not_divided, None, CE, {}),
    ("scaled", "dx", "cross entropy by the classes", softmax_loss_by_classes, None, CE, {}),
    ("sign-inverted", "dx", "cross entropy", softmax_loss_turned, None, CE, {}),
    ("sign-inverted", "dx", "label - predicted, half squares", right.half_squares, half_squares_turned,
     "half_squared_error", {}),
    ("sign-inverted", "dx", "label - predicted, mean", right.mse, mse_turned, "mse_loss", {}),
    ("scaled", "dx", "mean squares without the 2", right.mse, mse_halved, "mse_loss", {}),
    ("scaled", "dx", "mean over the samples alone", right.mse, mse_of_samples, "mse_loss", {}),
]  # fmt: skip
