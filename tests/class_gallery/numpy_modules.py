"""Layers in the style of a NumPy library of models, with dictionaries of parameters and gradients.

A layer is created with its output size only and reads the input's size at the first call. Each `forward` appends its
input to `self.X`, so that `backward` can also take lists; gradients are added up in `self.gradients` until
`flush_gradients`. Images have their channels last. A dilation of d puts d zeros between the kernel's cells.
"""

from abc import ABC, abstractmethod

import numpy as np


class Affine:
    """The identity, with the interface of an activation."""

    def __call__(self, z):
        return z

    def grad(self, x):
        return np.ones_like(x)


class LayerBase(ABC):
    def __init__(self, optimizer=None):
        self.X = []
        self.act_fn = None
        self.trainable = True
        self.optimizer = optimizer
        self.gradients = {}
        self.parameters = {}
        self.derived_variables = {}
        self.is_initialized = False

    @abstractmethod
    def _init_params(self):
        raise NotImplementedError

    @abstractmethod
    def forward(self, X, retain_derived=True):
        raise NotImplementedError

    @abstractmethod
    def backward(self, dLdy, retain_grads=True):
        raise NotImplementedError

    def freeze(self):
        self.trainable = False

    def flush_gradients(self):
        assert self.trainable, "Layer is frozen"
        self.X = []
        for k in self.derived_variables:
            self.derived_variables[k] = []
        for k, v in self.gradients.items():
            self.gradients[k] = np.zeros_like(v)

    def update(self, lr=0.01):
        assert self.trainable, "Layer is frozen"
        for k, v in self.gradients.items():
            if k in self.parameters:
                self.parameters[k] = self.parameters[k] - lr * v
        self.flush_gradients()


class FullyConnected(LayerBase):
    def __init__(self, n_out, act_fn=None, optimizer=None):
        super().__init__(optimizer)
        self.n_in = None
        self.n_out = n_out
        self.act_fn = act_fn if act_fn is not None else Affine()

    def _init_params(self):
        b = np.zeros((1, self.n_out))
        W = np.random.randn(self.n_in, self.n_out) / np.sqrt(self.n_in)
        self.parameters = {"W": W, "b": b}
        self.derived_variables = {"Z": []}
        self.gradients = {"W": np.zeros_like(W), "b": np.zeros_like(b)}
        self.is_initialized = True

    def forward(self, X, retain_derived=True):
        if not self.is_initialized:
            self.n_in = X.shape[1]
            self._init_params()
        Z = X @ self.parameters["W"] + self.parameters["b"]
        if retain_derived:
            self.X.append(X)
            self.derived_variables["Z"].append(Z)
        return self.act_fn(Z)

    def backward(self, dLdy, retain_grads=True):
        assert self.trainable, "Layer is frozen"
        if not isinstance(dLdy, list):
            dLdy = [dLdy]
        dX = []
        for dy, x in zip(dLdy, self.X[-len(dLdy) :], strict=True):
            dx, dw, db = self._bwd(dy, x)
            dX.append(dx)
            if retain_grads:
                self.gradients["W"] += dw
                self.gradients["b"] += db
        return dX[0] if len(dX) == 1 else dX

    def _bwd(self, dLdy, X):
        W, b = self.parameters["W"], self.parameters["b"]
        dZ = dLdy * self.act_fn.grad(X @ W + b)
        return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0, keepdims=True)


class FullyConnectedMeanBias(FullyConnected):
    """Mistake: the bias gets the mean over the batch, the weights the sum."""

    def _bwd(self, dLdy, X):
        W, b = self.parameters["W"], self.parameters["b"]
        dZ = dLdy * self.act_fn.grad(X @ W + b)
        return dZ @ W.T, X.T @ dZ, dZ.mean(axis=0, keepdims=True)


