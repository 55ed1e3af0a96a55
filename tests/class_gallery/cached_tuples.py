"""Layers in the style of a university course's assignments, made into classes.

`forward` returns (out, cache), `backward(dout, cache)` returns the gradients. Settings are a dictionary such as
conv_param = {"stride": 1, "pad": 0}. Some layers keep their parameters and gradients in the dictionaries `params` and
`grads` and their cache in `self.cache`.
"""

import numpy as np


class ConvNaive:
    def __init__(self, conv_param=None):
        self.conv_param = conv_param or {"stride": 1, "pad": 0}

    def forward(self, x, w, b):
        N, _, H, W = x.shape
        F, _, HH, WW = w.shape
        stride, pad = self.conv_param["stride"], self.conv_param["pad"]
        assert (H + 2 * pad - HH) % stride == 0, "the height isn't tiled by the stride"
        assert (W + 2 * pad - WW) % stride == 0, "the width isn't tiled by the stride"
        x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant")
        H_out = 1 + (H + 2 * pad - HH) // stride
        W_out = 1 + (W + 2 * pad - WW) // stride
        out = np.zeros((N, F, H_out, W_out))
        for n in range(N):
            for f in range(F):
                for i in range(H_out):
                    for j in range(W_out):
                        window = x_pad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                        out[n, f, i, j] = np.sum(window * w[f]) + b[f]
        cache = (x, w, b, self.conv_param)
        return out, cache

    def backward(self, dout, cache):
        x, w, b, conv_param = cache
        stride, pad = conv_param["stride"], conv_param["pad"]
        N, F, H_out, W_out = dout.shape
        HH, WW = w.shape[2:]
        x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant")
        dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros_like(b)
        for n in range(N):
            for f in range(F):
                db[f] += dout[n, f].sum()
                for i in range(H_out):
                    for j in range(W_out):
                        rows = slice(i * stride, i * stride + HH)
                        cols = slice(j * stride, j * stride + WW)
                        dw[f] += x_pad[n, :, rows, cols] * dout[n, f, i, j]
                        dx_pad[n, :, rows, cols] += w[f] * dout[n, f, i, j]
        return self.unpad(dx_pad, x.shape, pad), dw, db

    def unpad(self, dx_pad, shape, pad):
        return dx_pad[:, :, pad : pad + shape[2], pad : pad + shape[3]]


class ConvNaiveCorner(ConvNaive):
    """Mistake: the padding is cut at the end only."""

    def unpad(self, dx_pad, shape, pad):
        return dx_pad[:, :, : shape[2], : shape[3]]


class AffineLayer:
    def __init__(self, input_dim, output_dim, weight_scale=1e-3):
        self.params = {"W": weight_scale * np.random.randn(input_dim, output_dim), "b": np.zeros(output_dim)}
        self.grads = {}

    def forward(self, x):
        self.cache = (x, self.params["W"])
        return x.reshape(x.shape[0], -1).dot(self.params["W"]) + self.params["b"]

    def backward(self, dout):
        x, w = self.cache
        self.grads["W"] = x.reshape(x.shape[0], -1).T.dot(dout)
        self.grads["b"] = dout.sum(axis=0)
        return dout.dot(w.T).reshape(x.shape)


class AffineLayerRegularised(AffineLayer):
    """Mistake: the gradient of a penalty of the weights, which the layer's loss doesn't contain, is added."""

    def __init__(self, input_dim, output_dim, weight_scale=1e-3, reg=0.1):
        super().__init__(input_dim, output_dim, weight_scale)
        self.reg = reg

    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["W"] += self.reg * self.params["W"]
        return dx


