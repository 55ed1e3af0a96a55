"""Layers in the style of a tutorial that goes over the regions of one image.

No batch: the input is one image (h, w) or a stack of maps (h, w, filters). `iterate_regions` yields each region with
its place, and `backprop(d_L_d_out, learn_rate)` updates the filters at once. A first layer returns no input gradient.
"""

import numpy as np


class Conv3x3:
    """A valid convolution of a grey image with 3x3 filters, without bias."""

    def __init__(self, num_filters):
        self.num_filters = num_filters
        self.filters = np.random.randn(num_filters, 3, 3) / 9

    def iterate_regions(self, image):
        h, w = image.shape
        for i in range(h - 2):
            for j in range(w - 2):
                im_region = image[i : (i + 3), j : (j + 3)]
                yield im_region, i, j

    def forward(self, input):
        self.last_input = input
        h, w = input.shape
        output = np.zeros((h - 2, w - 2, self.num_filters))
        for im_region, i, j in self.iterate_regions(input):
            output[i, j] = np.sum(im_region * self.filters, axis=(1, 2))
        return output

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        for im_region, i, j in self.iterate_regions(self.last_input):
            for f in range(self.num_filters):
                d_L_d_filters[f] += d_L_d_out[i, j, f] * im_region
        self.filters -= learn_rate * d_L_d_filters
        return None


class Conv3x3Ascending(Conv3x3):
    """Mistake: the filters go up the gradient."""

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        for im_region, i, j in self.iterate_regions(self.last_input):
            for f in range(self.num_filters):
                d_L_d_filters[f] += d_L_d_out[i, j, f] * im_region
        self.filters += learn_rate * d_L_d_filters
        return None


class ConvMaps:
    """A convolution of maps (h, w, channels) with a bias, which also returns the input's gradient."""

    def __init__(self, num_channels, num_filters, filter_size=3):
        self.num_filters = num_filters
        self.filter_size = filter_size
        self.filters = np.random.randn(num_filters, filter_size, filter_size, num_channels) / filter_size**2
        self.bias = np.zeros(num_filters)

    def iterate_regions(self, maps):
        h, w, _ = maps.shape
        size = self.filter_size
        for i in range(h - size + 1):
            for j in range(w - size + 1):
                yield maps[i : i + size, j : j + size], i, j

    def forward(self, input):
        self.last_input = input
        h, w, _ = input.shape
        output = np.zeros((h - self.filter_size + 1, w - self.filter_size + 1, self.num_filters))
        for region, i, j in self.iterate_regions(input):
            output[i, j] = np.sum(region * self.filters, axis=(1, 2, 3)) + self.bias
        return output

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        d_L_d_input = np.zeros(self.last_input.shape)
        for region, i, j in self.iterate_regions(self.last_input):
            for f in range(self.num_filters):
                d_L_d_filters[f] += d_L_d_out[i, j, f] * region
            self.spread(d_L_d_input, d_L_d_out, i, j)
        self.filters -= learn_rate * d_L_d_filters
        self.bias -= learn_rate * d_L_d_out.sum(axis=(0, 1))
        return d_L_d_input

    def spread(self, d_L_d_input, d_L_d_out, i, j):
        size = self.filter_size
        for f in range(self.num_filters):
            d_L_d_input[i : i + size, j : j + size] += d_L_d_out[i, j, f] * self.filters[f]


class ConvMapsAssigning(ConvMaps):
    """Mistake: each region's gradient replaces that of the regions before it."""

    def spread(self, d_L_d_input, d_L_d_out, i, j):
        size = self.filter_size
        total = np.zeros(self.filters.shape[1:])
        for f in range(self.num_filters):
            total += d_L_d_out[i, j, f] * self.filters[f]
        d_L_d_input[i : i + size, j : j + size] = total


class MaxPool2:
    """Max pooling by two of maps (h, w, filters); an odd last row or column is left out."""

    def iterate_regions(self, image):
        h, w, _ = image.shape
        new_h = h // 2
        new_w = w // 2
        for i in range(new_h):
            for j in range(new_w):
                im_region = image[(i * 2) : (i * 2 + 2), (j * 2) : (j * 2 + 2)]
                yield im_region, i, j

    def forward(self, input):
        self.last_input = input
        h, w, num_filters = input.shape
        output = np.zeros((h // 2, w // 2, num_filters))
        for im_region, i, j in self.iterate_regions(input):
            output[i, j] = np.amax(im_region, axis=(0, 1))
        return output

    def backprop(self, d_L_d_out):
        return self.route(np.zeros(self.last_input.shape), d_L_d_out)

    def route(self, d_L_d_input, d_L_d_out):
        for im_region, i, j in self.iterate_regions(self.last_input):
            h, w, f = im_region.shape
            amax = np.amax(im_region, axis=(0, 1))
            for i2 in range(h):
                for j2 in range(w):
                    for f2 in range(f):
                        if im_region[i2, j2, f2] == amax[f2]:
                            d_L_d_input[i * 2 + i2, j * 2 + j2, f2] = d_L_d_out[i, j, f2]
        return d_L_d_input


class MaxPool2Even(MaxPool2):
    """Mistake: the gradient has twice the output's size, which is not the input's if that is odd."""

    def backprop(self, d_L_d_out):
        h, w, f = d_L_d_out.shape
        return self.route(np.zeros((h * 2, w * 2, f)), d_L_d_out)