class Conv2D(LayerBase):
    def __init__(self, out_ch, kernel_shape, pad=0, stride=1, dilation=0, act_fn=None, optimizer=None):
        super().__init__(optimizer)
        self.pad = pad
        self.in_ch = None
        self.out_ch = out_ch
        self.stride = stride
        self.dilation = dilation
        self.kernel_shape = kernel_shape
        self.act_fn = act_fn if act_fn is not None else Affine()

    def _init_params(self):
        fr, fc = self.kernel_shape
        W = np.random.randn(fr, fc, self.in_ch, self.out_ch) / np.sqrt(fr * fc * self.in_ch)
        b = np.zeros((1, 1, 1, self.out_ch))
        self.parameters = {"W": W, "b": b}
        self.gradients = {"W": np.zeros_like(W), "b": np.zeros_like(b)}
        self.derived_variables = {"Z": [], "out_rows": [], "out_cols": []}
        self.is_initialized = True

    def _padded(self, X):
        p = self.pad
        return np.pad(X, ((0, 0), (p, p), (p, p), (0, 0)))

    def _windows(self, rows, cols):
        """Every output position with the slices of the input that its kernel covers."""
        fr, fc = self.kernel_shape
        step = self.dilation + 1
        height, width = (fr - 1) * step + 1, (fc - 1) * step + 1
        for i, r in enumerate(range(0, rows - height + 1, self.stride)):
            for j, c in enumerate(range(0, cols - width + 1, self.stride)):
                yield i, j, slice(r, r + height, step), slice(c, c + width, step)

    def forward(self, X, retain_derived=True):
        if not self.is_initialized:
            self.in_ch = X.shape[3]
            self._init_params()
        W, b = self.parameters["W"], self.parameters["b"]
        X_pad = self._padded(X)
        spots = list(self._windows(X_pad.shape[1], X_pad.shape[2]))
        Z = np.zeros((X.shape[0], spots[-1][0] + 1, spots[-1][1] + 1, self.out_ch))
        for i, j, rows, cols in spots:
            Z[:, i, j] = np.tensordot(X_pad[:, rows, cols], W, axes=([1, 2, 3], [0, 1, 2]))
        Z += b
        if retain_derived:
            self.X.append(X)
            self.derived_variables["Z"].append(Z)
            self.derived_variables["out_rows"].append(Z.shape[1])
            self.derived_variables["out_cols"].append(Z.shape[2])
        return self.act_fn(Z)

    def backward(self, dLdy, retain_grads=True):
        assert self.trainable, "Layer is frozen"
        if not isinstance(dLdy, list):
            dLdy = [dLdy]
        dX = []
        Xs, Zs = self.X[-len(dLdy) :], self.derived_variables["Z"][-len(dLdy) :]
        for dy, x, z in zip(dLdy, Xs, Zs, strict=True):
            dx, dw, db = self._bwd(dy, x, z)
            dX.append(dx)
            if retain_grads:
                self.gradients["W"] += dw
                self.gradients["b"] += db
        return dX[0] if len(dX) == 1 else dX

    def _bwd(self, dLdy, X, Z):
        W = self.parameters["W"]
        X_pad = self._padded(X)
        dZ = dLdy * self.act_fn.grad(Z)
        dX, dW = np.zeros(X_pad.shape), np.zeros(W.shape)
        for i, j, rows, cols in self._windows(X_pad.shape[1], X_pad.shape[2]):
            dW += np.tensordot(X_pad[:, rows, cols], dZ[:, i, j], axes=(0, 0))
            dX[:, rows, cols] += np.tensordot(dZ[:, i, j], W, axes=(1, 3))
        return self._without_padding(dX, X), dW, dZ.sum(axis=(0, 1, 2)).reshape(1, 1, 1, -1)

    def _without_padding(self, dX, X):
        return dX[:, self.pad : self.pad + X.shape[1], self.pad : self.pad + X.shape[2], :]


class Conv2DCropped(Conv2D):
    """Mistake: `0:-0` leaves nothing of the gradient when there is no padding."""

    def _without_padding(self, dX, X):
        return dX[:, self.pad : -self.pad, self.pad : -self.pad, :]


