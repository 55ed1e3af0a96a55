"""The commands. `main(["train", "digits"])` runs `rot180 train digits`.

There is one file per command. Commands only parse arguments and print; the other packages do the work.
"""

from .entry_point import main, program
from .exit_status import ExitStatus

__all__ = ["ExitStatus", "main", "program"]
