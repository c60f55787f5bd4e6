import unittest

import numpy as np
from case import PROGRAM, FolderCase, needs_ddm, needs_torch

import ddmnative
from ddmnative.pairing import pair


class Pairing(unittest.TestCase):
    """Which tensor belongs to which; no torch is needed."""

    def test_equal_names_are_paired(self):
        arrays = {"a": np.zeros(2), "b": np.ones((2, 3))}
        self.assertEqual(pair(arrays, dict(reversed(arrays.items()))), {"a": "a", "b": "b"})

    def test_the_targets_values_find_tensors_in_any_order(self):
        before = {"first": np.float32([1, 2]), "second": np.float32([3, 4])}
        own = {"1.weight": before["second"], "0.weight": before["first"]}
        self.assertEqual(pair(own, before, before), {"1.weight": "second", "0.weight": "first"})

    def test_other_tensors_are_paired_in_order(self):
        own, theirs = {"0.weight": np.zeros((2, 3)), "0.bias": np.zeros(2)}, {"head.weight": np.ones((2, 3)), "head.bias": np.ones(2)}
        self.assertEqual(pair(own, theirs), {"0.weight": "head.weight", "0.bias": "head.bias"})

    def test_shapes_must_be_equal(self):
        with self.assertRaisesRegex(ValueError, r"a \(2,\) and b \(3,\)"):
            pair({"a": np.zeros(2)}, {"b": np.zeros(3)})
        with self.assertRaisesRegex(ValueError, "without a partner: c"):
            pair({"a": np.zeros(2)}, {"a": np.zeros(2), "c": np.zeros(2)})
        with self.assertRaisesRegex(ValueError, "unknown: x"):
            pair({"a": np.zeros(2)}, {"b": np.zeros(2)}, names={"a": "x"})


@needs_torch
@needs_ddm
class RoundTrip(FolderCase):
    def test_a_module_goes_to_ddm_and_comes_back_without_a_group(self):
        import torch
        import ddmnative.torch as interop
        generator = np.random.default_rng(1)
        labels = np.arange(48) % 3
        images = (generator.random((48, 1, 8, 8)) * 100 + 50 * labels[:, None, None, None]).astype(np.uint8)
        for part in ("train", "test"):
            np.savez(self.path(f"{part}.npz"), x=images, y=labels)
        torch.manual_seed(1)
        module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
        x = torch.from_numpy((images / 255 - 0.4) / 0.2).float()
        optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
        for _ in range(30):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(x), torch.from_numpy(labels)).backward()
            optimizer.step()

        interop.save(module, self.path("m.safetensors"), mean=0.4, std=0.2)
        folder = self.path("run")
        ddmnative.ddm("train", program=PROGRAM, run=folder, data=self.folder, target=self.path("m.safetensors"), epochs=2)
        ddmnative.ddm("attribute", program=PROGRAM, run=folder, method="head", clusters=2)
        run = ddmnative.load(folder, ddm=PROGRAM)
        before = self.accuracy(module, x, labels)
        self.assertAlmostEqual(run.accuracy, before, places=6)
        forgotten = run.forget("class=2", method="head")
        interop.load(module, forgotten)
        self.assertAlmostEqual(self.accuracy(module, x, labels), forgotten.figures["test_accuracy"], places=6)
        self.assertLess(forgotten.figures["test_accuracy"], before)
        # The pairing by values is gone with the target's values; the order is the same.
        interop.load(module, run.target[0])
        self.assertAlmostEqual(self.accuracy(module, x, labels), before, places=6)

    @staticmethod
    def accuracy(module, x, labels):
        return float((module(x).argmax(1).numpy() == labels).mean())


@needs_torch
class Saving(FolderCase):
    def test_counters_are_left_out_and_faults_refused(self):
        import torch
        import ddmnative.torch as interop
        from ddmnative import safetensors
        module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, bias=False), torch.nn.BatchNorm2d(2))
        interop.save(module, self.path("m.safetensors"), mean=[0.5], std=[0.25])
        tensors, metadata = safetensors.read(self.path("m.safetensors"))
        self.assertEqual(list(tensors), ["0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var"])
        self.assertEqual(metadata, {"mean": "0.5", "std": "0.25"})
        with self.assertRaisesRegex(ValueError, "mean and std"):
            interop.save(module, self.path("m.safetensors"), mean=0.5)
        module[0].weight.data[0] = float("nan")
        with self.assertRaisesRegex(ValueError, "0.weight: found values"):
            interop.save(module, self.path("m.safetensors"))

    def test_features_are_what_enters_the_last_linear_layer(self):
        import torch
        import ddmnative.torch as interop
        torch.manual_seed(1)
        module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(9, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
        images, labels = torch.rand(7, 1, 3, 3), torch.arange(7) % 2
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=3)
        interop.save_features(module, loader, loader, self.path("features.npz"))
        with np.load(self.path("features.npz")) as file:
            self.assertEqual(sorted(file.files), ["x", "x_test", "y", "y_test"])
            np.testing.assert_allclose(file["x"], module[:3](images).detach().numpy(), rtol=1e-6)
            np.testing.assert_array_equal(file["y_test"], labels.numpy())


if __name__ == "__main__":
    unittest.main()
