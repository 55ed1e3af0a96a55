"""Differentiable functions with PyTorch's names. In each file, the forward of an op is followed by its vjps.

    import rot180.functional as F

Given arrays only, a function returns an array and records nothing. If any argument is a Tensor, it returns a Tensor.
"""

from .adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from .classification_loss import cross_entropy, nll_loss
from .conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .conv_backward import (
    Gradients,
    conv1d_backward,
    conv2d_backward,
    conv3d_backward,
    conv_transpose1d_backward,
    conv_transpose2d_backward,
    conv_transpose3d_backward,
)
from .dropout import dropout
from .fold import fold, unfold
from .gelu import gelu
from .interpolate import interpolate
from .linear import linear
from .norm import batch_norm, group_norm, instance_norm, layer_norm
from .pad import pad
from .piecewise_activation import elu, hardsigmoid, hardswish, hardtanh, leaky_relu, prelu, relu, relu6, selu
from .pool import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from .probability_loss import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div
from .regression_loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .smooth_activation import arctan, logsigmoid, mish, sigmoid, silu, softplus, tanh
from .softmax import log_softmax, softmax

__all__ = [
    "Gradients",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "arctan",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "channel_shuffle",
    "conv1d",
    "conv1d_backward",
    "conv2d",
    "conv2d_backward",
    "conv3d",
    "conv3d_backward",
    "conv_transpose1d",
    "conv_transpose1d_backward",
    "conv_transpose2d",
    "conv_transpose2d_backward",
    "conv_transpose3d",
    "conv_transpose3d_backward",
    "cross_entropy",
    "dropout",
    "elu",
    "fold",
    "gelu",
    "group_norm",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mish",
    "mse_loss",
    "nll_loss",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
    "unfold",
]
