"""Layers against PyTorch, forward and backward: `python -m benchmarks.layers`.

Both sides do what a training step does with a layer, on their own tensors with the same numbers: the forward, recorded,
and from a given gradient of the result those of the input, the weight and the bias. They take turns, call by call. The
errors are the largest deviations from a float64 run of rot180's numpy engine, over the standard deviation.
"""

import argparse
import statistics
import sys
import time

import numpy as np

import rot180
import rot180.functional as F

from . import shapes


def arrays(layer):
    """x, w, b and the gradient of the result, float32."""
    rng = np.random.default_rng(0)
    n, c, o, k = layer.images, layer.channels, layer.out, layer.kernel
    draw = lambda *shape: rng.standard_normal(shape, np.float32)  # noqa: E731
    w = (c, o // layer.groups, k, k) if layer.transposed else (o, c // layer.groups, k, k)
    reach = layer.dilation * (k - 1)
    if layer.transposed:
        size = (layer.size - 1) * layer.stride - 2 * layer.padding + reach + 1
    else:
        size = (layer.size + 2 * layer.padding - reach - 1) // layer.stride + 1
    return draw(n, c, layer.size, layer.size), draw(*w), draw(o), draw(n, o, size, size)


def forward(layer, functional):
    """The layer as a function of x, w and b, from rot180.functional or torch.nn.functional."""
    if layer.transposed:
        settings = (layer.stride, layer.padding, 0, layer.groups, layer.dilation)
        return lambda x, w, b: functional.conv_transpose2d(x, w, b, *settings)
    settings = (layer.stride, layer.padding, layer.dilation, layer.groups)
    return lambda x, w, b: functional.conv2d(x, w, b, *settings)


def ours(layer):
    """(forward, backward): functions without arguments that return arrays."""
    *leaves, dy = arrays(layer)
    leaves = [rot180.tensor(a, requires_grad=True) for a in leaves]
    dy = rot180.tensor(dy)
    run = forward(layer, F)

    def back(y):
        return [g.data for g in rot180.grad(y, leaves, dy)]

    return (lambda: run(*leaves)), back


def peers(layer):
    """The same in PyTorch."""
    import torch

    *leaves, dy = (torch.tensor(a) for a in arrays(layer))
    for leaf in leaves:
        leaf.requires_grad_()
    run = forward(layer, torch.nn.functional)

    def back(y):
        return [g.numpy() for g in torch.autograd.grad(y, leaves, dy)]

    return (lambda: run(*leaves)), back


def times(contestants, rounds, seconds):
    """{name: [(seconds forward, seconds backward) per round]}; a round repeats small layers up to `seconds`."""
    taken = {name: [] for name in contestants}
    calls = 1
    for run, back in contestants.values():
        for _ in range(2):
            start = time.perf_counter()
            back(run())
            once = time.perf_counter() - start
        calls = max(calls, min(200, int(seconds / len(contestants) / once)))
    for _ in range(rounds):
        sums = {name: [0.0, 0.0] for name in contestants}
        for _ in range(calls):
            for name, (run, back) in contestants.items():
                start = time.perf_counter()
                y = run()
                middle = time.perf_counter()
                back(y)
                sums[name][0] += middle - start
                sums[name][1] += time.perf_counter() - middle
        for name, (first, second) in sums.items():
            taken[name].append((first / calls, second / calls))
    return taken


def ratios(taken):
    """(forward, backward, both): medians over the rounds of PyTorch's time over ours."""
    pairs = list(zip(taken["rot180"], taken["PyTorch"], strict=True))
    forwards = statistics.median(b[0] / a[0] for a, b in pairs)
    backwards = statistics.median(b[1] / a[1] for a, b in pairs)
    return forwards, backwards, statistics.median(sum(b) / sum(a) for a, b in pairs)


def errors(layer, contestants):
    """{name: the largest deviation from float64, over the standard deviation}, over the four results."""
    *leaves, dy = (rot180.tensor(a.astype(np.float64), requires_grad=True) for a in arrays(layer))
    with rot180.engine("numpy"):
        y = forward(layer, F)(*leaves)
        exact = [y.data, *(g.data for g in rot180.grad(y, leaves, dy))]
    found = {}
    for name, (run, back) in contestants.items():
        y = run()
        results = [np.asarray(y.data if name == "rot180" else y.detach()), *back(y)]
        found[name] = max(float(np.abs(a - b).max() / b.std()) for a, b in zip(results, exact, strict=True))
    return found


def choose(layers, wanted):
    """The layers whose names contain one of the wanted texts."""
    return [layer for layer in layers if not wanted or any(text in layer.name for text in wanted)]


def measure(layer, options):
    """One row: the medians in milliseconds and the ratios."""
    contestants = {"rot180": ours(layer)}
    if options.peer:
        contestants["PyTorch"] = peers(layer)
    taken = times(contestants, options.rounds, options.seconds)
    row = {"name": layer.name, "ratios": ratios(taken) if options.peer else None}
    for name, rounds in taken.items():
        row[name] = [statistics.median(r[i] for r in rounds) * 1e3 for i in (0, 1)]
    row["errors"] = errors(layer, contestants) if options.errors else None
    return row


def has_peer():
    """Whether PyTorch is here."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.1, help="that a round takes at least, for small layers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--errors", action="store_true", help="compare with float64, which takes minutes")
    parser.add_argument("--only", nargs="*", help="layers whose names contain one of these texts")
    options = parser.parse_args()
    options.peer = has_peer()
    rot180.set_num_threads(options.threads)
    if options.peer:
        import torch

        torch.set_num_threads(options.threads)
    print("| layer | rot180 ms | PyTorch ms | forward | backward | both | errors |\n|---|---|---|---|---|---|---|")
    rows = []
    for layer in choose(shapes.every(), options.only):
        row = measure(layer, options)
        rows.append(row)
        text = lambda name: " / ".join(f"{ms:.2f}" for ms in row.get(name, ()))  # noqa: E731, B023
        speed = " | ".join(f"{r:.2f}" for r in row["ratios"] or ())
        wrong = " / ".join(f"{e:.1e}" for e in (row["errors"] or {}).values())
        print(f"| {row['name']} | {text('rot180')} | {text('PyTorch')} | {speed} | {wrong} |", flush=True)
    if options.peer and rows:
        both = [row["ratios"][2] for row in rows]
        print(f"\ngeometric mean {statistics.geometric_mean(both):.2f}, lowest {min(both):.2f} of {len(both)}")


if __name__ == "__main__":
    sys.exit(main())
