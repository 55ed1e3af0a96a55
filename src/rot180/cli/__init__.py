"""Floor 6: the commands; thin. `main(["train", "digits"])` is what `rot180 train digits` runs.

One file per command; what they do lives on the floors below.
"""

from .entry import main, program
from .status import ExitStatus

__all__ = ["ExitStatus", "main", "program"]
