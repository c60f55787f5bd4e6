import os
import re
import subprocess
import sys
import unittest

from case import PROGRAM, ROOT, FolderCase, needs_ddm, needs_torch

FASHION = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")


@needs_torch
@needs_ddm
@unittest.skipUnless(os.path.isdir(FASHION), f"{FASHION} is missing; Debian's package is dataset-fashion-mnist")
class WholeCase(FolderCase):
    def test_the_example_runs_and_both_programs_agree(self):
        script = os.path.join(ROOT, "python", "examples", "whole_case.py")
        done = subprocess.run([sys.executable, script, self.folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                              check=False, env={**os.environ, "DDM": PROGRAM, "PER_CLASS": "40"})
        self.assertEqual(done.returncode, 0, done.stdout)
        in_torch, in_ddm = (re.search(f"Test accuracy in {name}: +(.*)%", done.stdout).group(1) for name in ("PyTorch", "ddm"))
        self.assertEqual(in_torch, in_ddm)
        self.assertGreater(float(in_torch), 50)
        self.assertGreater(os.path.getsize(self.path("most-helpful.png")), 1000)


if __name__ == "__main__":
    unittest.main()
