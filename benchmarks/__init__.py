"""Benchmarks against PyTorch, which run in turns in one process and report ratios. A slow result is not a failure.

`python -m benchmarks` (`make bench`) runs all parts. The module of each part has a function `tasks(options)`. The
function yields tasks: a name, an estimate of the time, and a function that returns a row of JSON. `tables.py` and
`plots.py` show the rows. The shapes, networks and steps are in `rot180.bench`; `rot180 bench` measures them without
PyTorch.
"""
