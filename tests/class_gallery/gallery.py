"""The gallery of layers written as classes: which op each one is, and whether it is right.

Half of the layers are right; the others have one mistake, as the docstring of their class says. The layers were written
without knowledge of the checker. test_against_torch.py shows that each is as right or wrong as it is said to be here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.class_gallery import (
    autograd_functions,
    book_im2col,
    cached_tuples,
    column_vectors,
    dataclass_layers,
    factories,
    hyperparameters,
    keras_like,
    ml_from_scratch,
    nnfs_style,
    numpy_modules,
    parameter_lists,
    parameter_objects,
    regions_of_an_image,
    tensor_ops,
    val_grad_dicts,
)


@dataclass(frozen=True)
class Entry:
    """A layer of the gallery.

    Attributes:
        target: the class, or the function that builds the layer
        op: the operation that it implements, by PyTorch's name
        takes: the settings that it takes, in the constructor or in forward, by PyTorch's names
        said: what a user has to say about it besides the op: settings that the layer fixes and that are not the default
        layout: how its arrays differ from (N, C, H, W): "channels_last", "one_image" (no batch),
            "one_image_channels_last", "grey_image" (an image (H, W), filters (out, k, k), maps with channels last),
            "column" (one sample, as a column) or "columns" (a column for each sample)
        wrong: the arrays that are wrong, of y, dx, dw and db; x or dy if the caller's array is changed
        slug: the name of the mistake; None for a right layer and for a mistake without a name, which `remark` describes
    """

    target: Callable[..., Any]
    op: str
    takes: tuple[str, ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    layout: str | None = None
    wrong: tuple[str, ...] = ()
    slug: str | None = None
    remark: str = ""

    @property
    def style(self) -> str:
        return self.target.__module__.rpartition(".")[2]

    @property
    def name(self) -> str:
        return f"{self.style}.{self.target.__name__}"

    @property
    def checker_op(self) -> str:
        """The op by the checker's name."""
        return {"cross_entropy": "softmax_cross_entropy"}.get(self.op, self.op)

    @property
    def right(self) -> bool:
        return not self.wrong

    @property
    def needs_scipy(self) -> bool:
        return self.style == "column_vectors" and self.op == "conv2d"


CONV = ("stride", "padding")
POOL = ("kernel_size", "stride")

