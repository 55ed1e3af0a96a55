"""`check.layer` on layers that were written without knowledge of the checker, one in each file, without an adapter.

A file whose name ends in _wrong has one mistake. Each was compared with PyTorch in float64 when it was written.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from rot180 import check

LAYERS: dict[str, tuple[str, str, dict[str, Any]]] = {  # file: names, operation, arguments of check.layer
    "c01_conv_im2col": ("ConvLayer", "conv2d", {}),
    "c02_conv_scipy_single": ("Convolutional", "conv2d", {}),
    "c03_conv_scipy_wrong": ("Conv2D", "conv2d", {}),
    "c04_conv3x3_regions": ("Conv3x3", "conv2d", {}),
    "c05_maxpool2_regions": ("MaxPool2", "max_pool2d", {"kernel_size": 2, "stride": 2}),
    "c06_maxpool_channels_wrong": ("MaxPoolLayer", "max_pool2d", {}),
    "c07_kept_dense": ("Layer_Dense", "linear", {}),
    "c08_kept_softmax_wrong": ("Activation_Softmax", "softmax", {}),
    "c09_kept_relu": ("Activation_ReLU", "relu", {}),
    "c10_conv_config": ("Conv", "conv2d", {}),
    "c11_conv_inputshape": ("ConvolutionLayer", "conv2d", {}),
    "c12_conv_lazy": ("Conv2D", "conv2d", {}),
    "c13_book_conv_wrong": ("Convolution", "conv2d", {}),
    "c14_book_pooling": ("Pooling", "max_pool2d", {}),
    "c15_book_affine": ("Affine", "linear", {}),
    "c16_book_batchnorm_wrong": ("BatchNormalization", "batch_norm", {"eps": 1e-06}),
    "c17_sigmoid_wrong": ("Sigmoid", "sigmoid", {}),
    "c18_params_dict_wrong": ("FullyConnected", "linear", {}),
    "c19_conv_lists": ("ConvLayer", "conv2d", {}),
    "c20_parameter_objects": ("Linear", "linear", {}),
    "c21_ctx_conv": ("Conv2dFunction", "conv2d", {}),
    "c22_ctx_relu_wrong": ("ReLU", "relu", {}),
    "c23_convtranspose_wrong": ("ConvTranspose2d", "conv_transpose2d", {}),
    "c24_deconv_right": ("Deconv2D", "conv_transpose2d", {}),
    "c25_batchnorm2d": ("BatchNorm2d", "batch_norm", {}),
    "c26_layernorm_wrong": ("LayerNorm", "layer_norm", {}),
    "c27_layernorm": ("LayerNormalization", "layer_norm", {}),
    "c28_avgpool_wrong": ("AvgPool2d", "avg_pool2d", {}),
    "c29_avgpool_nhwc": ("AveragePooling2D", "avg_pool2d", {}),
    "c30_leaky_wrong": ("LeakyReLU", "leaky_relu", {}),
    "c31_tanh": ("Tanh", "tanh", {}),
    "c32_softmaxloss_wrong": ("SoftmaxWithLoss", "softmax_cross_entropy", {}),
    "c33_mse": ("MSELoss", "mse_loss", {}),
    "c34_halfsquared_wrong": ("HalfSquaredError", "half_squared_error", {}),
    "c35_conv_hwio": ("ConvLayer", "conv2d", {}),
    "c36_dense_column_wrong": ("Dense", "linear", {}),
    "c37_dense_optimizer": ("Dense", "linear", {}),
    "c38_conv_batch_wrong": ("Conv", "conv2d", {}),
    "c39_maxpool_overlap_wrong": ("MaxPooling", "max_pool2d", {}),
    "c40_crossentropy_onehot": ("CrossEntropyLoss", "softmax_cross_entropy", {}),
    "f01_conv_dict": ("conv_forward_naive,conv_backward_naive", "conv2d", {}),
    "f02_conv_last_wrong": ("conv_forward,conv_backward", "conv2d", {"layout": "channels_last"}),
    "f03_conv_sp": ("conv2d,conv2d_grad", "conv2d", {}),
    "f04_conv_sp_wrong": ("forward,backward", "conv2d", {}),
    "f05_maxpool_odd": ("maxpool,maxpool_back", "max_pool2d", {}),
    "f06_maxpool_dict_wrong": ("max_pool_forward,max_pool_backward", "max_pool2d", {}),
    "f07_softmax_loss": ("softmax_loss", "softmax_cross_entropy", {}),
    "f08_softmax_loss_wrong": ("softmax_cross_entropy", "softmax_cross_entropy", {}),
    "f09_mse_loss_wrong": ("mse_loss", "mse_loss", {}),
    "f11_affine_dict": ("affine_forward,affine_backward", "linear", {}),
    "f12_linear_course_wrong": ("linear_forward,linear_backward", "linear", {}),
    "f13_batchnorm": ("batchnorm_forward,batchnorm_backward", "batch_norm", {}),
    "f14_batchnorm_wrong": ("bn_forward,bn_backward", "batch_norm", {"eps": 1e-08}),
    "f15_layernorm": ("layernorm_forward,layernorm_backward", "layer_norm", {}),
    "f16_layernorm_wrong": ("layer_norm,layer_norm_backward", "layer_norm", {}),
    "f17_relu": ("relu,relu_backward", "relu", {}),
    "f18_sigmoid_wrong": ("sigmoid,sigmoid_backward", "sigmoid", {}),
    "f19_tconv": ("tconv,tconv_back", "conv_transpose2d", {}),
    "f20_leaky_wrong": ("leaky_relu,leaky_relu_derivative", "leaky_relu", {}),
}


def report_on(name: str) -> Any:
    """The report on the layer of a file."""
    names, op, settings = LAYERS[name]
    module = importlib.import_module(f"tests.class_gallery.plain_files.{name}")
    return check.layer(*(getattr(module, part) for part in names.split(",")), op=op, **settings)


def marks(name: str) -> list[Any]:
    """Layers that need SciPy run with the comparisons only."""
    return [pytest.mark.peers] if "scipy" in name else []


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in LAYERS])
def test_right_layers_are_accepted_and_wrong_ones_are_caught(name: str) -> None:
    report = report_on(name)
    assert report.ok is not name.endswith("_wrong"), report.render()


def test_each_file_is_listed() -> None:
    files = {path.stem for path in (Path(__file__).parent / "plain_files").glob("*.py")}
    assert files == set(LAYERS)
