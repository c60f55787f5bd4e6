import os
import re
import unittest

from case import ROOT

import ddmnative


def text(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


class Packaging(unittest.TestCase):
    def test_the_version_is_that_of_ddm(self):
        (version,) = re.findall("<Version>(.*)</Version>", text("Directory.Build.props"))
        self.assertEqual(ddmnative.__version__, version)
        self.assertEqual(re.findall('^version = "(.*)"', text("python", "pyproject.toml"), re.MULTILINE), [version])

    def test_every_package_folder_is_installed(self):
        listed = re.search(r"packages = \[(.*)\]", text("python", "pyproject.toml")).group(1)
        there = []
        for folder, _, files in os.walk(os.path.join(ROOT, "python", "ddmnative")):
            if "__init__.py" in files:
                there.append(os.path.relpath(folder, os.path.join(ROOT, "python")).replace(os.sep, "."))
        self.assertEqual(sorted(re.findall('"(.*?)"', listed)), sorted(there))


if __name__ == "__main__":
    unittest.main()
