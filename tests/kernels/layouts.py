"""The same array in several memory layouts: the result of a kernel must not depend on the layout of its input."""

import numpy as np


def transposed(a):
    """Axes in reverse order in memory."""
    return np.array(a.T, order="C").T


def batch_last(a):
    """(N, C, *spatial) with the batch innermost, as results of the numpy engine can be."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 0, -1)), -1, 0)


def batch_second(a):
    """(N, C, *spatial) with the channels outermost."""
    return np.ascontiguousarray(a.swapaxes(0, 1)).swapaxes(0, 1)


def sliced(a):
    """Every other cell of a larger array whose other cells are NaN."""
    larger = np.full([2 * n + 1 for n in a.shape], np.nan, a.dtype)
    view = larger[tuple(slice(1, None, 2) for _ in a.shape)]
    view[...] = a
    return view


def backwards(a):
    """Negative strides on every axis."""
    index = (slice(None, None, -1),) * a.ndim
    return np.ascontiguousarray(a[index])[index]


def frozen(a):
    """Contiguous and read-only, at an address that is not a multiple of the vector width."""
    bytes_ = np.empty(a.nbytes + a.itemsize, np.uint8)[a.itemsize :]
    copy = bytes_.view(a.dtype).reshape(a.shape)
    copy[...] = a
    copy.flags.writeable = False
    return copy


LAYOUTS = [np.ascontiguousarray, transposed, batch_last, batch_second, sliced, backwards, frozen]
