"""A layer of a network at an image: its numbers, and the gradient of the class score."""

import numpy as np
import pytest

import rot180
from rot180 import nn
from rot180.explain import ExplainError
from rot180.explain.layer import find_layer, trace_layer


def network():
    rot180.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, stride=2, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        nn.ConvTranspose2d(6, 4, 3, stride=2, output_padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(4 * 3 * 3, 5),
    ).double().eval()  # fmt: skip


IMAGE = np.random.default_rng(0).standard_normal((2, 7, 7))


@pytest.mark.parametrize(("name", "index"), [("conv1", 0), ("0", 0), ("pool1", 2), ("conv2", 3), ("pool2", 5)])
def test_the_numbers_of_the_layer_are_those_of_the_network(name, index):
    model = network()
    t, best = trace_layer(model, name, IMAGE, source={"run": "r"})
    tensors = [rot180.tensor(IMAGE[None], requires_grad=True)]
    for module in model:
        tensors.append(module(tensors[-1]))
    assert best == int(tensors[-1].data.argmax())
    dx, dy = rot180.grad(tensors[-1][0, best], [tensors[index], tensors[index + 1]])
    assert t.rest is None and t.source == {"run": "r", "layer": name}
    for found, expected in ((t.arrays["x"], tensors[index]), (t.arrays["y"], tensors[index + 1])):
        assert np.allclose(found, expected.data, rtol=1e-12, atol=1e-14)
    assert np.allclose(t.arrays["dy"], dy.data) and np.allclose(t.arrays["dx"], dx.data, atol=1e-14)
    assert t.to_json() == type(t).from_json(t.to_json()).to_json()


def test_a_layer_of_many_channels_shows_one_of_its_outputs():
    rot180.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 16, 5), nn.Flatten(), nn.Linear(16 * 24 * 24, 10))
    t, _ = trace_layer(model, "conv1", np.zeros((1, 28, 28), np.float32) + 0.5, selection={"o": 9})
    assert t.selection == {"n": [0], "c": [0], "o": [9]} and t.arrays["y"].shape == (1, 1, 24, 24)
    image = np.random.default_rng(1).standard_normal((1, 8, 8)).astype(np.float32)
    model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.Flatten(), nn.Linear(16 * 36, 2))
    tensors = [rot180.tensor(image[None], requires_grad=True)]
    tensors += [y := model[0](tensors[0]), model[2](model[1](y))]
    t, best = trace_layer(model, "conv1", image)
    (dy,) = rot180.grad(tensors[2][0, best], [tensors[1]])
    o = int(np.abs(dy.data).sum(axis=(0, 2, 3)).argmax())
    assert t.selection == {"n": [0], "c": [0], "o": [o]} and o > 0
    assert np.allclose(t.arrays["y"][0, 0], tensors[1].data[0, o])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("1", "the layer '1' is a ReLU; only convolutions and pooling can be shown"),
        (
            "conv3",
            r"no layer 'conv3'; the layers that can be shown are 0 \(Conv2d\), 2 \(MaxPool2d\), 3 \(Conv.*; a kind",
        ),
        ("", "the model has no layer ''"),
    ],
)
def test_unknown_layers_raise_an_error(name, message):
    with pytest.raises(ExplainError, match=message):
        trace_layer(network(), name, IMAGE)


def test_layers_that_cannot_be_shown_raise_an_error():
    circular = nn.Sequential(nn.Conv2d(2, 1, 3, padding=1, padding_mode="circular"), nn.Flatten())
    with pytest.raises(ExplainError, match="the layer 'conv1' has a padding_mode or divisor_override"):
        trace_layer(circular, "conv1", IMAGE)

    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Linear(98, 3), nn.Conv2d(2, 1, 3)

        def forward(self, x):
            return self.used(x.reshape(1, 98))

    with pytest.raises(ExplainError, match="the model did not use its layer 'idle' for this image"):
        trace_layer(Idle().double(), "idle", IMAGE)
    assert isinstance(find_layer(Idle(), "conv1"), nn.Conv2d)
