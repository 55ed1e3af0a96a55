"""Which functions of a file are checked, by their names and by the operation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rot180.check.process.failure import ChildFailure, CouldNotCheckError
from rot180.check.process.search import Entry, choose, find_pairs, fit, read_contents, split_words

HOMEWORK = (
    "conv_forward conv_backward relu_forward relu_backward max_pool_forward max_pool_backward affine_forward "
    "affine_backward leaky_relu_forward leaky_relu_backward batchnorm_forward batchnorm_backward "
    "spatial_batchnorm_forward spatial_batchnorm_backward layernorm_forward layernorm_backward "
    "batchnorm_backward_alt softmax_loss svm_loss eval_numerical_gradient rel_error"
)


def entries(names: str, *, own: bool = True) -> list[Entry]:
    return [Entry(name, "function", own) for name in names.split()]


def chosen(contents: Sequence[Entry], op: str, names: Sequence[str] | None = None) -> str:
    return choose(contents, names, op, "mine.py").target


@pytest.mark.parametrize(
    ("names", "target"),
    [
        ("layer_forward layer_backward", "layer_forward,layer_backward"),
        ("conv2d conv2d_backward", "conv2d,conv2d_backward"),
        ("conv conv_grad helper", "conv,conv_grad"),
        ("forward backward im2col", "forward,backward"),
        ("convForward convBackward", "convForward,convBackward"),
        ("fwd_conv bwd_conv", "fwd_conv,bwd_conv"),
        ("backward_conv forward_conv conv", "forward_conv,backward_conv"),
        ("conv_forward_naive conv_backward_naive", "conv_forward_naive,conv_backward_naive"),
        ("Conv2dForward Conv2dBackward", "Conv2dForward,Conv2dBackward"),
    ],
)
def test_one_pair_is_found_by_itself(names: str, target: str) -> None:
    assert chosen(entries(names), "conv2d") == target


def test_a_backward_alone_is_found() -> None:
    alone = entries("im2col conv_backward")
    assert chosen(alone, "conv2d") == "conv_backward"
    assert choose(alone, ["conv_backward"], "conv2d", "mine.py").forward == ""
    assert choose(alone, ["im2col"], "conv2d", "mine.py").forward == "im2col"
    with pytest.raises(CouldNotCheckError, match="has no pair of functions"):
        choose(entries("conv_backward pool_backward"), None, "conv2d", "mine.py")


@pytest.mark.parametrize(
    ("op", "target"),
    [
        ("conv2d", "conv_forward,conv_backward"),
        ("relu", "relu_forward,relu_backward"),
        ("leaky_relu", "leaky_relu_forward,leaky_relu_backward"),
        ("max_pool2d", "max_pool_forward,max_pool_backward"),
        ("linear", "affine_forward,affine_backward"),
        ("batch_norm", "batchnorm_forward,batchnorm_backward"),
        ("layer_norm", "layernorm_forward,layernorm_backward"),
        ("softmax_cross_entropy", "softmax_loss"),
    ],
)
def test_the_pair_of_a_homework_file_fits_the_operation(op: str, target: str) -> None:
    assert chosen(entries(HOMEWORK), op) == target


def test_pairs_that_fit_equally_are_listed() -> None:
    with pytest.raises(CouldNotCheckError) as caught:
        chosen(entries("conv_forward_naive conv_backward_naive conv_forward_fast conv_backward_fast"), "conv2d")
    assert "mine.py has 2 pairs: conv_forward_naive,conv_backward_naive, conv_forward_fast" in str(caught.value)
    assert "choose two functions: mine.py:FORWARD,BACKWARD" in str(caught.value)


def test_a_pair_for_another_number_of_axes_does_not_fit() -> None:
    contents = entries("conv1d_forward conv1d_backward conv3d_forward conv3d_backward")
    assert chosen(contents, "conv3d") == "conv3d_forward,conv3d_backward"
    with pytest.raises(CouldNotCheckError, match="has 2 pairs"):
        chosen(contents, "conv2d")


def test_functions_of_the_file_come_before_imported_ones() -> None:
    contents = [*entries("relu relu_grad", own=False), *entries("my_forward my_backward")]
    assert chosen(contents, "relu") == "my_forward,my_backward"
    assert chosen(entries("relu relu_grad", own=False), "relu") == "relu,relu_grad"


def test_without_a_pair_the_functions_are_listed() -> None:
    with pytest.raises(CouldNotCheckError, match=r"mine\.py has no pair .*FORWARD,BACKWARD \(it has helper, other\)"):
        chosen(entries("helper other"), "relu")
    with pytest.raises(CouldNotCheckError, match=r"\(it has no functions\)"):
        chosen([], "relu")


def test_a_class_is_chosen_as_it_is() -> None:
    layer = Entry("Conv", "class", True, ("__init__", "forward", "backward"))
    other = Entry("Relu", "class", True, ("__call__", "backprop"))
    base = Entry("Base", "class", True, ("step",))
    assert chosen([layer, base], "relu") == "Conv"
    assert chosen([layer, other], "relu") == "Relu"
    assert chosen([layer, other], "relu", ["Conv"]) == "Conv"
    assert chosen([base, *entries("make_layer")], "relu", ["make_layer"]) == "make_layer"
    assert chosen([Entry("made", "object", True, ("_forward", "_backward")), base], "conv2d") == "made"
    assert chosen([Entry("made", "object", True, layer.methods), layer], "conv2d") == "Conv"
    assert chosen([layer], "conv2d", ["Conv.forward", "Conv.backward"]) == "Conv.forward,Conv.backward"


def test_names_that_are_given_are_used() -> None:
    assert chosen(entries("a b c"), "relu", ["a", "c"]) == "a,c"
    assert chosen(entries(HOMEWORK), "relu", ["conv_forward"]) == "conv_forward,conv_backward"
    assert chosen(entries(HOMEWORK), "softmax_cross_entropy", ["softmax_loss"]) == "softmax_loss"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conv_forward_naive", "conv forward naive"), ("convForward", "conv forward"), ("Conv2D", "conv 2d"),
        ("ReLUBackward", "re lu backward"), ("max_pool2d", "max pool 2d"), ("MSELoss", "mse loss"),
    ],
)  # fmt: skip
def test_words_of_a_name(name: str, words: str) -> None:
    assert " ".join(split_words(name)).lower() == words


def test_a_class_name_in_capitals_fits() -> None:
    assert fit(split_words("ReLU"), "relu") and fit(split_words("BatchNorm1d"), "batch_norm")
    assert fit(split_words("MaxPool2d"), "max_pool2d") > fit(split_words("AvgPool2d"), "max_pool2d")
    assert fit(split_words("Sigmoid"), "tanh") == 0


def test_contents_that_are_forged_are_refused() -> None:
    assert read_contents(None) == [] and find_pairs([]) == []
    for part in ({"name": 1}, {"name": "a b"}, {"name": "x" * 300}, "text", None):
        with pytest.raises(ChildFailure, match="cannot be read"):
            read_contents([part])
