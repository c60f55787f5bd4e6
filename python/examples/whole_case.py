#!/usr/bin/env python3
# %% [markdown]
# # From a PyTorch model to one that has forgotten a group
#
# A network is trained in PyTorch on a part of Fashion-MNIST. `ddm` says which of its training images made it what it is; one group is
# forgotten, and the changed network is back in PyTorch. Run it as a program (`python3 python/examples/whole_case.py`), or cell by cell in
# an editor that knows `# %%`. It needs ddm (docs/install.md), numpy, PyTorch (Debian: python3-torch) and Fashion-MNIST (Debian:
# dataset-fashion-mnist, or `ddm data fetch fashion-mnist`).

# %%
import copy
import os
import sys
import tempfile

import numpy as np
import torch

# The package beside this script; not needed where `pip install ./python` has installed it.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import ddmnative  # noqa: E402
import ddmnative.torch as interop  # noqa: E402
from ddmnative.datasets import idx  # noqa: E402
from ddmnative.sheet import save_png, sheet  # noqa: E402

FASHION = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
PER_CLASS = int(os.environ.get("PER_CLASS", "200"))
FOLDER = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="whole-case-")
NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]

# %% [markdown]
# ## The data
#
# ddm reads `train.npz` and `test.npz`, so that both programs see the same images.


# %%
def read_part(part, per_class):
    """(x [n, 28, 28] uint8, y [n]): the first images of every class."""
    x, y = idx.read_part(FASHION, f"{part}-images-idx3-ubyte"), idx.read_part(FASHION, f"{part}-labels-idx1-ubyte").astype(np.int64)
    chosen = np.sort(np.concatenate([np.flatnonzero(y == k)[:per_class] for k in range(10)]))
    return x[chosen], y[chosen]


train_x, train_y = read_part("train", PER_CLASS)
test_x, test_y = read_part("t10k", PER_CLASS // 4)
np.savez(os.path.join(FOLDER, "train.npz"), x=train_x, y=train_y, class_names=np.array(NAMES))
np.savez(os.path.join(FOLDER, "test.npz"), x=test_x, y=test_y, class_names=np.array(NAMES))
MEAN, STD = float((train_x / 255).mean()), float((train_x / 255).std())

# %% [markdown]
# ## A network, trained in PyTorch
#
# Any of the architectures of docs/networks.md; here two convolutions in an `nn.Sequential`.


# %%
def block(inputs, outputs):
    return [torch.nn.Conv2d(inputs, outputs, 3, padding=1), torch.nn.GroupNorm(outputs, outputs), torch.nn.ReLU(), torch.nn.AvgPool2d(2)]


def normalised(x):
    return torch.from_numpy(((x / 255 - MEAN) / STD).astype(np.float32))[:, None]


def accuracy(network):
    with torch.no_grad():
        return float((network(normalised(test_x)).argmax(1).numpy() == test_y).mean())


torch.manual_seed(1)
network = torch.nn.Sequential(*block(1, 16), *block(16, 16), torch.nn.Flatten(), torch.nn.Linear(16 * 7 * 7, 10))
optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
images, labels = normalised(train_x), torch.from_numpy(train_y)
for epoch in range(8):
    for batch in torch.randperm(len(images)).split(64):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
        optimizer.step()
print(f"Test accuracy in PyTorch: {accuracy(network):.1%}")

# %% [markdown]
# ## Which images made it so?

# %%
model = os.path.join(FOLDER, "model.safetensors")
interop.save(network, model, mean=MEAN, std=STD)
ddmnative.ddm("train", run=os.path.join(FOLDER, "run"), data=FOLDER, target=model, epochs=8)
ddmnative.ddm("attribute", run=os.path.join(FOLDER, "run"), method="head", clusters=3)
run = ddmnative.load(os.path.join(FOLDER, "run"))
print(f"Test accuracy in ddm:     {run.accuracy:.1%}")
print(*run.answer, sep="\n")

# %% [markdown]
# Effects are *with the group minus without it*: on the loss, a negative one helps. The noise is what chance alone gives.

# %%
for group in run.most_helpful(3) + run.most_harmful(3):
    noise = run.noise[0, group.number]
    print(f"{str(group):55}  {run.effect(group):+.4f}" + (f" ± {noise:.4f}" if np.isfinite(noise) else ""))

# %%
helpful = run.most_helpful(1)[0]
save_png(sheet(run.pictures(helpful, 20)), os.path.join(FOLDER, "most-helpful.png"))
print(f"The first images of {helpful}: {os.path.join(FOLDER, 'most-helpful.png')}")

# %% [markdown]
# ## Without that group

# %%
forgotten = run.forget(helpful)
changed = interop.load(copy.deepcopy(network), forgotten)
before, after = accuracy(network), accuracy(changed)
print(f"Test accuracy in PyTorch, before and after forgetting {helpful}: {before:.1%}, {after:.1%}")
print(f"The same in ddm: {forgotten.figures['test_accuracy_before']:.1%}, {forgotten.figures['test_accuracy']:.1%}")
assert abs(before - forgotten.figures["test_accuracy_before"]) < 0.005 and abs(after - forgotten.figures["test_accuracy"]) < 0.005
