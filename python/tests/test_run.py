import os
import subprocess
import sys
import unittest

import numpy as np
from case import ROOT, FolderCase
from fixture import NAMES, matrices, write_run

import ddmnative


class OldRun(FolderCase):
    """A run of a version that writes none of the optional arrays."""

    def setUp(self):
        super().setUp()
        self.run_ = ddmnative.load(write_run(self.folder))

    def test_the_first_method_leads(self):
        self.assertEqual(self.run_.lead, "head")
        np.testing.assert_array_equal(self.run_.attribution, matrices()[0])
        np.testing.assert_array_equal(self.run_.effects("push"), matrices()[1])
        self.assertEqual((self.run_.methods, self.run_.objectives), (["head", "push"], ["loss", "accuracy"]))

    def test_what_is_not_in_the_files_is_unknown(self):
        self.assertTrue(np.isnan(self.run_.noise).all() and self.run_.noise.shape == (2, 4))
        self.assertTrue(np.isnan(self.run_.target_value).all())
        self.assertEqual((self.run_.answer, self.run_.totals(), self.run_.exact), ([], [], None))
        self.assertEqual(self.run_.accuracy, 0.75)

    def test_harm_is_a_higher_loss_and_a_lower_accuracy(self):
        self.assertEqual([g.number for g in self.run_.most_harmful(2)], [2, 3])
        self.assertEqual([g.number for g in self.run_.most_helpful(2)], [0, 1])
        self.assertEqual([g.number for g in self.run_.most_harmful(2, "accuracy")], [2, 3])
        self.assertEqual([g.number for g in self.run_.most_helpful(2, "accuracy")], [0, 1])
        self.assertEqual(self.run_.effect(2), 0.25)

    def test_groups_have_classes_and_samples(self):
        group = self.run_.groups[3]
        self.assertEqual(group, ddmnative.Group(number=3, name=None, class_index=1, class_name="dog", cluster=1, size=3))
        self.assertEqual(str(group), "group 3 (dog, cluster 1, 3 images)")
        self.assertEqual([(s.row, s.source, s.file) for s in self.run_.samples(group)],
                         [(5, 10, "train/dog/5.png"), (6, 12, "train/dog/6.png"), (7, 14, "train/dog/7.png")])
        self.assertEqual(len(self.run_.samples()), 8)
        self.assertEqual(self.run_.class_names, ["cat", "dog"])

    def test_effects_of_single_images_have_the_samples_as_columns(self):
        np.testing.assert_array_equal(self.run_.sample_effects(), np.arange(8.0))
        np.testing.assert_array_equal(self.run_.sample_effects("accuracy"), np.arange(8.0, 16.0))

    def test_unknown_names_are_refused_with_a_list(self):
        for call in (lambda: self.run_.effects("trak"), lambda: self.run_.most_harmful(objective="margin"), lambda: self.run_.samples(4)):
            with self.assertRaisesRegex(KeyError, "head, push|loss, accuracy|groups 0 to 3"):
                call()


class NewRun(FolderCase):
    """A run with noise, totals and a lead."""

    def test_the_summary_says_which_method_leads(self):
        run = ddmnative.load(write_run(self.folder, new=True))
        self.assertEqual(run.lead, "push")
        np.testing.assert_array_equal(run.attribution, matrices()[1])
        self.assertEqual(run.answer[0], "Without group 2 the loss would fall.")
        np.testing.assert_array_equal(run.noise, np.full((2, 4), 0.01))
        np.testing.assert_array_equal(run.target_value, [0.5, 0.75])

    def test_totals_are_the_most_harmful_first(self):
        run = ddmnative.load(write_run(self.folder, new=True, own_names=True))
        self.assertEqual([(t.name, t.size, t.effect, t.noise, t.by) for t in run.totals()],
                         [("ann", 3, 0.4, 0.02, "sum"), ("bob", 5, -0.6, 0.02, "sum")])
        self.assertEqual([t.name for t in run.totals("accuracy")], ["ann", "bob"])
        self.assertEqual(run.totals(method="head")[0].by, "removal")
        self.assertEqual([group.name for group in run.groups], NAMES)

    def test_totals_of_older_runs_are_sums(self):
        run = ddmnative.load(write_run(self.folder, own_names=True))
        self.assertEqual([(t.name, t.size, round(t.effect, 9), t.by) for t in run.totals()],
                         [("bob", 5, -0.15, "sum"), ("ann", 3, -0.25, "sum")])


