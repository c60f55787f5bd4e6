"""What the tests share: a temporary folder, and the ddm of this checkout."""

import os
import shutil
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILT = os.path.join(ROOT, "src", "DdmNative.Cli", "bin", "Release", "net10.0", "ddm.dll")
PROGRAM = os.environ.get("DDM") or (BUILT if os.path.exists(BUILT) and shutil.which("dotnet") else shutil.which("ddm"))


class FolderCase(unittest.TestCase):
    """Tests that write into `self.folder`."""

    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = kept.name

    def path(self, *parts):
        return os.path.join(self.folder, *parts)


def needs_ddm(test):
    return unittest.skipIf(PROGRAM is None, "ddm is not built, and the environment variable DDM does not name it")(test)


def needs_torch(test):
    try:
        import torch  # noqa: F401
    except ImportError as error:
        return unittest.skip(f"PyTorch is not installed ({error}); Debian's package is python3-torch")(test)
    return test
