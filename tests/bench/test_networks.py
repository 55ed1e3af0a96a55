"""Both libraries build the same networks."""

from __future__ import annotations

from typing import Any

import pytest

from rot180.bench import networks
from rot180.bench.library import rot180_library

BUILDERS = (networks.lenet, networks.resnet20, networks.generator, networks.discriminator, networks.autoencoder)
PARAMETERS = (61_706, 272_474, 3_576_704, 2_765_568, 13_265)


def shapes(model: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


@pytest.mark.parametrize(("build", "count"), list(zip(BUILDERS, PARAMETERS, strict=True)))
def test_parameters_are_as_published(build: Any, count: int) -> None:
    assert sum(p.data.size for p in build(rot180_library()).parameters()) == count


@pytest.mark.peers
@pytest.mark.parametrize("build", BUILDERS)
def test_pytorch_has_the_same_parameters(build: Any) -> None:
    from benchmarks import peer

    assert shapes(build(rot180_library())) == shapes(build(peer.library()))
