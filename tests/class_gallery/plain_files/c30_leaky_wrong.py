import numpy as np


class LeakyReLU:
    def __init__(self, alpha=0.01):
        self.alpha = alpha

    def forward(self, Z):
        self.Z = Z
        return np.where(Z > 0, Z, self.alpha * Z)

    def backward(self, dLdA):
        return dLdA * np.where(self.Z > 0, 1, self.alpha * self.Z)
