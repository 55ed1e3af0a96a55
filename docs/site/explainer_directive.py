"""The Sphinx directive `explainer` embeds an interactive explanation of a layer in a page.

    ```{explainer} dx[0,0,1,1]
    :title: Gradients of a 2x2 kernel
    explain.trace("conv2d", input=3, kernel_size=2)
    ```

The argument is the cell that is selected at first. The body is a Python expression whose value is a trace; it can use
`np`, `explain` and `programs` (examples/origins/pages.py). The page that `explain.page` writes for the trace is shown
in an iframe, which the browser loads when the reader scrolls near it. A site that does not support the directive, such
as GitHub, shows the code.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pages as programs
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from rot180 import explain

FOLDER = "layers"


class Layer(nodes.General, nodes.Element):
    """The node of an iframe that shows a layer's page."""


class Explainer(SphinxDirective):
    """Write the layer's page, and replace the directive with an iframe that shows it."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"title": directives.unchanged_required, "height": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        cell = self.arguments[0] if self.arguments else None
        language = "zh" if self.env.config.language.startswith("zh") else "en"
        if "title" not in self.options:
            raise self.error("explainer: the frame needs a title, which screen readers read: add the option title")
        try:
            trace = eval(code, {"np": np, "explain": explain, "programs": programs})
        except Exception as error:
            raise self.error(f"explainer: {code!r} is not a trace: {error}") from error
        name = hashlib.sha256(f"{language} {cell} {code}".encode()).hexdigest()[:12] + ".html"
        folder = Path(self.env.app.outdir, FOLDER)
        folder.mkdir(exist_ok=True)
        explain.page(trace, folder / name, language=language, cell=cell)
        return [Layer(name=name, title=self.options["title"], height=self.options.get("height", 520))]


def visit(translator: Any, node: Layer) -> None:
    depth = translator.builder.current_docname.count("/")
    address = f"{'../' * depth}{FOLDER}/{node['name']}"
    whole = {"zh": "在新页面打开", "en": "open as a page"}[
        "zh" if translator.config.language.startswith("zh") else "en"
    ]
    title = translator.attval(node["title"])
    translator.body.append(
        f'<figure class="layer"><iframe src="{address}?embed" title="{title}" loading="lazy" '
        f'height="{node["height"]}"></iframe>\n'
        f'<figcaption>{translator.encode(node["title"])} · <a href="{address}">{whole}</a></figcaption></figure>\n'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(Layer, html=(visit, None))
    app.add_directive("explainer", Explainer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
