"""The library's random numbers, reimplemented from the papers: Philox4x32-10 (initialisations, projections) and SplitMix64 (orders)."""
from collections import OrderedDict

import torch

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1


def philox_bits(seed, stream, position):
    """Word position mod 4 of block position div 4: ten rounds on the counter (block, stream, 0) under the key seed."""
    block = position >> 2
    a, b, c, d = block & MASK32, block >> 32, stream, 0
    k0, k1 = seed & MASK32, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (p1 >> 32) ^ b ^ k0, p1 & MASK32, (p0 >> 32) ^ d ^ k1, p0 & MASK32
        k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
    return (a, b, c, d)[position & 3]


def philox_uniform(seed, stream, first, count):
    """[count] numbers in [0, 1), multiples of 2^-24."""
    return torch.tensor([(philox_bits(seed, stream, first + i) >> 8) / (1 << 24) for i in range(count)], dtype=torch.float64)


def initialise(network, seed, stream=0):
    """PyTorch's default ranges; parameter i of the network is position i of the stream. Norms start from one and zero."""
    shapes = OrderedDict((n, p.shape) for n, p in network.parameters(torch.Generator().manual_seed(0)).items())
    fan_in, values, at = {}, OrderedDict(), 0
    for name, shape in shapes.items():
        if len(shape) > 1:
            fan_in[name.rsplit(".", 1)[0]] = int(torch.tensor(shape[1:]).prod())
        owner, count = name.rsplit(".", 1)[0], int(torch.tensor(shape).prod())
        if owner.endswith(".norm"):
            values[name] = torch.full(shape, 1.0 if name.endswith("weight") else 0.0, dtype=torch.float64)
        else:
            uniform = philox_uniform(seed, stream, at, count)
            values[name] = ((2 * uniform - 1) / fan_in[owner] ** 0.5).to(torch.float32).to(torch.float64).reshape(shape)
        at += count
    return values


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


class SeededOrder:
    def __init__(self, seed, stream=0):
        self.state = (seed + mix(stream)) & MASK64

    def next_bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK64
        return mix(self.state)

    def below(self, bound):
        reject = (1 << 64) % bound
        while True:
            product = self.next_bits() * bound
            if product & MASK64 >= reject:
                return product >> 64

    def unit(self):
        return (self.next_bits() >> 11) / (1 << 53)


def permutation(count, seed, stream=0):
    order, draws = list(range(count)), SeededOrder(seed, stream)
    for last in range(count - 1, 0, -1):
        chosen = draws.below(last + 1)
        order[last], order[chosen] = order[chosen], order[last]
    return order


def batches(samples, size, seed, epochs):
    """Every epoch is a seeded permutation that is divided into batches; the last, smaller one is kept."""
    result = []
    for epoch in range(epochs):
        order = permutation(samples, seed, (0x4241544348 << 24) + epoch)
        result += [order[i:i + size] for i in range(0, samples, size)]
    return result
