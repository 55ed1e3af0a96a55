"""Code that mostly does not compute the operation that it is checked as. Checks of such code take the longest.

Each entry is the text of a file with a forward and a backward, and the operation to pass to the checker.
"""

NAIVE_CONV = """
import numpy as np

def forward(x, w, b, stride=1, padding=0):
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    oh, ow = (height + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1
    y = np.zeros((n, f, oh, ow))
    for i in range(n):
        for k in range(f):
            for r in range(oh):
                for s in range(ow):
                    total = {start}
                    for q in range(c):
                        for u in range(kh):
                            for v in range(kw):
                                total += {term}
                    y[i, k, r, s] = total
    return {result}

def backward(dy, x, w, b, stride=1, padding=0):
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros(xp.shape), np.zeros(w.shape)
    for i in range(n):
        for k in range(f):
            for r in range(dy.shape[2]):
                for s in range(dy.shape[3]):
                    for q in range(c):
                        for u in range(kh):
                            for v in range(kw):
                                dxp[i, q, r * stride + u, s * stride + v] += dy[i, k, r, s] * w[k, q, u, v]
                                dw[k, q, u, v] += dy[i, k, r, s] * xp[i, q, r * stride + u, s * stride + v]
    return dxp[:, :, padding:padding + height, padding:padding + width], dw, dy.sum((0, 2, 3))
"""
NAIVE_CONV3D = """
import numpy as np

def forward(x, w, b):
    n, c, d, h, g = x.shape
    f, _, kd, kh, kw = w.shape
    y = np.zeros((n, f, d - kd + 1, h - kh + 1, g - kw + 1))
    for i, k, r, s, t in np.ndindex(*y.shape):
        y[i, k, r, s, t] = b[k]
        for q, u, v, z in np.ndindex(c, kd, kh, kw):
            y[i, k, r, s, t] += x[i, q, r + u, s + v, t + z] * w[k, q, u, v, z]
    return {result}

def backward(dy, x, w, b):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i, k, r, s, t in np.ndindex(*dy.shape):
        for q, u, v, z in np.ndindex(*w.shape[1:]):
            dx[i, q, r + u, s + v, t + z] += dy[i, k, r, s, t] * w[k, q, u, v, z]
            dw[k, q, u, v, z] += dy[i, k, r, s, t] * x[i, q, r + u, s + v, t + z]
    return dx, dw, dy.sum((0, 2, 3, 4))
"""
SHAPED = """
import numpy as np

def forward(x, w, b, stride=1, padding=0):
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    shape = (n, f, (height + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1)
    y = {value}
    return y

def backward(dy, x, w, b, stride=1, padding=0):
    return {gradients}
"""
TWO = """
import numpy as np

def forward(x, w, b):
    {forward}

def backward(dy, x, w, b):
    {backward}
"""
ONE = """
import numpy as np

def forward({arguments}):
    return {forward}

def backward(dy, {arguments}):
    return {backward}
"""
CUBIC = """
def forward(x, kernel_size, stride=1):
    return x ** 3

def backward(dy, x):
    return 3 * x * dy
"""
LOSS = """
import numpy as np

def forward(x, t):
    return float((np.sin(x * t) ** 2).sum())

def backward(x, t):
    return x * t
"""
TERM = "xp[i, q, r * stride + u, s * stride + v] * w[k, q, u, v]"
RIGHT = {"start": "b[k]", "term": TERM, "result": "y"}
OWN = "0.5 * x, 0.5 * w, 0.5 * b"
TAKE = "np.take(np.tanh(x).ravel(), np.arange(np.prod(shape)), mode='wrap').reshape(shape)"
ENTRIES = {
    "naive loops, right": ("conv2d", NAIVE_CONV.format(**RIGHT)),
    "naive loops, tanh of the result": ("conv2d", NAIVE_CONV.format(**{**RIGHT, "result": "np.tanh(y / 9)"})),
    "naive loops, squares": ("conv2d", NAIVE_CONV.format(**{**RIGHT, "term": f"({TERM}) ** 2"})),
    "naive loops, a kink in each term": ("conv2d", NAIVE_CONV.format(**{**RIGHT, "term": f"abs({TERM})"})),
    "naive loops, one factor too many": ("conv2d", NAIVE_CONV.format(**{**RIGHT, "term": f"3 * {TERM} + 1"})),
    "naive loops, no bias": ("conv2d", NAIVE_CONV.format(**{**RIGHT, "start": "0.0"})),
    "naive loops, mixed with its neighbour": (
        "conv2d", NAIVE_CONV.format(**{**RIGHT, "result": "y + 0.5 * np.roll(y, 1, 2)"}),
    ),
    "naive loops in 3-d, right": ("conv3d", NAIVE_CONV3D.format(result="y")),
    "naive loops in 3-d, reversed": ("conv3d", NAIVE_CONV3D.format(result="y[..., ::-1]")),
    "naive loops in 3-d, squared": ("conv3d", NAIVE_CONV3D.format(result="y ** 2")),
    "the right shape, other maths": ("conv2d", SHAPED.format(value=TAKE, gradients=OWN)),
    "the right shape, linear in x": (
        "conv2d",
        SHAPED.format(value="np.resize(x, shape) + b.sum() * w.mean()", gradients=OWN),
    ),
    "the right shape, zeros": ("conv2d", SHAPED.format(value="np.zeros(shape)", gradients="x * 0, w * 0, b * 0")),
    "the right shape, random": ("conv2d", SHAPED.format(value="np.random.rand(*shape)", gradients=OWN)),
    "the right shape, NaN": ("conv2d", SHAPED.format(value="np.full(shape, np.nan)", gradients=OWN)),
    "the right shape, sums of products": (
        "conv2d", SHAPED.format(value="np.full(shape, np.sin(x).sum() * np.cos(w).sum() + b.sum())", gradients=OWN),
    ),
    "a softmax": ("conv2d", TWO.format(forward="e = np.exp(x); return e / e.sum()", backward=f"return {OWN}")),
    "x unchanged": ("conv2d", TWO.format(forward="return x", backward="return dy, w, b")),
    "a number": ("conv2d", TWO.format(forward="return x.sum()", backward="return x, w, b")),
    "a matrix product": ("conv2d", TWO.format(forward="return x @ w.T + b", backward=f"return {OWN}")),
    "a matrix product of flat arrays": (
        "conv2d", TWO.format(
            forward="return x.reshape(len(x), -1)[:, :1] @ w.reshape(len(w), -1)[:, :1].T + b", backward=f"return {OWN}"
        ),
    ),
    "an elementwise product as linear": (
        "linear", TWO.format(forward="return np.tanh(x[:, :1] * w[:1] + b.sum())", backward=f"return {OWN}"),
    ),
    "tanh of linear": (
        "linear",
        TWO.format(forward="return np.tanh(x @ w.T + b)", backward="return dy @ w, dy.T @ x, dy.sum(0)"),
    ),
    "an error that is always the same": ("conv2d", TWO.format(forward="raise ValueError('no')", backward="return dy")),
    "an error with the shapes": (
        "conv2d", TWO.format(forward="raise ValueError(f'{x.shape} {w.shape} {b.shape}')", backward="return dy"),
    ),
    "an error in the backward": (
        "conv2d", SHAPED.format(value="np.zeros(shape)", gradients="(dy.shape, x.shape, w.shape)[5]"),
    ),
    "texts instead of arrays": ("conv2d", TWO.format(forward="return 'y'", backward="return 'x', 'w', 'b'")),
    "a cubic": ("max_pool2d", CUBIC),
    "a sort": ("softmax", ONE.format(arguments="x", forward="np.sort(x, -1)", backward="dy")),
    "a cumulated sum": (
        "batch_norm",
        ONE.format(arguments="x, gamma, beta", forward="np.cumsum(np.sin(x), 0)", backward="dy, gamma, beta"),
    ),
    "a loss of waves": ("mse_loss", LOSS),
}  # fmt: skip
