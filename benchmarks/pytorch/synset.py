"""One synset update in every variant of matching_step.py, and its data."""
import torch
import torch.nn.functional as F

from matching_step import ways
from training import labelled_images


def synset_data(options, groups, images, channels=1, size=28):
    """(images [G, m, C, H, W], label vectors [G, m, 10]): those of labelled_images, not matched yet."""
    x, y = labelled_images(options, channels, size)
    chosen = torch.randperm(len(x), generator=torch.Generator().manual_seed(options.seed))[:groups * images].view(groups, images)
    return x[chosen], F.one_hot(y, 10).float()[chosen]


def random_targets(network, groups):
    """The target gradients of the groups: their values do not affect the time."""
    return [torch.randn(groups, *p.shape) for p in network.parameters()]


def updates(step, images, labels, targets):
    """A function that performs one update of images and label vectors by Adam."""
    x, q = images.clone().requires_grad_(), labels.clone().requires_grad_()
    adam = torch.optim.Adam([x, q], lr=0.03, betas=(0.5, 0.9))

    def update(_=False):
        x.grad, q.grad = step(x.detach(), q.detach(), targets)
        adam.step()
        return x.detach()
    return update


def update_variants(network, width, depth, images, labels, targets):
    variants = ways(network, len(images), width, depth)
    return {name: lambda make=make: updates(make(), images, labels, targets) for name, make in variants.items()}
