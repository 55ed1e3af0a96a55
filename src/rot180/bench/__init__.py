"""Floor 5: what `rot180 bench` and the project's `benchmarks/` measure: layers, networks, training steps, their times.

shapes      the list of layers (the kernel tests run it too, shrunken)
layers      a layer, forward and backward, as something that can be timed
networks    four networks and the smallest one, written with the layers of any library that has PyTorch's names
steps       a training step of each
library     rot180 as such a library
alone       the figures of rot180 alone
timing      contestants that take turns
machine     what is said about the machine beside every figure

Numbers, seconds and ratios; a table is made of them by `rot180.cli` or `benchmarks/`. PyTorch is never imported here.
"""
