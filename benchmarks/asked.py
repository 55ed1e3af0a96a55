"""What is asked of rot180, beside PyTorch on the same threads; tables and pictures show it beside each figure."""

LAYERS = 1.5  # geometric mean over all layers, forward and backward: times as fast
LOWEST = 0.95  # of any layer
STEPS = {"LeNet-5": 2.0, "ResNet-20": 1.5, "DCGAN": 1.4, "autoencoder": 2.0, "toy": 4.0}  # eager
COMPILED = {"autoencoder": 1.0}
TWO_THREADS = 1.8  # times one thread, on large layers
WHEEL = 3.0  # MB
EXTENSION = 5.0  # milliseconds to import it
CALL = 3.0  # microseconds of a 3x3 call at the binding
IMPORT = 1.5  # times `import numpy`
NUMPY = 1.0  # the numpy engine: times as fast as a whole-batch im2col, on every layer
