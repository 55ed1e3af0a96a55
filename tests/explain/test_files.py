"""Traces saved as JSON and NPZ and loaded again; damaged and hostile files raise a FormatError."""

import io
import json
import random
import zipfile

import numpy as np
import pytest

from rot180.errors import FormatError
from rot180.explain import ExplainError, Trace, trace
from rot180.explain.document import document

OPS = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "max_pool2d", "avg_pool1d"]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_a_saved_trace_can_be_loaded(op, suffix, tmp_path):
    t = trace(op, channels=2, images=2, stride=2, values="random")
    t.save(tmp_path / f"t{suffix}")
    again = Trace.load(tmp_path / f"t{suffix}")
    assert again.to_json() == t.to_json() and [p.name for p in tmp_path.iterdir()] == [f"t{suffix}"]


def test_numpy_reads_the_arrays():
    t = trace("conv2d", stride=2, bias=True)
    with np.load(io.BytesIO(t.to_npz())) as found:
        for name, a in t.arrays.items():
            assert np.array_equal(found[name], a)
        assert np.array_equal(found["triples_w"], t.triples["w"])


def test_an_edited_file_cannot_contradict_itself():
    data = json.loads(trace("conv2d", input=3).to_json())
    data["arrays"]["x"]["values"] = list(range(9))
    data["arrays"]["y"]["values"], data["triples"], data["views"] = [0], {}, {"y": "nonsense"}
    again = Trace.from_json(json.dumps(data))
    expected = trace("conv2d", x=np.arange(9.0).reshape(3, 3), w=again.arrays["w"], dy=again.arrays["dy"])
    assert all(np.array_equal(again.arrays[name], a) for name, a in expected.arrays.items())


def changed(**changes):
    data = json.loads(trace("conv2d", bias=True).to_json())
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = data
        for name in way:
            inner = inner[name]
        inner[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the trace is not valid JSON"),
        ("[" * 100_000, "the trace is not valid JSON"),
        ("[]", 'this is not a trace: it has no "format": "rot180.trace"'),
        (changed(version=2), "has version 2; this rot180 reads 1"),
        (changed(op="conv9d"), "unknown operation 'conv9d'"),
        (changed(arrays=[]), "arrays must be an object; got list"),
        (changed(arrays__x={"shape": [1, 1, 5, 5], "values": [1]}), r"x has 1 values; finite numbers up to 1e\+100"),
        (changed(arrays__x={"shape": [1, 1, -5, -5], "values": [1] * 25}), "positive ints and a flat list are needed"),
        (changed(arrays__x={"shape": [10**9] * 4, "values": [1]}), "x has 1 values; finite numbers"),
        (changed(arrays__x={"shape": [1], "values": [1e999]}), "Infinity is not a number in JSON|finite numbers"),
        (changed(arrays__dy={"shape": [1, 1, 3, 4], "values": [1] * 12}), "dy has shape .* does not fit"),
        (changed(arrays__b={"shape": [2], "values": [1, 2]}), r"bias has shape \(2,\)"),
        (changed(settings__bias=False), "a trace of conv2d needs the arrays x, w, dy"),
        (changed(settings__stride=[0, 1]), "stride must be at least 1"),
        (
            changed(settings__padding=[[10**9, 0], [0, 0]], settings__stride=[10**9, 1]),
            "does not fit|1,000,000,000 cells",
        ),
        (changed(settings=None), "settings must be an object"),
        (changed(request__op=3), "a trace of conv2d has a request for 3"),
        (changed(request__op="max_pool2d"), "a trace of conv2d has a request for 'max_pool2d'"),
        (changed(arrays__x={"shape": [1, 1, 5, 5], "values": [1e308] * 25}), r"finite numbers up to 1e\+100"),
        (changed(selection={"n": [0], "c": [0, 1], "o": [0]}), r"selection\['c'\] must be a list of 1 ints"),
        (changed(rest={"y": [1]}), "the trace is inconsistent: cannot reshape"),
    ],
)
def test_damaged_files_raise_a_format_error(text, message):
    with pytest.raises(FormatError, match=message):
        Trace.from_json(text)


def test_random_damage_raises_only_format_errors():
    whole, rng, refused = trace("conv_transpose2d", input=2, stride=2).to_json(), random.Random(0), 0
    pieces = ["null", "-1", "[]", "{}", "1e9", '"x"', "true", "[[1]]", "99999999999999999999"]
    for _ in range(1500):
        text = whole
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice(pieces) + text[at + rng.randint(0, 8) :]
        try:
            Trace.from_json(text).to_json()
        except FormatError:
            refused += 1
    assert refused > 1000


def test_half_a_surrogate_pair_can_be_written():
    shown = Trace.from_json(changed(source={"run": "a\ud800b"}))
    assert shown.source == {"run": "a?b"}
    assert document(shown).encode()


def test_files_that_are_not_traces(tmp_path):
    with pytest.raises(FormatError, match="this is not an NPZ file with a trace"):
        Trace.from_npz(b"PK\x03\x04 and so on")
    file = io.BytesIO()
    np.savez(file, x=np.zeros(3))
    with pytest.raises(FormatError, match=r"There is no item named 'trace.json'"):
        Trace.from_npz(file.getvalue())
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.json", b" " * (1 << 26))
    with pytest.raises(FormatError, match=r"trace\.json has 67,108,864 bytes; at most 33,554,432 are read"):
        Trace.from_npz(file.getvalue())
    (tmp_path / "big.json").write_bytes(b" " * ((1 << 25) + 1))
    with pytest.raises(FormatError, match=r"big\.json has more than 33,554,432 bytes"):
        Trace.load(tmp_path / "big.json")
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "none.json")
    with pytest.raises(ExplainError, match=r"the name of a trace must end in \.json or \.npz"):
        trace("conv1d").save(tmp_path / "trace.txt")
