"""The table of strings: both languages, the same placeholders, no missing and no unused keys."""

import re
import string
from pathlib import Path

import pytest

import rot180.explain
from rot180.explain import strings
from rot180.explain.errors import ExplainError

FOLDER = Path(rot180.explain.__file__).parent
TABLE = strings.table()
COMMAND = FOLDER.parent / "cli" / "explain.py"
PYTHON = "\n".join(path.read_text("utf-8") for path in [*FOLDER.glob("*.py"), COMMAND])
PAGE = "\n".join(path.read_text("utf-8") for path in [*FOLDER.glob("*.js"), *FOLDER.glob("page/*.js")])
KEY = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+"


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_string_has_both_languages_with_the_same_placeholders():
    assert TABLE
    for key, texts in TABLE.items():
        assert re.fullmatch(KEY, key), key
        assert set(texts) == set(strings.LANGUAGES), key
        for text in texts.values():
            assert text and text == text.strip(), key
        one = {"count"} if key.endswith(".one") else set()  # the text for a count of one may contain "1" literally
        assert placeholders(texts["en"]) - one == placeholders(texts["zh"]) - one, key
        if one:
            assert key.removesuffix(".one") in TABLE, key
        if re.search(r"[a-z]{4}", re.sub(r"\{\w+\}", "", texts["en"])):
            assert re.search("[\u4e00-\u9fff]", texts["zh"]), f"{key} is not translated: {texts['zh']}"


def test_the_table_is_sorted():
    assert list(TABLE) == sorted(TABLE)


def used_in(source, quotes):
    """The complete keys in a source, and the beginnings of keys that are completed at run time."""
    whole = set(re.findall(rf"[{quotes}]({KEY})[{quotes}]", source))
    begun = set(re.findall(rf"[{quotes}]({KEY}[._]|[a-z][a-z0-9_]*\.)(?:\$?\{{|[{quotes}] \+)", source))
    return whole, begun


def unused(keys, source, quotes):
    whole, begun = used_in(source, quotes)
    asked = [key for key in keys if key.removesuffix(".one") not in whole]
    return [key for key in asked if not any(key.startswith(start) for start in begun)]


def test_python_has_no_missing_and_no_unused_strings():
    mine = [key for key in TABLE if key.startswith("text.")]
    assert unused(mine, PYTHON, "\"'") == []
    wanted = {key for key in used_in(PYTHON, "\"'")[0] if key.startswith("text.")}
    assert wanted <= set(TABLE)


def test_the_page_has_no_missing_and_no_unused_strings():
    others = [key for key in TABLE if not key.startswith("text.")]
    assert PAGE and others
    assert unused(others, PAGE + PYTHON, "\"'`") == []
    starts = {key.split(".")[0] for key in others}
    called = set(re.findall(rf"\bsay\(\s*[\"'`]({KEY})[\"'`]", PAGE)) | {
        key for key in used_in(PAGE, "\"'`")[0] if key.split(".")[0] in starts
    }
    assert called <= set(TABLE), sorted(called - set(TABLE))


def test_unused_keys_are_found():
    assert unused(["a.b", "a.b.one", "a.c", "d.e_f"], 'say("a.b") + say(f"d.e_{x}")', '"') == ["a.c"]
    assert unused(["a.b", "a.c"], "t(`a.${x}`)", "\"'`") == []


def test_every_step_has_a_name():
    kinds = ("start", "stuff", "pad", "crop", "rotate", "dilate", "correlate", "keep")
    kinds += ("sum_n", "sum_c", "sum_o", "rest", "bias")
    assert {f"text.step.{kind}" for kind in kinds} == {key for key in TABLE if key.startswith("text.step.")}


def test_languages():
    assert strings.language("zh") == "zh" and strings.say("text.step.rotate", "zh", array="w") == "w，旋转 180 度"
    with pytest.raises(ExplainError, match="unknown language 'de'; the languages are en, zh"):
        strings.language("de")
