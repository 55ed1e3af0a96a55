import numpy as np


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)


def leaky_relu_derivative(dout, x, slope=0.01):
    return dout * np.where(x > 0, 1, -slope)
