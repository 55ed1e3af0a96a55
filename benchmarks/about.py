"""What stands at the head of a report: the machine, the versions, the circumstances."""

import datetime
import platform
import re
import subprocess
from pathlib import Path

import numpy as np

import rot180
from rot180.bench import machine
from rot180.kernels import extension
from rot180.kernels.dispatch import current_engine

from . import peer

IDLE = 0.25  # processes per core that want to run
ROOT = Path(__file__).parents[1]


def about(options, command):
    """As it goes into the record, before anything is measured."""
    engine = current_engine().name
    return {
        "date": datetime.date.today().isoformat(),
        "processor": machine.processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": options.cores,
        "threads": options.threads,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "load": machine.load(),
        "engine": engine,
        "isa": extension.compiled.isa() if engine == "native" else None,
        "rot180": f"{rot180.__version__} ({commit()})",
        "PyTorch": peer.version(),
        "NumPy": np.__version__,
        "Python": platform.python_version(),
        "command": command,
        "whole": options.whole,
    }


def commit():
    """The commit that is measured, and whether files have changed since."""

    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + (", changed" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "no commit"


def place(about):
    """The machine in a few words."""
    cores, threads = (f"{about[what]} {what[:-1]}{'s' * (about[what] > 1)}" for what in ("cores", "threads"))
    return f"{about['processor']}, {cores}, {threads}"


def busy(about):
    """A sentence where other programs were at work: threads that wait in place may take ten times as long for it."""
    load = about["load"]
    if load is None or load <= IDLE * about["cores"]:
        return ""
    return (
        f"**The machine was busy when this began** (load {load:.2f}). That makes all figures uncertain, and where "
        "PyTorch's threads wait for each other by spinning it costs PyTorch more than its share.\n"
    )


def stem(about):
    """The name of the files of a record: 2026-11-21-intel-xeon; what is unusual about the run follows."""
    name = re.sub(r"\((r|tm|c)\)|\b(processor|cpu|[0-9]+-core)\b|@.*", " ", about["processor"].lower())
    words = [about["date"], *re.findall(r"[a-z0-9]+", name)]
    if about["threads"] != about["cores"]:
        words.append(f"{about['threads']}-thread{'s' * (about['threads'] > 1)}")
    return "-".join(words if about["whole"] else [*words, "partial"])
