import numpy as np


class MaxPoolLayer:
    def __init__(self, pool=2):
        self.pool = pool

    def patches(self, image):
        h, w, _ = image.shape
        for i in range(h // self.pool):
            for j in range(w // self.pool):
                yield image[i * self.pool : (i + 1) * self.pool, j * self.pool : (j + 1) * self.pool], i, j

    def forward(self, image):
        self.last_input = image
        h, w, c = image.shape
        out = np.zeros((h // self.pool, w // self.pool, c))
        for patch, i, j in self.patches(image):
            out[i, j] = patch.max(axis=(0, 1))
        return out

    def backward(self, dLdOut):
        dLdIn = np.zeros_like(self.last_input)
        for patch, i, j in self.patches(self.last_input):
            biggest = np.amax(patch)
            for a in range(patch.shape[0]):
                for b in range(patch.shape[1]):
                    for c in range(patch.shape[2]):
                        if patch[a, b, c] == biggest:
                            dLdIn[i * self.pool + a, j * self.pool + b, c] = dLdOut[i, j, c]
        return dLdIn
