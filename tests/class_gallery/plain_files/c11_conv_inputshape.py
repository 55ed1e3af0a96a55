import numpy as np


class ConvolutionLayer:
    def __init__(self, n_filters, filter_size, input_shape=(3, 8, 8), stride=1):
        self.n_filters = n_filters
        self.filter_size = filter_size
        self.stride = stride
        channels, _, _ = input_shape
        self.filters = np.random.randn(n_filters, channels, filter_size, filter_size) * 0.05
        self.bias = np.zeros(n_filters)

    def feed_forward(self, images):
        self.images = images
        batch, _, height, width = images.shape
        out_h = 1 + (height - self.filter_size) // self.stride
        out_w = 1 + (width - self.filter_size) // self.stride
        self.out = np.zeros((batch, self.n_filters, out_h, out_w))
        for n in range(batch):
            for f in range(self.n_filters):
                for r in range(out_h):
                    for c in range(out_w):
                        rs, cs = r * self.stride, c * self.stride
                        region = images[n, :, rs : rs + self.filter_size, cs : cs + self.filter_size]
                        self.out[n, f, r, c] = np.sum(region * self.filters[f]) + self.bias[f]
        return self.out

    def backprop(self, error):
        self.d_filters = np.zeros_like(self.filters)
        self.d_bias = np.zeros_like(self.bias)
        d_images = np.zeros_like(self.images)
        batch, _, out_h, out_w = error.shape
        for n in range(batch):
            for f in range(self.n_filters):
                for r in range(out_h):
                    for c in range(out_w):
                        rs, cs = r * self.stride, c * self.stride
                        e = error[n, f, r, c]
                        region = self.images[n, :, rs : rs + self.filter_size, cs : cs + self.filter_size]
                        self.d_filters[f] += e * region
                        self.d_bias[f] += e
                        d_images[n, :, rs : rs + self.filter_size, cs : cs + self.filter_size] += e * self.filters[f]
        return d_images
