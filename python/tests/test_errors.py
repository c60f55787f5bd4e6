import json
import os
import sys
import textwrap
import unittest
from unittest import mock

from case import FolderCase
from fixture import write_run

import ddmnative


class Folders(FolderCase):
    def test_a_folder_that_is_no_run_is_refused(self):
        with self.assertRaisesRegex(ddmnative.NotARun, "found no run.json, expected the run folder"):
            ddmnative.load(self.folder)
        with self.assertRaisesRegex(ddmnative.NotARun, "found no such folder"):
            ddmnative.load(self.path("nowhere"))

    def test_an_unfinished_attribution_is_named_with_the_command_that_finishes_it(self):
        self.change(lambda record: record.update(stages=[{"name": "train"}], begun="online:push"))
        with self.assertRaisesRegex(ddmnative.NotFinished, "'online:push' was interrupted.*ddm attribute --run"):
            ddmnative.load(self.folder)

    def test_a_newer_format_is_refused(self):
        self.change(lambda record: record.update(format=2))
        with self.assertRaisesRegex(ddmnative.UnknownFormat, "found 2, expected 1"):
            ddmnative.load(self.folder)

    def test_damaged_files_are_named(self):
        for name in ("run.json", "attribution.npz"):
            with self.subTest(name):
                write_run(self.folder)
                with open(self.path(name), "wb") as file:
                    file.write(b"damaged")
                with self.assertRaisesRegex(ddmnative.NotARun, name):
                    ddmnative.load(self.folder)

    def test_a_missing_array_is_named(self):
        import numpy as np
        write_run(self.folder)
        np.savez(self.path("attribution.npz"), methods=np.array(["head"]))
        with self.assertRaisesRegex(ddmnative.NotARun, "no array 'objectives'"):
            ddmnative.load(self.folder)

    def change(self, change):
        write_run(self.folder)
        with open(self.path("run.json"), encoding="utf-8") as file:
            record = json.load(file)
        change(record)
        with open(self.path("run.json"), "w", encoding="utf-8") as file:
            json.dump(record, file)


class Commands(FolderCase):
    """ddm is played by a script that writes down its arguments and prints what the test wants."""

    def play(self, result, code=0):
        script = self.path("ddm.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(f"""\
                import json, sys
                json.dump(sys.argv[1:], open({self.path("arguments.json")!r}, "w"))
                print({result!r})
                print("what ddm says", file=sys.stderr)
                sys.exit({code})
                """))
        return [sys.executable, script]

    def arguments(self):
        with open(self.path("arguments.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_options_are_those_of_ddm(self):
        program = self.play('{"a": 1}')
        result = ddmnative.ddm("attribute", program=program, run="runs/a b", method="head", train_per_class=10, nesterov=True,
                               percent=[5, 10], data=None)
        self.assertEqual(result, {"a": 1})
        self.assertEqual(self.arguments(), ["attribute", "--run=runs/a b", "--method=head", "--train-per-class=10", "--nesterov=true",
                                            "--percent=5,10", "--json", "--quiet"])

    def test_ddms_message_is_passed_on(self):
        program = self.play('{"error": {"kind": "bad_input", "message": "--forget: found nothing"}}', 3)
        with self.assertRaisesRegex(ddmnative.DdmFailed, "^--forget: found nothing$") as raised:
            ddmnative.load(write_run(self.folder), ddm=program).forget(2)
        self.assertEqual((raised.exception.kind, raised.exception.exit_code), ("bad_input", 3))
        self.assertIn("--remove", self.arguments())

    def test_an_error_without_json_is_what_ddm_wrote_to_standard_error(self):
        with self.assertRaisesRegex(ddmnative.DdmFailed, "what ddm says"):
            ddmnative.ddm("attribute", program=self.play("no json", 1))

    def test_groups_and_selectors_are_told_apart(self):
        program = self.play('{"error": {"message": "stop"}}', 3)
        run = ddmnative.load(write_run(self.folder), ddm=program)
        with self.assertRaises(ddmnative.DdmFailed):
            run.forget([1, "class=1,cluster=1", run.groups[0]])
        self.assertEqual(self.arguments()[:6], ["unlearn", "--remove", "1,0", "--forget", "class=1,cluster=1", f"--run={self.folder}"])
        with self.assertRaises(ValueError):
            run.forget([])

    def test_objectives_are_separated_by_semicolons(self):
        run = ddmnative.load(write_run(self.folder), ddm=self.play("{}"))
        run.attribute("head", objectives=["loss:sample=1,2", "accuracy"])
        self.assertIn("--objectives=loss:sample=1,2;accuracy", self.arguments())

    def test_a_missing_ddm_is_named(self):
        with mock.patch.dict(os.environ, {"PATH": self.folder}):
            os.environ.pop("DDM", None)
            with self.assertRaisesRegex(ddmnative.DdmError, "no program 'ddm'.*environment variable DDM"):
                ddmnative.ddm("data")


if __name__ == "__main__":
    unittest.main()
