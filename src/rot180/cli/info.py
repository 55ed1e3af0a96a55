"""`rot180 info`: versions, the engine in use and why, fallbacks, threads and BLAS."""

from __future__ import annotations

import argparse

from .arguments import Commands, add_command
from .exit_status import ExitStatus


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    add_command(commands, "info", run, "show versions, engine, threads and BLAS", ("rot180 info",))


def run(args: argparse.Namespace) -> ExitStatus:
    """Print the configuration."""
    from rot180 import show_config

    show_config()
    return ExitStatus.DONE
