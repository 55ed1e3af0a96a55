"""The machine, the versions and the load, as they are recorded with the measurements."""

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

IDLE = 0.25  # load per core up to which the machine counts as quiet
ROOT = Path(__file__).parents[1]


def describe(options, command):
    """The entry "about" of the record, made before the measurements."""
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
    """The measured commit, marked if files have been changed."""

    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + (", changed" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "no commit"


def place(about):
    """The processor, the cores and the threads in a few words."""
    cores, threads = (f"{about[what]} {what[:-1]}{'s' * (about[what] > 1)}" for what in ("cores", "threads"))
    return f"{about['processor']}, {cores}, {threads}"


def busy_warning(about):
    """A warning if other programs were running, because spinning threads may then be ten times slower; else ""."""
    load = about["load"]
    if load is None or load <= IDLE * about["cores"]:
        return ""
    return (
        f"**The machine was busy at the start** (load {load:.2f}), so all numbers are uncertain. PyTorch suffers most, "
        "because its threads wait for each other by spinning.\n"
    )


def stem(about):
    """The name of the files of a record, e.g. 2026-11-21-intel-xeon; unusual settings are appended."""
    name = re.sub(r"\((r|tm|c)\)|\b(processor|cpu|[0-9]+-core)\b|@.*", " ", about["processor"].lower())
    words = [about["date"], *re.findall(r"[a-z0-9]+", name)]
    if about["threads"] != about["cores"]:
        words.append(f"{about['threads']}-thread{'s' * (about['threads'] > 1)}")
    return "-".join(words if about["whole"] else [*words, "partial"])
