"""A misspelt name is answered with the one that was meant."""

from __future__ import annotations

import pytest

from rot180.spelling import suggestions, unknown_name

MODELS = ("small", "stages", "resnet20", "lenet", "linear")
OPERATIONS = ("conv1d", "conv2d", "conv3d", "conv_transpose2d", "linear", "relu")


@pytest.mark.parametrize(
    ("name", "known", "suggested"),
    [
        ("resnet2", MODELS, ["resnet20"]),
        ("conv2", OPERATIONS, ["conv2d"]),
        ("conv9d", OPERATIONS, ["conv1d", "conv2d", "conv3d"]),
        ("CONV-TRANSPOSE-2D", OPERATIONS, ["conv_transpose2d"]),
        ("--epoch", ("--epochs", "--seed", "--help"), ["--epochs"]),
        ("vgg", MODELS, []),
        ("", MODELS, []),
        ("x", (), []),
    ],
)
def test_the_most_similar_names_are_suggested(name: str, known: tuple[str, ...], suggested: list[str]) -> None:
    assert suggestions(name, known) == suggested


def test_the_message_names_the_suggestion_and_all_names() -> None:
    assert unknown_name("model", "resnet2", MODELS) == (
        "unknown model 'resnet2': did you mean 'resnet20'? The models are small, stages, resnet20, lenet, linear"
    )
    assert unknown_name("model", "vgg", MODELS[:2]) == "unknown model 'vgg'; the models are small, stages"
    assert "did you mean 'conv1d', 'conv2d' or 'conv3d'? The" in unknown_name("operation", "conv9", OPERATIONS)


def test_a_name_of_any_type_or_length_gives_a_short_message() -> None:
    assert unknown_name("operation", None, ["relu"]) == "unknown operation None; the operations are relu"
    assert len(unknown_name("operation", "x" * 100_000, ["relu"])) < 200
