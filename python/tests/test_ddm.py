"""The package against the ddm of this checkout."""

import csv
import io
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy as np
from case import PROGRAM, FolderCase, needs_ddm

import ddmnative
from ddmnative import safetensors
from ddmnative.command import find

DATA = "generated:classes=3,per-class=20,test-per-class=10,size=8"


@needs_ddm
class WholeRun(FolderCase):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.made = os.path.join(kept.name, "run")
        ddmnative.ddm("train", program=PROGRAM, run=cls.made, data=DATA, epochs=2, width=8, depth=2)
        cls.unfinished = os.path.join(kept.name, "unfinished")
        shutil.copytree(cls.made, cls.unfinished)
        ddmnative.ddm("attribute", program=PROGRAM, run=cls.made, method="head", clusters=2)

    def setUp(self):
        super().setUp()
        self.run_folder = self.path("run")
        shutil.copytree(self.made, self.run_folder)
        self.run_ = ddmnative.load(self.run_folder, ddm=PROGRAM)

    def test_a_trained_target_alone_is_unfinished(self):
        with self.assertRaisesRegex(ddmnative.NotFinished, "ddm attribute"):
            ddmnative.load(self.unfinished)

    def test_effects_are_those_of_ddm_export(self):
        self.run_.validate(2)
        self.assertEqual(len(self.run_.exact.groups), 2)
        command = [*find(PROGRAM), "export", f"--run={self.run_folder}", "--csv=-", "--quiet"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
        lines = [line for line in io.StringIO(done.stdout) if not line.startswith("#")]
        expected = list(csv.DictReader(lines))
        table = self.run_.table()
        self.assertEqual(len(expected), len(table["effect"]))
        for name in ("method", "objective", "group", "class", "cluster", "size"):
            self.assertEqual([row[name] for row in expected], [str(value) for value in table[name]])
        for name in ("effect", "exact", "calibrated"):
            numbers = [float(row.get(name) or "nan") for row in expected]
            np.testing.assert_array_equal(table[name], numbers, err_msg=name)

    def test_lists_and_totals_are_those_of_the_summary(self):
        rows = np.arange(60)
        with open(self.path("sources.csv"), "w", encoding="utf-8") as file:
            file.write("sample,group\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in rows))
        ddmnative.ddm("attribute", program=PROGRAM, run=self.run_folder, groups=self.path("sources.csv"), method="head")
        self.run_.validate("all", seeds=2)
        summary = self.run_.summary
        self.assertEqual([group.number for group in self.run_.most_harmful(3)], [entry["group"] for entry in summary["most_harmful"]])
        for entry in summary["most_helpful"]:
            self.assertAlmostEqual(self.run_.effect(entry["group"]), entry["effect"])
            self.assertAlmostEqual(self.run_.noise[0, entry["group"]], entry["noise"])
            (place,) = np.flatnonzero(self.run_.exact.groups == entry["group"])
            self.assertAlmostEqual(self.run_.exact.noise[0, place], entry["exact_noise"])
        totals = [(total.name, total.size, total.by) for total in self.run_.totals()]
        self.assertEqual(totals, [(entry["name"], entry["size"], entry["by"]) for entry in summary["own_groups"]])
        self.assertEqual(sorted(total[0] for total in totals), ["a", "b"])
        for total, entry in zip(self.run_.totals(), summary["own_groups"]):
            self.assertAlmostEqual(total.effect, entry["effect"])
            self.assertAlmostEqual(total.noise, entry["noise"])
        self.assertEqual(self.run_.lead, summary["lead"])
        self.assertEqual(self.run_.answer, summary["answer"])
        self.assertAlmostEqual(self.run_.target_value[0], summary["objective_value"])

    def test_suspects_and_wrong_answers_refer_to_the_runs_samples(self):
        samples = self.run_.samples()
        labels = {sample.source: sample.label for sample in samples}
        suspects = self.run_.suspects()
        self.assertEqual([suspect.rank for suspect in suspects], list(range(1, len(suspects) + 1)))
        self.assertTrue(suspects)
        for suspect in suspects:
            self.assertEqual(suspect.label, labels[suspect.source])
        wrong = self.run_.misclassified
        self.assertEqual(wrong.effects.shape, (len(wrong.test), len(samples)))
        self.assertTrue((wrong.label != wrong.predicted).all() and len(wrong.test) > 0)
        self.assertEqual(wrong.effects[0, wrong.causes(0, 1)[0]], wrong.effects[0].min())

    def test_a_forgotten_group_leaves_a_model(self):
        group = self.run_.most_harmful(1)[0]
        done = self.run_.forget(group, method="head", out=self.path("out.safetensors"))
        self.assertEqual(safetensors.read(done.path)[1], done.metadata)
        self.assertEqual(done.figures["forgotten_images"], group.size)
        self.assertEqual(done.metadata["groups"], str(group.number))
        self.assertEqual(done.tensors.keys(), done.target.keys())
        changed = [name for name, values in done.tensors.items() if not np.array_equal(values, done.target[name])]
        self.assertEqual(changed, ["head.weight", "head.bias"])
        self.assertEqual(self.run_.summary["unlearned"]["forgotten_groups"], 1)

    def test_a_selector_without_a_match_is_ddms_error(self):
        with self.assertRaisesRegex(ddmnative.DdmFailed, "class=9.*matches no group") as raised:
            self.run_.forget("class=9")
        self.assertEqual(raised.exception.exit_code, 3)

    def test_another_method_replaces_the_first(self):
        self.run_.attribute("grad-dot", objectives=["loss", "margin"])
        self.assertEqual((self.run_.methods, self.run_.objectives), (["grad-dot"], ["loss", "margin"]))


if __name__ == "__main__":
    unittest.main()
