def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    return out, {"x": x, "w": w}


def affine_backward(grad, ctx):
    x, w = ctx["x"], ctx["w"]
    return {
        "dx": grad.dot(w.T).reshape(x.shape),
        "dw": x.reshape(x.shape[0], -1).T.dot(grad),
        "db": grad.sum(axis=0),
    }