class CalibratedRun(FolderCase):
    def test_effects_are_calibrated_unless_the_caller_says_no(self):
        run = ddmnative.load(write_run(self.folder, new=True, own_names=True, validated=True, calibrated=True))
        np.testing.assert_array_equal(run.effects("head"), 2 * matrices()[0])
        np.testing.assert_array_equal(run.effects("head", calibrated=False), matrices()[0])
        np.testing.assert_allclose(run.noise_of("push"), np.full((2, 4), 0.03))
        np.testing.assert_allclose(run.noise_of("push", calibrated=False), np.full((2, 4), 0.01))
        self.assertAlmostEqual(run.totals(method="head")[0].effect, 0.4)
        self.assertAlmostEqual(run.totals(method="head")[0].noise, 0.04)

    def test_a_method_without_a_slope_stays_in_its_own_unit(self):
        run = ddmnative.load(write_run(self.folder, new=True, own_names=True, validated=True, calibrated=True, slopes=(2.0, np.nan)))
        np.testing.assert_array_equal(run.effects("push"), matrices()[1])
        np.testing.assert_allclose(run.noise_of("push"), np.full((2, 4), 0.01))
        self.assertAlmostEqual(run.totals(method="push")[0].effect, 0.4)
        self.assertTrue(np.isnan(run.table()["calibrated"][8:]).all())

    def test_exact_effects_are_means_over_seeds(self):
        run = ddmnative.load(write_run(self.folder, validated=True))
        np.testing.assert_allclose(run.exact.effects, [[-0.5, 0.2], [0.04, -0.02]])
        np.testing.assert_allclose(run.exact.noise, [[0.1, 0.1], [0.02, 0.01]])
        np.testing.assert_allclose(run.exact.spread(4)[0], [-0.5, np.nan, 0.2, np.nan])

    def test_files_of_an_older_attribution_are_left_out(self):
        write_run(self.folder, validated=True, calibrated=True)
        path = self.path("attribution.npz")
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        arrays["matrices"] = arrays["matrices"] + 1
        np.savez(path, **arrays)
        run = ddmnative.load(self.folder)
        self.assertIsNone(run.exact)
        self.assertIsNone(run.calibration)


class Doubts(FolderCase):
    """Suspects and wrong answers, which a run may lack."""

    def test_a_run_without_them_has_none(self):
        run = ddmnative.load(write_run(self.folder))
        self.assertEqual((run.suspects(), run.misclassified), ([], None))

    def test_suspects_are_in_the_order_of_their_ranks(self):
        write_run(self.folder)
        with open(self.path("suspects.csv"), "w", encoding="utf-8") as file:
            file.write("# score: the loss\nsample,file,label,class_name,score,rank,predicted,probability\n"
                       "8,b.png,1,dog,0.5,2,,\n4,,0,cat,2.5,1,1,0.75\n")
        first, second = ddmnative.load(self.folder).suspects()
        self.assertEqual((first.source, first.label, first.class_name, first.file, first.score), (4, 0, "cat", None, 2.5))
        self.assertEqual((second.rank, second.file, second.predicted), (2, "b.png", None))
        self.assertEqual((first.predicted, first.probability), (1, 0.75))
        self.assertEqual(ddmnative.load(self.folder).suspects(1), [first])

    def test_causes_lower_the_margin_most(self):
        write_run(self.folder)
        np.savez(self.path("attribution", "misclassified.npz"), test=[7, 9], label=[0, 1], predicted=[1, 0], probability=[0.9, 0.6],
                 matrix=[[0.1, -0.5, 0.2, -0.1], [0.0, 0.0, -1.0, 1.0]], method=np.array(["ekfac"]))
        wrong = ddmnative.load(self.folder).misclassified
        self.assertEqual(wrong.causes(0, 2).tolist(), [1, 3])
        self.assertEqual(wrong.causes(1, 1).tolist(), [2])
        self.assertEqual((wrong.method, wrong.test.tolist()), ("ekfac", [7, 9]))


class Granularities(FolderCase):
    def test_a_class_has_all_its_samples(self):
        write_run(self.folder, granularity="class")
        self.assertEqual([s.row for s in ddmnative.load(self.folder).samples(2)], [4, 5, 6, 7])

    def test_a_sample_has_itself(self):
        write_run(self.folder, granularity="sample")
        self.assertEqual([s.source for s in ddmnative.load(self.folder).samples(3)], [6])


class Tables(FolderCase):
    def test_the_table_has_a_row_for_each_method_objective_and_group(self):
        run = ddmnative.load(write_run(self.folder, own_names=True, validated=True))
        table = run.table()
        self.assertEqual({len(column) for column in table.values()}, {16})
        chosen = (table["method"] == "push") & (table["objective"] == "accuracy") & (table["group"] == 2)
        self.assertEqual(chosen.sum(), 1)
        (row,) = np.flatnonzero(chosen)
        self.assertEqual({name: table[name][row] for name in ("name", "class", "class_name", "cluster", "size", "effect")},
                         {"name": "ann", "class": 1, "class_name": "dog", "cluster": 0, "size": 1, "effect": -0.01})
        self.assertAlmostEqual(table["exact"][row], -0.02)
        self.assertTrue(np.isnan(table["exact"][table["group"] == 1]).all())

    def test_a_frame_needs_pandas_and_says_so(self):
        run = ddmnative.load(write_run(self.folder))
        try:
            import pandas
        except ImportError:
            with self.assertRaisesRegex(ImportError, "pandas.*run.table()"):
                run.frame()
            return
        frame = run.frame()
        self.assertIsInstance(frame, pandas.DataFrame)
        self.assertEqual(len(frame), 16)

    def test_reading_needs_numpy_only(self):
        write_run(self.folder)
        code = ("import sys, ddmnative; ddmnative.load(sys.argv[1]).table(); "
                "print([name for name in ('torch', 'pandas', 'PIL', 'matplotlib') if name in sys.modules])")
        done = subprocess.run([sys.executable, "-c", code, self.folder], stdout=subprocess.PIPE, encoding="utf-8", check=True,
                              env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "python")})
        self.assertEqual(done.stdout.strip(), "[]")


if __name__ == "__main__":
    unittest.main()
