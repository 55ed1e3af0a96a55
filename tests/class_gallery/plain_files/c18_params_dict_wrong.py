import numpy as np


class FullyConnected:
    def __init__(self, in_dim, out_dim, weight_scale=1e-2):
        self.params = {}
        self.grads = {}
        self.params["W"] = np.random.randn(in_dim, out_dim) * weight_scale
        self.params["b"] = np.zeros(out_dim)
        self.meta = {}

    def forward(self, feat):
        self.meta["feat"] = feat
        return feat @ self.params["W"] + self.params["b"]

    def backward(self, dprev):
        feat = self.meta["feat"]
        self.grads["W"] = feat.T @ dprev
        self.grads["b"] = np.mean(dprev, axis=0)
        return dprev @ self.params["W"].T
