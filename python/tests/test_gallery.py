"""The cases of docs/gallery.md, on few images."""

import json
import os
import shutil
import subprocess
import unittest

from case import PROGRAM, ROOT, FolderCase, needs_ddm

GALLERY = os.path.join(ROOT, "examples", "gallery", "bin", "Release", "net10.0", "ddm-gallery.dll")
FASHION = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")


@needs_ddm
@unittest.skipUnless(os.path.exists(GALLERY) and shutil.which("dotnet"), "examples/gallery is not built")
@unittest.skipUnless(os.path.isdir(FASHION), f"{FASHION} is missing; Debian's package is dataset-fashion-mnist")
class Gallery(FolderCase):
    def figures(self, case):
        done = subprocess.run(["dotnet", GALLERY, case, FASHION, self.folder, PROGRAM, "30"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(self.path("figures.json"), encoding="utf-8") as file:
            figures = json.load(file)
        self.assertEqual((figures["case"], figures["training_images"]), (case, 300))
        self.assertTrue([name for name in os.listdir(self.folder) if name.endswith(".png")])
        return figures

    def test_wrong_labels_are_found_more_often_than_by_chance(self):
        figures = self.figures("mislabelled")
        self.assertEqual((figures["wrong_labels"], figures["removed"]), (30, 30))
        self.assertGreater(figures["precision"], 0.3)

    def test_the_totals_of_all_annotators_are_compared_with_retraining(self):
        figures = self.figures("biased-source")
        for number in range(1, 6):
            self.assertRegex(figures[f"effect_annotator-{number}"], r"^[+-]0\.\d+")
            self.assertRegex(figures[f"exact_annotator-{number}"], r"^[+-]0\.\d+$")

    def test_one_wrong_answer_is_explained_and_checked_at_every_seed(self):
        figures = self.figures("misclassified")
        self.assertEqual(figures["removed"], 3)
        self.assertEqual(len(figures["margin_without"].split(", ")), 5)
        self.assertTrue(figures["margin"].startswith("-"))


if __name__ == "__main__":
    unittest.main()
