"""The targets of rot180, relative to PyTorch on the same number of threads, shown beside the measurements."""

LAYERS = 1.5  # times as fast: geometric mean over all layers, forward and backward
LOWEST = 0.95  # times as fast: the slowest layer
STEPS = {"LeNet-5": 2.0, "ResNet-20": 1.5, "DCGAN": 1.4, "autoencoder": 2.0, "toy": 4.0}  # eager
COMPILED = {"autoencoder": 1.0}
TWO_THREADS = 1.8  # times as fast as one thread, on large layers
WHEEL = 3.0  # MB
EXTENSION = 5.0  # milliseconds to import it
CALL = 3.0  # microseconds of a call of the binding on a 3x3 image
IMPORT = 1.5  # times `import numpy`
NUMPY = 1.0  # times as fast as im2col on the whole batch: the numpy engine, on every layer
