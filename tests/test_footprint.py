"""`import rot180` loads little more than `import numpy`. The benchmarks time it; here modules are counted."""

from __future__ import annotations

import json
import subprocess
import sys

# Small modules of the standard library that `import rot180` may load.
LIGHT = {"__future__", "dataclasses", "importlib", "typing"}
OWN_FILES = 12  # `rot180.nn` and the other packages load when they are first used


def loaded_by(statement: str) -> set[str]:
    """The modules that a new interpreter has loaded after the statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_import_loads_nothing_heavy_beyond_numpy() -> None:
    more = loaded_by("import numpy, rot180") - loaded_by("import numpy")
    own = {name for name in more if name.split(".")[0] == "rot180"}
    others = {name.split(".")[0] for name in more - own}
    assert others <= LIGHT, f"import rot180 also loads {sorted(others - LIGHT)}"
    assert len(own) <= OWN_FILES, f"import rot180 loads {len(own)} of its own modules: {sorted(own)}"
