"""A run folder as ddm writes it, small and made of known numbers."""

import json
import os

import numpy as np

METHODS = ["head", "push"]
OBJECTIVES = ["loss", "accuracy"]
CLASSES = [0, 0, 1, 1]
NAMES = ["ann", "bob", "ann", "bob"]


def matrices():
    """[A, O, G]: group 2 does harm to the loss, group 0 helps most; `push` says half of what `head` says."""
    head = np.array([[-0.5, -0.1, 0.25, -0.05], [0.05, 0.01, -0.02, 0.0]])
    return np.stack([head, head / 2])


def write_run(folder, own_names=False, new=False, validated=False, calibrated=False, granularity="group", slopes=(2.0, -3.0)):
    """`new` adds the arrays and fields that older versions do not write."""
    record = {
        "format": 1, "version": "0.1.0", "begun": None,
        "job": {"data": {"source": os.path.join(folder, "data")}, "attribution": {"granularity": granularity}},
        "data": {"train": 8, "test": 4, "classes": 2},
        "stages": [{"name": "train"}, {"name": "groups"}, {"name": "attribute"}],
        "summary": {"test_accuracy": 0.75, "test_loss": 0.5, "objective": "loss"},
    }
    arrays = {
        "matrix": matrices()[0], "objectives": np.array(OBJECTIVES), "methods": np.array(METHODS), "matrices": matrices(),
        "scales": np.ones(2), "group_class": np.array(CLASSES, np.int32), "group_cluster": np.array([0, 1, 0, 1], np.int32),
        "group_size": np.array([2, 2, 1, 3], np.int32),
    }
    if own_names:
        arrays["group_name"] = np.array(NAMES)
    if new:
        record["summary"].update(lead="push", lead_reason="It agrees best.", answer=["Without group 2 the loss would fall.", "Try it."])
        arrays.update(noise=np.full((2, 2, 4), 0.01), target_value=np.array([0.5, 0.75]), class_names=np.array(["cat", "dog"]))
        if own_names:
            arrays.update(
                total_name=np.array(["ann", "bob"]), total_size=np.array([3, 5], np.int32), total_by=np.array(["removal", "sum"]),
                totals=np.array([[[0.2, -0.3], [0.0, 0.1]], [[0.4, -0.6], [0.0, 0.2]]]), total_noise=np.full((2, 2, 2), 0.02))
    os.makedirs(os.path.join(folder, "attribution"), exist_ok=True)
    with open(os.path.join(folder, "run.json"), "w", encoding="utf-8") as file:
        json.dump(record, file)
    np.savez(os.path.join(folder, "attribution.npz"), **arrays)
    np.savez(os.path.join(folder, "attribution", "samples.npz"), objectives=np.array(OBJECTIVES), matrix=np.arange(16.0).reshape(2, 8))
    write_groups(folder, own_names)
    if validated:
        exact = np.array([[[-0.6, 0.3], [0.06, -0.01]], [[-0.4, 0.1], [0.02, -0.03]]])
        np.savez(os.path.join(folder, "validation.npz"), groups=np.array([0, 2], np.int32), objectives=np.array(OBJECTIVES),
                 exact=exact.mean(0), exact_seeds=exact, methods=np.array(METHODS), seeds=np.array([1, 2], np.uint64),
                 predicted=matrices()[0][:, [0, 2]], predicted_methods=matrices()[:, :, [0, 2]])
    if calibrated:
        slopes = np.array(slopes)
        np.savez(os.path.join(folder, "calibrated.npz"), slopes=slopes, matrices=slopes[:, None, None] * matrices(),
                 groups=np.array([0, 2], np.int32), methods=np.array(METHODS), objectives=np.array(OBJECTIVES))
    return folder


def write_groups(folder, own_names):
    """Eight samples: every second row of the original files, two of class 0 each in groups 0 and 1, one and three of class 1."""
    lines = ["sample,label,group,class,cluster" + (",name" if own_names else "") + ",class_name,file"]
    for row, group in enumerate([0, 0, 1, 1, 2, 3, 3, 3]):
        name = f",{NAMES[group]}" if own_names else ""
        kind = ["cat", "dog"][CLASSES[group]]
        lines.append(f"{2 * row},{CLASSES[group]},{group},{CLASSES[group]},{group % 2}{name},{kind},train/{kind}/{row}.png")
    with open(os.path.join(folder, "groups.csv"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
