"""The page as a file: self-contained, small, and without markup from the data."""

import base64
import hashlib
import json
import re

import pytest

from rot180.explain import page, trace
from rot180.explain.document import document
from rot180.explain.errors import ExplainError
from rot180.explain.tracing import example
from rot180.formats import WriteError


def parts(text):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)[1]
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', text, re.DOTALL)[1])
    return policy, script, data


def test_the_file_is_self_contained(tmp_path):
    page(example(), tmp_path / "page.html", language="zh")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert len(text.encode()) < 250_000
    policy, script, data = parts(text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'") and f"script-src 'sha256-{digest}'" in policy
    assert "connect-src 'none'" in policy and "unsafe-inline'; img" in policy and '<html lang="zh">' in text
    assert data["trace"] == example().inputs_as_dict() and data["language"] == "zh"
    assert set(data["trace"]["arrays"]) == {"x", "w", "dy"}  # the page computes the rest
    assert not re.search(r"https?://(?!www\.w3\.org)", text)  # except XML namespaces


def test_it_opens_on_a_cell():
    assert parts(document(example()))[2]["cell"] is None
    assert parts(document(example(), cell="dx[0,0,1,3]"))[2]["cell"] == {"array": "dx", "at": 7}
    assert parts(document(example(), cell="dX[0,0,1,3]"))[2]["cell"] == {
        "array": "dx",
        "at": 7,
    }  # as the page writes it
    with pytest.raises(ExplainError, match=r"index 7 is out of range on axis j \(0 to 3\)"):
        document(example(), cell="dx[0,0,1,7]")


def test_the_data_are_never_parsed_as_markup():
    t = trace("conv1d")
    t = type(t)(t.layer, t.request, t.inputs, t.selection, None, {"run": "</script><script>alert(1)//\u2028<!--"})
    text = document(t)
    assert text.count("</script>") == 2 and "alert(1)//\\u2028\\u003c!--" in text
    assert parts(text)[2]["trace"]["source"]["run"].startswith("</script>")


def test_a_page_that_cannot_be_written_raises_an_error(tmp_path):
    with pytest.raises(WriteError, match="cannot write"):
        page(example(), tmp_path / "none" / "page.html")
    with pytest.raises(ExplainError, match="unknown language 'de'"):
        page(example(), tmp_path / "page.html", language="de")
    assert not list(tmp_path.iterdir())
