"""What is told of an operation: it answers like its definition, where a class is tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.adapter.classes.arrangements import sample_forms
from rot180.check.adapter.classes.plan import dimensions, neutral, probe
from rot180.check.operations.case import Case
from rot180.check.process import protocol
from rot180.check.process.child.operation import Convolution, Definition, read_operation
from rot180.check.process.class_probes import OperationMessage
from rot180.check.process.message_reader import unpack
from rot180.check.process.message_writer import pack

NAMES = ["conv1d", "conv2d", "conv3d", "conv_transpose2d", "linear", "max_pool2d", "avg_pool1d", "batch_norm",
         "layer_norm", "relu", "leaky_relu", "softmax", "mse_loss", "softmax_cross_entropy"]  # fmt: skip


def told(name: str, given: dict[str, Any]) -> Definition:
    """The operation after it was sent."""
    message = pack({"operation": OperationMessage(operations.find(name), given).content()})
    header, _ = protocol.sizes(message[: protocol.PREFIX.size])
    rest = message[protocol.PREFIX.size :]
    return read_operation(unpack(rest[:header], rest[header:])["operation"])


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_like_the_definition(name: str) -> None:
    definition, sent = operations.find(name), told(name, {})
    assert isinstance(sent, Convolution) is isinstance(definition, operations.Convolution)
    tried = 0
    for ndim in dimensions(definition):
        for form in sample_forms(definition, ndim):
            try:
                problem = probe(definition, form, {}, ndim)
                expected = definition.forward(problem.arrays, problem.case)
            except ValueError:
                continue
            same: Any = probe(sent, form, {}, ndim)  # type: ignore[arg-type]
            assert all(np.array_equal(same.arrays[key], array) for key, array in problem.arrays.items())
            assert sent.y_shape(same.case) == definition.y_shape(problem.case)
            assert np.array_equal(sent.forward(same.arrays, same.case), expected)
            tried += 1
    assert tried


@pytest.mark.parametrize("name", ["conv2d", "batch_norm"])
def test_results_without_some_parameters(name: str) -> None:
    definition, sent = operations.find(name), told(name, {})
    problem = next(iter(sent.probes.values()))[0]
    parameters = {key: array for key, array in problem.arrays.items() if key != "x"}
    absent = [list(parameters)[-1]]
    arrays = {**problem.arrays, **neutral(absent, parameters)}
    assert np.array_equal(sent.forward(arrays, problem.case), definition.forward(arrays, problem.case))


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_those_of_the_definition(name: str) -> None:
    definition, sent = operations.find(name), told(name, {})
    for case in definition.cases({}, definition.settings, "correlation"):
        names = [*definition.settings, *(["kernel_size"] if definition.axes else [])]
        for setting in names:
            assert sent.setting(case, setting) == definition.setting(case, setting)
        settings = {setting: definition.setting(case, setting) for setting in names}
        assert sent.dictionary(settings) == definition.dictionary(settings)


def test_other_problems_have_no_result() -> None:
    with pytest.raises(ValueError, match="conv2d has no such case"):
        told("conv2d", {}).y_shape(Case({}, {"x": (1, 1, 2, 2)}))


def test_settings_that_allow_no_problem_leave_none() -> None:
    assert told("conv2d", {"dilation": 50}).probes == {}