class Conv1D(Conv2D):
    """X is (n_ex, l_in, in_ch); the weights are (kernel_width, in_ch, out_ch)."""

    def __init__(self, out_ch, kernel_width, pad=0, stride=1, dilation=0, act_fn=None, optimizer=None):
        LayerBase.__init__(self, optimizer)
        self.pad = pad
        self.in_ch = None
        self.out_ch = out_ch
        self.stride = stride
        self.dilation = dilation
        self.kernel_width = kernel_width
        self.act_fn = act_fn if act_fn is not None else Affine()

    def _init_params(self):
        W = np.random.randn(self.kernel_width, self.in_ch, self.out_ch)
        b = np.zeros((1, 1, self.out_ch))
        self.parameters = {"W": W, "b": b}
        self.gradients = {"W": np.zeros_like(W), "b": np.zeros_like(b)}
        self.derived_variables = {"Z": [], "out_rows": [], "out_cols": []}
        self.is_initialized = True

    def _taps(self, X):
        X_pad = np.pad(X, ((0, 0), (self.pad, self.pad), (0, 0)))
        l_out = (X_pad.shape[1] - (self.kernel_width - 1) * (self.dilation + 1) - 1) // self.stride + 1
        starts = self.stride * np.arange(l_out)
        return X_pad, starts[:, None] + (self.dilation + 1) * np.arange(self.kernel_width)

    def forward(self, X, retain_derived=True):
        if not self.is_initialized:
            self.in_ch = X.shape[2]
            self._init_params()
        X_pad, taps = self._taps(X)
        Z = np.einsum("nlkc,kco->nlo", X_pad[:, taps], self.parameters["W"]) + self.parameters["b"]
        if retain_derived:
            self.X.append(X)
            self.derived_variables["Z"].append(Z)
        return self.act_fn(Z)

    def _bwd(self, dLdy, X, Z):
        dZ = dLdy * self.act_fn.grad(Z)
        X_pad, taps = self._taps(X)
        dW = np.einsum("nlkc,nlo->kco", X_pad[:, taps], dZ)
        dX = np.zeros(X_pad.shape)
        np.add.at(dX, (slice(None), taps), np.einsum("nlo,kco->nlkc", dZ, self.parameters["W"]))
        return dX[:, self.pad : self.pad + X.shape[1]], dW, dZ.sum(axis=(0, 1)).reshape(1, 1, -1)


class LayerNorm1D(LayerBase):
    def __init__(self, epsilon=1e-5, optimizer=None):
        super().__init__(optimizer)
        self.n_in = None
        self.epsilon = epsilon

    def _init_params(self):
        self.parameters = {"scaler": np.random.rand(self.n_in), "intercept": np.zeros(self.n_in)}
        self.gradients = {"scaler": np.zeros(self.n_in), "intercept": np.zeros(self.n_in)}
        self.is_initialized = True

    def forward(self, X, retain_derived=True):
        if not self.is_initialized:
            self.n_in = X.shape[1]
            self._init_params()
        mean, var = X.mean(axis=-1, keepdims=True), X.var(axis=-1, keepdims=True)
        lnorm = (X - mean) / np.sqrt(var + self.epsilon)
        if retain_derived:
            self.X.append(X)
        return self.parameters["scaler"] * lnorm + self.parameters["intercept"]

    def backward(self, dLdy, retain_grads=True):
        assert self.trainable, "Layer is frozen"
        X = self.X[-1]
        mean, var = X.mean(axis=-1, keepdims=True), X.var(axis=-1, keepdims=True)
        lnorm = (X - mean) / np.sqrt(var + self.epsilon)
        if retain_grads:
            self.gradients["intercept"] += dLdy.sum(axis=0)
            self.gradients["scaler"] += (dLdy * lnorm).sum(axis=0)
        dN = dLdy * self.parameters["scaler"]
        means = dN.mean(axis=-1, keepdims=True) + lnorm * (dN * lnorm).mean(axis=-1, keepdims=True)
        return (dN - means) / np.sqrt(var + self.epsilon)


class Softmax(LayerBase):
    """Mistake: only the diagonal of the Jacobian is used."""

    def __init__(self, dim=-1, optimizer=None):
        super().__init__(optimizer)
        self.dim = dim

    def _init_params(self):
        self.is_initialized = True

    def forward(self, X, retain_derived=True):
        e_X = np.exp(X - X.max(axis=self.dim, keepdims=True))
        if retain_derived:
            self.X.append(X)
        return e_X / e_X.sum(axis=self.dim, keepdims=True)

    def backward(self, dLdy, retain_grads=True):
        y = self.forward(self.X[-1], retain_derived=False)
        return y * (1 - y) * dLdy
