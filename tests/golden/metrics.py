"""Ranking metrics by their definitions, with NumPy, in float64: every pair counted, every threshold tried. Writes metrics.npz.

    python3 metrics.py

Scores are drawn from a coarse grid, so that many are equal. Arrays per case i: scores_i, marked_i (0 or 1), other_i [N];
figures [cases, 4] with the columns AUROC, average precision, Spearman and the slope through the origin from scores to other.
"""
import os

import numpy as np


def auroc(scores, marked):
    above = below = 0.0
    for s in scores[marked]:
        for t in scores[~marked]:
            above += (s > t) + 0.5 * (s == t)
            below += 1
    return above / below


def average_precision(scores, marked):
    area, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        chosen = scores >= threshold
        recall = (chosen & marked).sum() / marked.sum()
        area += (recall - recall_before) * (chosen & marked).sum() / chosen.sum()
        recall_before = recall
    return area


def ranks(values):
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


def main():
    random = np.random.RandomState(20261124)
    arrays, figures = {}, []
    for case, (count, levels) in enumerate([(2, 3), (9, 4), (40, 5), (40, 1000), (301, 7), (301, 100000)]):
        scores = random.randint(-levels, levels + 1, count) / 8.0
        marked = random.rand(count) < 0.3
        marked[:2] = True, False
        other = scores + random.randint(-levels, levels + 1, count) / 4.0
        arrays[f"scores_{case}"], arrays[f"marked_{case}"], arrays[f"other_{case}"] = scores, marked.astype(np.int32), other
        spearman = np.corrcoef(ranks(scores), ranks(other))[0, 1] if len(set(scores)) > 1 and len(set(other)) > 1 else np.nan
        figures.append([auroc(scores, marked), average_precision(scores, marked), spearman, (scores @ other) / (scores @ scores)])
    np.savez(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.npz"), figures=np.array(figures), **arrays)


main()