GALLERY = (
    # ---- a course that builds a small Keras ----
    Entry(ml_from_scratch.Dense, "linear"),
    Entry(ml_from_scratch.DenseStaleOrder, "linear", wrong=("dx",), slug="weights-updated-first"),
    Entry(ml_from_scratch.Conv2D, "conv2d", ("stride", "same")),
    Entry(
        ml_from_scratch.Conv2DReshaped, "conv2d", ("stride",), wrong=("dx", "dw", "db"), slug="reshaped-not-transposed"
    ),
    Entry(ml_from_scratch.BatchNormalization, "batch_norm", said={"eps": 0.01}),
    Entry(
        ml_from_scratch.BatchNormalizationConstant, "batch_norm", said={"eps": 0.01},
        wrong=("dx",), slug="statistics-as-constants",
    ),
    Entry(ml_from_scratch.MaxPooling2D, "max_pool2d", POOL),
    Entry(ml_from_scratch.AveragePooling2D, "avg_pool2d", POOL, wrong=("dx",), slug="scaled"),
    # ---- a library with dictionaries of parameters ----
    Entry(numpy_modules.FullyConnected, "linear"),
    Entry(numpy_modules.FullyConnectedMeanBias, "linear", wrong=("db",), slug="scaled"),
    Entry(numpy_modules.Conv2D, "conv2d", (*CONV, "dilation"), layout="channels_last"),
    Entry(
        numpy_modules.Conv2DCropped, "conv2d", (*CONV, "dilation"), layout="channels_last",
        wrong=("dx",), slug="dx-padding-kept", remark="only without padding",
    ),
    Entry(numpy_modules.Conv1D, "conv1d", (*CONV, "dilation"), layout="channels_last"),
    Entry(numpy_modules.LayerNorm1D, "layer_norm", ("eps",)),
    Entry(numpy_modules.Softmax, "softmax", wrong=("dx",), slug="softmax-jacobian-dropped"),
    # ---- a book on im2col ----
    Entry(book_im2col.Relu, "relu"),
    Entry(book_im2col.ReluInPlace, "relu", wrong=("dy",), slug="input-mutated"),
    Entry(book_im2col.Sigmoid, "sigmoid"),
    Entry(book_im2col.Affine, "linear"),
    Entry(book_im2col.SoftmaxWithLoss, "cross_entropy"),
    Entry(book_im2col.SoftmaxWithLossUnscaled, "cross_entropy", wrong=("dx",), slug="scaled"),
    Entry(book_im2col.Convolution, "conv2d", CONV),
    Entry(book_im2col.ConvolutionReshaped, "conv2d", CONV, wrong=("dw",), slug="reshaped-not-transposed"),
    Entry(book_im2col.ConvolutionOverwriting, "conv2d", CONV, wrong=("dx",), slug="overlap-overwritten"),
    Entry(book_im2col.Pooling, "max_pool2d", POOL),
    # ---- a book in which nothing is returned ----
    Entry(nnfs_style.Layer_Dense, "linear"),
    Entry(nnfs_style.Layer_Dense_Regularized, "linear"),
    Entry(nnfs_style.Layer_Dense_Averaged, "linear", wrong=("dw",), slug="scaled"),
    Entry(nnfs_style.Layer_Conv2D, "conv2d", CONV),
    Entry(nnfs_style.Layer_Conv2D_LastSample, "conv2d", CONV, wrong=("dw",), slug="last-sample-only"),
    Entry(nnfs_style.Activation_ReLU, "relu"),
    Entry(nnfs_style.Activation_ReLU_Of_Gradient, "relu", wrong=("dx",), slug="mask-wrong"),
    Entry(nnfs_style.Activation_Softmax, "softmax"),
    Entry(nnfs_style.Loss_MeanSquaredError, "mse_loss"),
    Entry(nnfs_style.Loss_MeanSquaredError_Inverted, "mse_loss", wrong=("dx",), slug="sign-inverted"),
    # ---- a tutorial on one image ----
    Entry(regions_of_an_image.Conv3x3, "conv2d", layout="grey_image"),
    Entry(
        regions_of_an_image.Conv3x3Ascending, "conv2d", layout="grey_image", wrong=("dw",), slug="sign-inverted"
    ),
    Entry(regions_of_an_image.ConvMaps, "conv2d", layout="one_image_channels_last"),
    Entry(
        regions_of_an_image.ConvMapsAssigning, "conv2d", layout="one_image_channels_last",
        wrong=("dx",), slug="overlap-overwritten",
    ),
    Entry(
        regions_of_an_image.MaxPool2, "max_pool2d", said={"kernel_size": 2, "stride": 2},
        layout="one_image_channels_last",
    ),
    Entry(
        regions_of_an_image.MaxPool2Even, "max_pool2d", said={"kernel_size": 2, "stride": 2},
        layout="one_image_channels_last", wrong=("dx",), slug="border-dropped",
    ),
    # ---- a video course with column vectors ----
    Entry(column_vectors.Dense, "linear", layout="column"),
    Entry(column_vectors.DenseEager, "linear", layout="column", wrong=("dx",), slug="weights-updated-first"),
    Entry(column_vectors.Convolutional, "conv2d", layout="one_image"),
    Entry(
        column_vectors.ConvolutionalCorrelated, "conv2d", layout="one_image",
        wrong=("dx",), slug="dx-kernel-not-rotated",
    ),
    Entry(column_vectors.ConvolutionalFlipped, "conv2d", layout="one_image", wrong=("y",), slug="forward-flipped"),
    Entry(column_vectors.Tanh, "tanh"),
    Entry(
        column_vectors.Sigmoid, "sigmoid", wrong=("dx",), slug="derivative-misplaced"
    ),
    Entry(column_vectors.Softmax, "softmax", layout="column"),
    # ---- a small PyTorch ----
    Entry(parameter_objects.Linear, "linear"),
    Entry(parameter_objects.Conv2d, "conv2d", (*CONV, "dilation", "groups")),
    Entry(
        parameter_objects.Conv2dInterleaved, "conv2d", (*CONV, "dilation", "groups"),
        wrong=("dx",), slug="groups-mixed",
    ),
    Entry(parameter_objects.ConvTranspose2d, "conv_transpose2d", (*CONV, "output_padding")),
    Entry(
        parameter_objects.ConvTranspose2dZeroTail, "conv_transpose2d", (*CONV, "output_padding"),
        wrong=("y",), slug="output-padding-as-zeros",
    ),
    Entry(parameter_objects.BatchNorm2d, "batch_norm", ("eps",)),
    Entry(
        parameter_objects.LayerNorm, "layer_norm", ("eps",), wrong=("dx",), slug="statistics-as-constants",
        remark="of the variance only",
    ),
    # ---- pairs of static methods ----
    Entry(autograd_functions.Conv2dFunction, "conv2d", (*CONV, "dilation")),
    Entry(
        autograd_functions.Conv2dUnitStrideFunction, "conv2d", (*CONV, "dilation"), wrong=("dw",), slug="stride-ignored"
    ),
    Entry(autograd_functions.LinearFunction, "linear"),
    Entry(autograd_functions.LinearUnsummedFunction, "linear", wrong=("db",), slug="db-not-summed"),
    Entry(autograd_functions.TanhFunction, "tanh"),
    Entry(autograd_functions.LeakyReLUFunction, "leaky_relu", ("negative_slope",)),
    Entry(
        autograd_functions.LeakyReLUMaskOfGradFunction, "leaky_relu", ("negative_slope",),
        wrong=("dx",), slug="mask-wrong",
    ),
    Entry(autograd_functions.CrossEntropyFunction, "cross_entropy"),
    Entry(autograd_functions.MSEFunction, "mse_loss", wrong=("dx",), slug="scaled"),
    # ---- a university course ----
    Entry(cached_tuples.ConvNaive, "conv2d", CONV, remark="refuses sizes that the stride doesn't tile"),
    Entry(cached_tuples.ConvNaiveCorner, "conv2d", CONV, wrong=("dx",), slug="dx-shifted"),
    Entry(cached_tuples.AffineLayer, "linear"),
    Entry(
        cached_tuples.AffineLayerRegularised, "linear", wrong=("dw",), slug="penalty-added"
    ),
    Entry(cached_tuples.MaxPoolNaive, "max_pool2d", POOL),
    Entry(cached_tuples.MaxPoolNaiveAssigning, "max_pool2d", POOL, wrong=("dx",), slug="overlap-overwritten"),
    Entry(cached_tuples.BatchNormLayer, "batch_norm", ("eps",)),
    Entry(
        cached_tuples.BatchNormLayerRawInput, "batch_norm", ("eps",), wrong=("dw",), slug="x-hat-missing"
    ),
    Entry(cached_tuples.SoftmaxLoss, "cross_entropy"),
    # ---- an online specialisation ----
    Entry(hyperparameters.ConvLayer, "conv2d", CONV, layout="channels_last"),
    Entry(
        hyperparameters.ConvLayerPadded, "conv2d", CONV, layout="channels_last",
        wrong=("dx",), slug="dx-padding-kept",
    ),
    Entry(
        hyperparameters.ConvLayerFirstChannel, "conv2d", CONV, layout="channels_last",
        wrong=("dw",), slug="wrong-channel",
    ),
    Entry(hyperparameters.PoolLayer, "max_pool2d", POOL, layout="channels_last"),
    Entry(hyperparameters.AveragePool, "avg_pool2d", POOL, layout="channels_last"),
    Entry(hyperparameters.DenseColumns, "linear", layout="columns"),
    Entry(hyperparameters.DenseColumnsAveraged, "linear", layout="columns", wrong=("dw", "db"), slug="scaled"),
    # ---- factories ----
    Entry(factories.make_dense, "linear"),
    Entry(factories.make_conv, "conv2d", CONV),
    Entry(factories.make_conv_rotated, "conv2d", CONV, wrong=("dw",), slug="dw-rotated"),
    Entry(factories.make_conv1d, "conv1d", CONV),
    Entry(
        factories.make_conv1d_accumulating, "conv1d", CONV, wrong=("dw", "db"), slug="gradients-accumulated"
    ),
    Entry(factories.make_leaky_relu, "leaky_relu", ("negative_slope",)),
    Entry(
        factories.make_leaky_relu_without_leak, "leaky_relu", ("negative_slope",), wrong=("dx",), slug="mask-wrong"
    ),
    # ---- a tiny tensor library ----
    Entry(tensor_ops.Relu, "relu"),
    Entry(tensor_ops.Sigmoid, "sigmoid"),
    Entry(tensor_ops.Softmax, "softmax", wrong=("dx",), slug="softmax-jacobian-dropped"),
    Entry(tensor_ops.Conv2D, "conv2d", ("stride", "groups")),
    Entry(tensor_ops.Conv2DMixedGroups, "conv2d", ("stride", "groups"), wrong=("dw",), slug="groups-mixed"),
    Entry(tensor_ops.ConvTranspose2D, "conv_transpose2d", CONV),
    Entry(
        tensor_ops.ConvTranspose2DPadded, "conv_transpose2d", CONV, wrong=("y",), slug="transposed-padding-added",
        remark="pads by p",
    ),
    Entry(tensor_ops.AvgPool2D, "avg_pool2d", ("kernel_size",)),
    Entry(tensor_ops.AvgPool2DCropped, "avg_pool2d", ("kernel_size",), wrong=("dx",), slug="border-dropped"),
    # ---- Keras ----
    Entry(keras_like.Dense, "linear"),
    Entry(keras_like.Conv2D, "conv2d", ("stride", "same"), layout="channels_last"),
    Entry(
        keras_like.Conv2DReshapedKernel, "conv2d", ("stride",), layout="channels_last",
        wrong=("dx",), slug="reshaped-not-transposed",
    ),
    Entry(keras_like.Conv2DTranspose, "conv_transpose2d", ("stride",), layout="channels_last"),
    Entry(
        keras_like.Conv2DTransposeLastSample, "conv_transpose2d", ("stride",), layout="channels_last",
        wrong=("dw",), slug="last-sample-only",
    ),
    Entry(keras_like.BatchNormalization, "batch_norm", ("eps",), layout="channels_last"),
    Entry(
        keras_like.BatchNormalizationWithoutGamma, "batch_norm", ("eps",), layout="channels_last",
        wrong=("dx",), slug="gamma-missing",
    ),
    # ---- dictionaries of value and gradient ----
    Entry(val_grad_dicts.Conv, "conv2d", CONV),
    Entry(val_grad_dicts.ConvSwappedAxes, "conv2d", CONV, wrong=("dw",), slug="dw-transposed"),
    Entry(val_grad_dicts.ConvShortBias, "conv2d", CONV, wrong=("db",), slug="db-not-summed"),
    Entry(val_grad_dicts.Fc, "linear"),
    Entry(val_grad_dicts.FcClipped, "linear", wrong=("dw",), slug="clipped"),
    Entry(val_grad_dicts.AvgPool, "avg_pool2d", (*POOL, "padding")),
    Entry(val_grad_dicts.TanH, "tanh"),
    Entry(val_grad_dicts.TanHOfOutput, "tanh", wrong=("dx",), slug="derivative-misplaced"),
    # ---- lists of parameters and gradients ----
    Entry(parameter_lists.MatMul, "linear"),
    Entry(parameter_lists.Affine, "linear"),
    Entry(parameter_lists.AffineAccumulating, "linear", wrong=("dw", "db"), slug="gradients-accumulated"),
    Entry(parameter_lists.ReLUInPlace, "relu", wrong=("x",), slug="input-mutated"),
    Entry(parameter_lists.Softmax, "softmax"),
    Entry(parameter_lists.Conv1d, "conv1d", CONV),
    Entry(parameter_lists.Conv1dShifted, "conv1d", CONV, wrong=("dx",), slug="dx-shifted"),
    Entry(parameter_lists.Conv2d, "conv2d", CONV),
    Entry(parameter_lists.Conv2dUnturned, "conv2d", CONV, wrong=("dx",), slug="dx-kernel-not-rotated"),
    # ---- dataclasses ----
    Entry(dataclass_layers.LinearLayer, "linear"),
    Entry(dataclass_layers.LinearLayerReshaped, "linear", wrong=("dw",), slug="reshaped-not-transposed"),
    Entry(dataclass_layers.FlatConv, "conv2d", CONV),
    Entry(dataclass_layers.FlatConvTight, "conv2d", CONV, wrong=("dx",), slug="border-dropped"),
    Entry(dataclass_layers.InputFirstConv, "conv2d", CONV),
    Entry(dataclass_layers.MaxPool, "max_pool2d", POOL),
    Entry(dataclass_layers.MaxPoolOfIntegers, "max_pool2d", POOL, wrong=("dx",), slug="integer-truncated"),
    Entry(dataclass_layers.SquaredError, "mse_loss"),
    Entry(dataclass_layers.SquaredErrorPerSample, "mse_loss", wrong=("dx",), slug="scaled"),
)  # fmt: skip
