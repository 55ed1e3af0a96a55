import numpy as np


def softmax_cross_entropy(scores, labels):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    n = len(labels)
    loss = -np.log(p[range(n), labels]).sum() / n
    dscores = p
    dscores[range(n), labels] -= 1
    return loss, dscores
