import numpy as np


def mse_loss(pred, target):
    diff = pred - target
    loss = np.mean(diff**2)
    dpred = diff / diff.size
    return loss, dpred
