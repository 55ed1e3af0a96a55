"""A smoke test in about a second: names, a convolution with its gradients, a few training steps."""

import numpy as np

import rot180
import rot180.functional as F
from rot180 import nn, optim


def test_names():
    for name in ("Tensor", "tensor", "grad", "no_grad", "primitive", "engine", "manual_seed", "show_config"):
        assert callable(getattr(rot180, name))


def test_a_convolution_and_its_gradients():
    x = rot180.tensor(np.arange(32.0).reshape(1, 2, 4, 4), requires_grad=True)
    w = rot180.tensor(np.ones((3, 2, 3, 3)), requires_grad=True)
    b = rot180.tensor(np.array([0.0, 1.0, 2.0]), requires_grad=True)
    y = F.conv2d(x, w, b, padding=1)
    assert y.shape == (1, 3, 4, 4) and y[0, 1, 1, 1].item() == 2 * 9 * 5 + 9 * 16 + 1
    y.sum().backward()
    dx, dw, db = F.conv2d_backward(np.ones(y.shape), x.data, w.data, padding=1)
    for t, expected in ((x, dx), (w, dw), (b, db)):
        assert np.array_equal(t.grad.data, expected) and t.grad.shape == t.shape
    assert db.tolist() == [16, 16, 16]
    z = F.conv_transpose2d(y.detach(), w, padding=1)
    assert np.sum(z.data * x.data) == np.sum(y.data * F.conv2d(x.data, w.data, padding=1))


def test_training_steps_reduce_the_loss():
    rot180.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3))
    step = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((6, 1, 8, 8)).astype(np.float32), rng.integers(0, 3, 6)
    losses = []
    for _ in range(5):
        step.zero_grad()
        loss = F.cross_entropy(net(x), target)
        loss.backward()
        step.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(p.grad.shape == p.shape for p in net.parameters())
