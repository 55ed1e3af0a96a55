"""Layers that the page's own JavaScript computes in Node.js, without a browser, for comparison with Python's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rot180.explain.bundle import FOLDER

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
SCRIPT = """
import { createInterface } from "node:readline";
import { traceOf, traceOfData } from "%s";
import { LayerProblem } from "%s";
for await (const line of createInterface({ input: process.stdin })) {
  const { request, arrays, data } = JSON.parse(line);
  let answer;
  try {
    answer = data ? traceOfData(data) : traceOf(request, arrays);
  } catch (error) {
    if (!(error instanceof LayerProblem)) throw error;
    answer = { problem: error.key, values: error.values };
  }
  console.log(JSON.stringify(answer));
}
"""


def page_traces(questions: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The page's answer to each {"request": ..., "arrays": ...} or {"data": ...}: a trace, or {"problem": key}.

    Args:
        questions: the requests.
        folder: a folder for the script.
    """
    assert NODE is not None
    for file in FOLDER.glob("*.js"):  # Node.js loads .mjs files as modules
        text = file.read_text("utf-8").replace('.js";', '.mjs";')
        (folder / file.name).with_suffix(".mjs").write_text(text, "utf-8")
    script = folder / "answer-lines.mjs"
    script.write_text(SCRIPT % ("./traces.mjs", "./problems.mjs"), "utf-8")
    lines = "".join(json.dumps(one) + "\n" for one in questions)
    done = subprocess.run([NODE, str(script)], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]
