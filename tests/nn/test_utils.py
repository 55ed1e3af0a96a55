"""The names that PyTorch users import from nn.utils."""

from __future__ import annotations

import importlib

from rot180 import nn
from rot180.nn import clip_grad, parameter_vector


def test_it_is_a_module_with_the_functions_of_the_subject_files() -> None:
    utils = importlib.import_module("rot180.nn.utils")
    assert utils is nn.utils
    for name in utils.__all__:
        home = clip_grad if hasattr(clip_grad, name) else parameter_vector
        assert getattr(utils, name) is getattr(home, name)


def test_pytorchs_import_works() -> None:
    from rot180.nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters

    assert clip_grad_norm_ is nn.utils.clip_grad_norm_ and clip_grad_value_ is nn.utils.clip_grad_value_
    assert parameters_to_vector is nn.utils.parameters_to_vector
    assert vector_to_parameters is nn.utils.vector_to_parameters
