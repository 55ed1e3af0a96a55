"""Common names for the parts of a layer: constructor parameters, methods, weights, results.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...operations import Definition

CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")  # between the words of gradWeights, but not in dLdW


def plain(name: str) -> str:
    """The name in lower case with underscores between its words: grad_weights for gradWeights and _grad_weights."""
    return CAMEL.sub("_", name).lower().strip("_")


FORWARDS = (
    "forward forward_pass forward_propagation forward_prop feed_forward fprop __call__ call apply predict "
    "fwd f_prop forwards feedforward propagate activate activation_function compute func function fn".split()
)
# Methods that return the derivative of an activation at x.
DERIVATIVES = "gradient grad derivative prime deriv backward diff".split()
TRAINING = "training train is_training is_train train_mode mode".split()
BACKWARDS = (
    "backward backward_pass backward_propagation back_propagation backpropagation backpropagate backprop back_prop "
    "bprop backward_prop grad gradient backgrad bwd backwards b_prop backpass derivative deriv prime loss_derivative "
    "loss_grad loss_gradient compute_gradient compute_gradients"
).split()
LOSSES = [
    "calculate",
    *FORWARDS,
    *"loss compute_loss calculate_loss cost error value".split(),
]  # a class can have both: `forward` for the loss of each sample, and `calculate` for their mean
INITIALISERS = (
    "set_input_shape initialize initialise init_params initialize_parameters init_weights initialize_weights "
    "initialize_params setup set_optimizer"
).split()
CLEARERS = "zero_grad zero_grads zero_gradients flush_gradients reset_gradients reset_grads clear_grads clear_gradients"
RESULTS = "output out outputs y a z result activation activations probs loss".split()
INPUT_GRADIENTS = (
    "dinputs dinput dx d_x d_input d_inputs input_grad inputs_grad grad_input grad_inputs grad_x x_grad "
    "input_gradient da_prev dx_ d_l_d_input"
).split()
RATES = "learning_rate learn_rate lr eta alpha rate step_size l_r".split()
# Without alpha, rate and step_size, because attributes with these names can mean something else.
RATE_ATTRIBUTES = "learning_rate learn_rate lr eta l_r".split()
UPDATES = "update update_params update_parameters update_weights apply_gradients apply_grads step".split()
BATCHES = "batch_size batch batches n_samples num_samples bs".split()
OPTIMISERS = "optimizer optimiser optim opt".split()
CONTEXTS = "ctx context".split()
ACTIVATIONS = "activation activation_function act act_fn activation_fn nonlinearity".split()
MOMENTA = "momentum beta1 mu".split()

_SETTINGS = {
    "stride": "stride strides s step",
    "padding": "padding pad pads p",
    "dilation": "dilation dilations dilation_rate rate",
    "groups": "groups group n_groups num_groups",
    "output_padding": "output_padding out_pad output_pad",
    "eps": "eps epsilon",
    "negative_slope": "negative_slope slope alpha leak leakiness",
}
_INPUT_SHAPE = "input_shape in_shape input_dims shape_in image_shape image_size input_dim"
_CONVOLUTION = {
    "in": "in_channels input_channels num_in_channels n_channels nb_channels num_channels channels in_ch in_c c_in cin "
    "n_c_prev n_in nin in_planes in_dim input_depth in_depth in_channel channels_in",
    "out": "out_channels output_channels n_filters num_filters filters nb_filters n_kernels num_kernels kernels out_ch "
    "out_c c_out cout n_c n_out nout depth output_depth n_f filter_num out_planes out_dim units out_channel "
    "channels_out number_of_filters nb_kernels",
    "kernel_size": "kernel_size filter_size kernel_shape filter_shape kernel_length kernel_dim filter_dim k f size "
    "ksize field kernel",
    "kernel_rows": "kernel_h kernel_height filter_h filter_height kh fh hh",
    "kernel_columns": "kernel_w kernel_width filter_w filter_width kw fw ww",
    "input_shape": _INPUT_SHAPE,
    "w": "w weight weights filters_init",
    "b": "b biases",
}
_LINEAR = {
    "in": "in_features n_inputs n_in input_size n_prev row rows fan_in in_dim nin num_inputs inputs in_size d_in "
    "n_input n_features input_features in_units input_units input_dim",
    "out": "out_features n_neurons n_out output_size n units n_units column columns col fan_out out_dim nout "
    "num_outputs outputs out_size d_out n_output neurons output_features out_units output_dim hidden_size num_units",
    "input_shape": "input_shape in_shape",
    "w": "w weight weights",
    "b": "b biases",
}
_POOLING = {
    "kernel_size": "kernel_size pool_size pool_shape filter_size kernel_shape filter_shape window window_size size k f "
    "pool ksize",
    "kernel_rows": "pool_h pool_height kernel_h kernel_height filter_h filter_height ph",
    "kernel_columns": "pool_w pool_width kernel_w kernel_width filter_w filter_width pw",
    "input_shape": _INPUT_SHAPE,
    "mode": "mode kind method",
}
_NORM = {
    "features": "num_features n_features features normalized_shape dim size n_in num_channels channels n_channels "
    "input_dim d n_out units hidden_size d_in in_features in_dim",
    "input_shape": "input_shape in_shape shape",
    "gamma": "gamma weight",
    "beta": "beta bias",
}


def constructor_words(definition: Definition) -> Mapping[str, str]:
    """The names of constructor parameters for an operation, by role."""
    if "gamma" in definition.arguments:
        own = _NORM
    elif "w" in definition.arguments:
        own = _CONVOLUTION if definition.axes else _LINEAR
    else:
        own = _POOLING if definition.axes else {"input_shape": _INPUT_SHAPE}
    known = (*definition.settings, *(("kernel_size",) if definition.axes else ()))
    return {**own, **{name: words for name, words in _SETTINGS.items() if name in known}}


PARAMETERS: Mapping[str, str] = {
    "w": "w weight weights kernel kernels filter filters theta conv_w conv_filter w1",
    "b": "b bias biases w0 b0 b1 intercept",
    "gamma": "gamma gammas scaler scale weight weights g w",
    "beta": "beta betas intercept shift bias biases b offset",
}
PARAMETER_LISTS = "params parameters weights trainable_weights trainable_params variables".split()
GRADIENT_LISTS = "grads gradients grad gradient derivatives deltas dparams d_params".split()
VALUES = "data value val v values array".split()  # the attribute or key of a parameter object that holds its array
GRADIENTS = "grad gradient g d dw delta".split()
