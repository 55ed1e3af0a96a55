import numpy as np


class AvgPool2d:
    def __init__(self, kernel_size, stride=None):
        self.kernel_size = kernel_size
        self.stride = stride or kernel_size

    def forward(self, x):
        self.x_shape = x.shape
        k, s = self.kernel_size, self.stride
        oh = (x.shape[2] - k) // s + 1
        ow = (x.shape[3] - k) // s + 1
        out = np.zeros(x.shape[:2] + (oh, ow))
        for i in range(oh):
            for j in range(ow):
                out[:, :, i, j] = x[:, :, i * s : i * s + k, j * s : j * s + k].mean(axis=(2, 3))
        return out

    def backward(self, grad):
        k, s = self.kernel_size, self.stride
        dx = np.zeros(self.x_shape)
        for i in range(grad.shape[2]):
            for j in range(grad.shape[3]):
                dx[:, :, i * s : i * s + k, j * s : j * s + k] += grad[:, :, i, j][:, :, None, None]
        return dx
