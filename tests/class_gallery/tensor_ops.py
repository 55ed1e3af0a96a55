"""Ops in the style of a tiny tensor library: the object of one call holds what its backward needs.

`forward` takes all operands, `backward(grad_output)` returns a tuple with a gradient for each operand. There is no
context and no bias: bias is an op of its own.
"""

import numpy as np


class Function:
    def __init__(self, *needs_input_grad):
        self.needs_input_grad = needs_input_grad or (True, True)

    def forward(self, *args, **kwargs):
        raise NotImplementedError(f"forward not implemented for {type(self)}")

    def backward(self, *args, **kwargs):
        raise RuntimeError(f"backward not implemented for {type(self)}")


class Relu(Function):
    def forward(self, x):
        self.ret = np.maximum(x, 0)
        return self.ret

    def backward(self, grad_output):
        return grad_output * (self.ret > 0)


class Sigmoid(Function):
    def forward(self, x):
        self.ret = 1 / (1 + np.exp(-x))
        return self.ret

    def backward(self, grad_output):
        return self.ret * (1 - self.ret) * grad_output


class Softmax(Function):
    """Mistake: the term that all classes share is missing."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.ret = e / e.sum(axis=-1, keepdims=True)
        return self.ret

    def backward(self, grad_output):
        return self.ret * grad_output


class Conv2D(Function):
    """Grouped, with a stride per axis; padding is an op of its own."""

    def forward(self, x, w, stride=1, groups=1):
        self.stride = (stride, stride) if isinstance(stride, int) else stride
        self.groups = groups
        cout, cin, H, W = w.shape
        ys, xs = self.stride
        bs = x.shape[0]
        oy, ox = (x.shape[2] - (H - ys)) // ys, (x.shape[3] - (W - xs)) // xs
        assert cin * groups == x.shape[1], f"{cin} * {groups} != {x.shape[1]}"
        assert cout % groups == 0
        rcout = cout // groups
        gx = x.reshape(bs, groups, cin, x.shape[2], x.shape[3])
        self.tx = np.lib.stride_tricks.as_strided(
            gx,
            shape=(bs, groups, cin, oy, ox, H, W),
            strides=(*gx.strides[:3], gx.strides[3] * ys, gx.strides[4] * xs, *gx.strides[3:]),
        )
        self.tw = w.reshape(groups, rcout, cin, H, W)
        self.x_shape, self.w_shape = x.shape, w.shape
        ret = np.einsum("bgcyxij,gocij->bgoyx", self.tx, self.tw)
        return ret.reshape(bs, cout, oy, ox)

    def backward(self, grad_output):
        bs, _, oy, ox = grad_output.shape
        ys, xs = self.stride
        rcout, H, W = self.tw.shape[1], *self.tw.shape[3:]
        ggg = self.grouped(grad_output, bs, rcout, oy, ox)
        gdw = np.einsum("bgoyx,bgcyxij->gocij", ggg, self.tx)
        ggg = grad_output.reshape(bs, self.groups, rcout, oy, ox)
        gdx = np.zeros((bs, self.groups, self.tw.shape[2], *self.x_shape[2:]), dtype=self.tx.dtype)
        for i in range(H):
            for j in range(W):
                gdx[:, :, :, i : i + oy * ys : ys, j : j + ox * xs : xs] += np.einsum(
                    "bgoyx,goc->bgcyx", ggg, self.tw[:, :, :, i, j]
                )
        return gdx.reshape(self.x_shape), gdw.reshape(self.w_shape)

    def grouped(self, grad_output, bs, rcout, oy, ox):
        return grad_output.reshape(bs, self.groups, rcout, oy, ox)


class Conv2DMixedGroups(Conv2D):
    """Mistake: the output channels are taken to be interleaved between the groups in the weights' gradient."""

    def grouped(self, grad_output, bs, rcout, oy, ox):
        return grad_output.reshape(bs, rcout, self.groups, oy, ox).swapaxes(1, 2)


class ConvTranspose2D(Function):
    """w is (cin, cout, H, W)."""

    def forward(self, x, w, stride=1, padding=0):
        self.x, self.w, self.stride, self.padding = x, w, stride, padding
        bs, _, iy, ix = x.shape
        _, cout, H, W = w.shape
        canvas = np.zeros((bs, cout, (iy - 1) * stride + H, (ix - 1) * stride + W))
        for i in range(H):
            for j in range(W):
                canvas[:, :, i : i + iy * stride : stride, j : j + ix * stride : stride] += np.einsum(
                    "bcyx,co->boyx", x, w[:, :, i, j]
                )
        self.canvas_shape = canvas.shape
        return self.framed(canvas)

    def framed(self, canvas):
        p = self.padding
        return canvas[:, :, p : canvas.shape[2] - p, p : canvas.shape[3] - p]

    def unframed(self, grad_output):
        p = self.padding
        return np.pad(grad_output, ((0, 0), (0, 0), (p, p), (p, p)))

    def backward(self, grad_output):
        g = self.unframed(grad_output)
        iy, ix = self.x.shape[2:]
        s = self.stride
        dx, dw = np.zeros_like(self.x), np.zeros_like(self.w)
        for i in range(self.w.shape[2]):
            for j in range(self.w.shape[3]):
                part = g[:, :, i : i + iy * s : s, j : j + ix * s : s]
                dx += np.einsum("boyx,co->bcyx", part, self.w[:, :, i, j])
                dw[:, :, i, j] = np.einsum("bcyx,boyx->co", self.x, part)
        return dx, dw


class ConvTranspose2DPadded(ConvTranspose2D):
    """Mistake: padding enlarges the output instead of cutting it."""

    def framed(self, canvas):
        p = self.padding
        return np.pad(canvas, ((0, 0), (0, 0), (p, p), (p, p)))

    def unframed(self, grad_output):
        p = self.padding
        return grad_output[:, :, p : grad_output.shape[2] - p, p : grad_output.shape[3] - p]


class AvgPool2D(Function):
    """Windows that don't overlap; the rest of the image is left out."""

    def forward(self, x, kernel_size=(2, 2)):
        self.s = x.shape
        py, px = kernel_size
        my, mx = (x.shape[2] // py) * py, (x.shape[3] // px) * px
        stacked = x[:, :, :my, :mx].reshape(*x.shape[:2], my // py, py, mx // px, px)
        self.kernel_size = kernel_size
        return stacked.mean(axis=(3, 5))

    def backward(self, grad_output):
        py, px = self.kernel_size
        ret = np.zeros(self.s, dtype=grad_output.dtype)
        my, mx = grad_output.shape[2] * py, grad_output.shape[3] * px
        ret[:, :, :my, :mx] = grad_output.repeat(py, axis=2).repeat(px, axis=3) / (py * px)
        return ret


class AvgPool2DCropped(AvgPool2D):
    """Mistake: the cells that are left out are missing from the gradient."""

    def backward(self, grad_output):
        py, px = self.kernel_size
        return grad_output.repeat(py, axis=2).repeat(px, axis=3) / (py * px)
