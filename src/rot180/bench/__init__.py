"""The layers, networks and training steps that `rot180 bench` and `benchmarks/` measure, and the timing.

shapes          the list of layers; the kernel tests use the same list with smaller sizes
layers          the forward and the backward of a layer, ready to be timed
networks        four networks and a minimal one, for any library with PyTorch's names
steps           a training step of each network
library         the names that rot180 and PyTorch share
measurements    the timings of rot180 alone
timing          measure several functions in turns
machine         the processor, the cores and the load, recorded with every measurement

The functions return numbers; `rot180.cli` and `benchmarks/` make tables of them. PyTorch is never imported here.
"""