class MaxPoolNaive:
    def __init__(self, pool_param):
        self.pool_param = pool_param

    def forward(self, x):
        N, C, H, W = x.shape
        ph, pw = self.pool_param["pool_height"], self.pool_param["pool_width"]
        stride = self.pool_param["stride"]
        H_out, W_out = 1 + (H - ph) // stride, 1 + (W - pw) // stride
        out = np.zeros((N, C, H_out, W_out))
        for i in range(H_out):
            for j in range(W_out):
                window = x[:, :, i * stride : i * stride + ph, j * stride : j * stride + pw]
                out[:, :, i, j] = window.max(axis=(2, 3))
        cache = (x, self.pool_param)
        return out, cache

    def backward(self, dout, cache):
        x, pool_param = cache
        ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
        dx = np.zeros_like(x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                self.route(
                    x, dx, dout[:, :, i, j], (slice(i * stride, i * stride + ph), slice(j * stride, j * stride + pw))
                )
        return dx

    def route(self, x, dx, g, region):
        window = x[:, :, region[0], region[1]]
        mask = window == window.max(axis=(2, 3), keepdims=True)
        dx[:, :, region[0], region[1]] += mask * g[:, :, None, None]


class MaxPoolNaiveAssigning(MaxPoolNaive):
    """Mistake: a maximum of several windows gets the gradient of the last one, and others are erased."""

    def route(self, x, dx, g, region):
        window = x[:, :, region[0], region[1]]
        mask = window == window.max(axis=(2, 3), keepdims=True)
        dx[:, :, region[0], region[1]] = mask * g[:, :, None, None]


class BatchNormLayer:
    """For (N, D); backward follows the graph of forward node by node."""

    def __init__(self, dim, eps=1e-5, momentum=0.9):
        self.params = {"gamma": np.ones(dim), "beta": np.zeros(dim)}
        self.grads = {}
        self.bn_param = {"mode": "train", "eps": eps, "momentum": momentum}

    def forward(self, x):
        gamma, beta, eps = self.params["gamma"], self.params["beta"], self.bn_param["eps"]
        mu = x.mean(axis=0)
        xmu = x - mu
        var = np.mean(xmu**2, axis=0)
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        self.cache = (x, xhat, gamma, xmu, ivar, sqrtvar, var, eps)
        return gamma * xhat + beta

    def backward(self, dout):
        x, xhat, gamma, xmu, ivar, sqrtvar, var, eps = self.cache
        N, _ = dout.shape
        self.grads["beta"] = dout.sum(axis=0)
        self.grads["gamma"] = self.gamma_gradient(dout, x, xhat)
        dxhat = dout * gamma
        divar = np.sum(dxhat * xmu, axis=0)
        dxmu1 = dxhat * ivar
        dsqrtvar = -1.0 / (sqrtvar**2) * divar
        dvar = 0.5 / np.sqrt(var + eps) * dsqrtvar
        dsq = np.ones_like(dout) * dvar / N
        dxmu2 = 2 * xmu * dsq
        dx1 = dxmu1 + dxmu2
        dmu = -np.sum(dx1, axis=0)
        return dx1 + np.ones_like(dout) * dmu / N

    def gamma_gradient(self, dout, x, xhat):
        return np.sum(dout * xhat, axis=0)


class BatchNormLayerRawInput(BatchNormLayer):
    """Mistake: gamma multiplies the normalised input; the gradient uses the input itself."""

    def gamma_gradient(self, dout, x, xhat):
        return np.sum(dout * x, axis=0)


class SoftmaxLoss:
    """`forward(x, y)` is the mean loss, `backward()` the gradient of the scores."""

    def forward(self, x, y):
        shifted_logits = x - np.max(x, axis=1, keepdims=True)
        Z = np.sum(np.exp(shifted_logits), axis=1, keepdims=True)
        log_probs = shifted_logits - np.log(Z)
        N = x.shape[0]
        self.cache = (np.exp(log_probs), y)
        return -np.sum(log_probs[np.arange(N), y]) / N

    def backward(self):
        probs, y = self.cache
        N = probs.shape[0]
        dx = probs.copy()
        dx[np.arange(N), y] -= 1
        dx /= N
        return dx
