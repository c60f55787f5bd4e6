"""The whole offline stage of the demo: target, features, groups, real gradients, and a synset of one image per group matched to them."""
import torch
import torch.nn.functional as F

from common import convnet
from ensemble import EnsembleLoop
from matching_step import Loop, VmapJvp
from synset import updates
from training import labelled_images

GROUPS_PER_CLASS = 5
RESTARTS, ROUNDS = 4, 100


def k_means(points, clusters, generator):
    """The assignment with the lowest inertia of a few k-means++ starts."""
    best = None
    for _ in range(RESTARTS):
        centres = points[torch.randint(len(points), (1,), generator=generator)]
        while len(centres) < clusters:
            nearest = torch.cdist(points, centres).min(1).values ** 2
            centres = torch.cat([centres, points[torch.multinomial(nearest, 1, generator=generator)]])
        assigned = None
        for _ in range(ROUNDS):
            distances = torch.cdist(points, centres)
            now = distances.argmin(1)
            if assigned is not None and torch.equal(now, assigned):
                break
            assigned = now
            member = F.one_hot(assigned, clusters).float()
            centres = member.t() @ points / member.sum(0).clamp(min=1)[:, None]
        inertia = (distances.min(1).values ** 2).sum().item()
        if best is None or inertia < best[0]:
            best = (inertia, assigned, centres)
    return best[1], best[2]


def group_and_choose(features, y, generator):
    """Groups [N], five clusters per class, and the sample of each group that is nearest to its centre."""
    groups, nearest = torch.empty_like(y), []
    for c in range(10):
        rows = torch.nonzero(y == c).flatten()
        assigned, centres = k_means(features[rows], GROUPS_PER_CLASS, generator)
        groups[rows] = c * GROUPS_PER_CLASS + assigned
        nearest += [
            rows[torch.where(assigned == k, torch.cdist(features[rows], centres)[:, k], float("inf")).argmin()]
            for k in range(GROUPS_PER_CLASS)]
    return groups, torch.stack(nearest)


def offline(options, samples, batch, epochs, matching_steps, width, depth):
    x, y = labelled_images(options, 1, 28, per_class=samples // 10)
    onehot = F.one_hot(y, 10).float()
    everything = torch.ones(len(x), dtype=torch.bool)

    def build():
        def work(short):
            trainer = EnsembleLoop(convnet(width, depth, "group"))
            steps = 4 if short else epochs * -(-len(x) // batch)
            trainer.train(x, y, [everything], batch, steps, rate=0.02, momentum=0.9, seed=options.seed)
            target = trainer.networks[0]
            with torch.inference_mode():
                features = torch.cat([target[:-1](part) for part in x.split(500)])
            groups, nearest = group_and_choose(features.clone(), y, torch.Generator().manual_seed(options.seed))
            members = [torch.nonzero(groups == g).flatten() for g in range(10 * GROUPS_PER_CLASS)]
            loop = Loop(target)
            targets = [torch.stack(t) for t in zip(*[loop.group_gradients(x[rows], onehot[rows]) for rows in members])]
            update = updates(VmapJvp(target), x[nearest].unsqueeze(1), onehot[nearest].unsqueeze(1), targets)
            for _ in range(2 if short else matching_steps):
                update()
        return work
    return {"loop and vmap-jvp": build}
