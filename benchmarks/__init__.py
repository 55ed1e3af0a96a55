"""Benchmarks against PyTorch: side by side in one process, in turns, as ratios. They report and never fail.

`python -m benchmarks` (`make bench`) runs all parts. The module of a part has `tasks(options)`, which yields what to
measure, an estimate of the time, and a function that returns a row of JSON. `tables.py` and `plots.py` show the rows.
The shapes, networks and steps are in `rot180.bench`; `rot180 bench` measures them without a peer.
"""
