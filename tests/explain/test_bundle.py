"""Bundling the page's files: the order of imports, the rules for sources, and unique names."""

import re

import pytest

from rot180.explain.bundle import FOLDER, STYLES, BundleError, bundle, es_module, import_order

# Declarations at the left edge, and the further constants of a `const` that goes on over several lines.
TOP = re.compile(r"^(?:(?:export )?(?:async )?(?:function|const|let|class) |  (?=[A-Z_]+ = ))(\w+)", re.MULTILINE)


def files(tmp_path, **texts):
    for name, text in texts.items():
        (tmp_path / f"{name}.js").write_text(text, "utf-8")
    return tmp_path


def test_files_come_after_the_files_that_they_import(tmp_path):
    folder = files(
        tmp_path,
        main='import { b } from "./b.js";\nimport { a, A } from "./a.js";\n'
        "function render() { b(a); }\nexport default { render };\n",
        b='import { a } from "./a.js";\nexport function b() { return a + 1; }\n',
        a="// a remark\nexport const a = 1;\nexport class A {}\n",
    )
    assert import_order(folder) == ["a.js", "b.js", "main.js"]
    text = bundle(folder)
    assert (
        "a remark" not in text
        and "import" not in text
        and "export" not in text
        and text.rstrip().endswith("const widget = { render };")
    )
    assert text.index("const a = 1") < text.index("function b()") < text.index("function render")
    assert es_module(folder).endswith("export default widget;\n")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"main": "function render() {}\n"}, "main.js must have one line"),
        (
            {"main": 'import { a as b } from "./a.js";\nexport default { b };', "a": "export const a = 1;"},
            "cannot be bundled because of this line",
        ),
        (
            {"main": 'import { a } from "./a.js";\nexport default { a };', "a": "const a = 1;\nexport { a };"},
            "a.js cannot",
        ),
        ({"main": 'import { a } from "./a.js";\nexport default { a };'}, "the page's file a.js is missing"),
        (
            {"main": 'import { a } from "./a.js";\nexport default { a };', "a": 'import { b } from "./main.js";\n'},
            "in a circle: main.js > a.js > main.js",
        ),
    ],
)
def test_sources_that_break_the_rules(tmp_path, texts, message):
    with pytest.raises(BundleError, match=message):
        bundle(files(tmp_path, **texts))


def test_the_bundle_has_every_file_of_the_page():
    names = import_order()
    assert names[-1] == "main.js" and {path.name for path in FOLDER.glob("*.js")} == set(names)
    text = bundle()
    found = TOP.findall(text) + TOP.findall((FOLDER.parent / "host.js").read_text("utf-8"))
    twice = sorted({name for name in found if found.count(name) > 1})
    assert len(found) > 10 and not twice
    assert {path.name for path in FOLDER.glob("*.css")} == set(STYLES)
    for name in (*names, *STYLES):
        assert len((FOLDER / name).read_text("utf-8").splitlines()) <= 300, name
