"""The reference kernels: readable NumPy functions that define what each kernel computes; they are the numpy engine.

Each file registers its kernels with `@kernel`. `import *` takes only these, because `kernel` maintains `__all__`.
"""

from typing import TYPE_CHECKING

from ..dispatch import registered_kernels
from .activation import *  # noqa: F403
from .addition import *  # noqa: F403
from .bias import *  # noqa: F403
from .conv import *  # noqa: F403
from .cross_entropy import *  # noqa: F403
from .norm import *  # noqa: F403
from .pool import *  # noqa: F403
from .squared_error import *  # noqa: F403
from .update import *  # noqa: F403

if not TYPE_CHECKING:  # without `__all__`, type checkers export every name defined here
    __all__ = list(registered_kernels())
