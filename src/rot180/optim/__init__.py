"""Floor 4: optimisers under PyTorch's names, with its numbers. They update parameters in place.

    from rot180 import optim

It may use everything below; `nn` and `data`, beside it, it may not.
"""

from .adam import Adam
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
