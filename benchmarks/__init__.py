"""Benchmarks against PyTorch: side by side in one process, in turns, as ratios. Nothing here is a test that can fail.

`python -m benchmarks` (`make bench`) measures all of it. Each module of a part has `tasks(options)`: what is to be
measured, how long it will take, and a function that returns a row of JSON. `tables.py` and `plots.py` show the rows.
What is measured (shapes, networks, steps) lives in `rot180.bench`, which `rot180 bench` runs alone.
"""
