"""Data and the plain training step, as in a PyTorch tutorial on performance."""
import functools

import torch
import torch.nn.functional as F

from common import fashion_mnist


@functools.lru_cache(maxsize=None)
def _fashion(folder, per_class, seed):
    return fashion_mnist(folder, per_class, seed)


def labelled_images(options, channels, size, per_class=400):
    """Fashion-MNIST for 28×28×1; random images of unit variance for other shapes."""
    if (channels, size) == (1, 28):
        return _fashion(options.data, per_class, options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    count = 2 * per_class
    return torch.randn(count, channels, size, size, generator=generator), torch.arange(count) % 10


def evaluation_data(options, count, channels=1, size=28):
    return labelled_images(options, channels, size)[0][:count]


def train_step(network, x, y, batch):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    order = torch.Generator().manual_seed(1)

    def work(_):
        rows = torch.randperm(len(x), generator=order)[:batch]
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(x[rows]), y[rows]).backward()
        optimizer.step()
    return work
