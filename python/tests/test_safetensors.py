import struct
import unittest

import numpy as np
from case import FolderCase

from ddmnative import NotARun, safetensors


class Safetensors(FolderCase):
    def test_what_is_written_is_read_back(self):
        tensors = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2], np.int64), "c": np.float16([0.5]),
                   "scalar": np.float32(3).reshape(())}
        safetensors.write(self.path("m.safetensors"), tensors, {"mean": "0.5"})
        found, metadata = safetensors.read(self.path("m.safetensors"))
        self.assertEqual(metadata, {"mean": "0.5"})
        self.assertEqual(list(found), list(tensors))
        for name, values in tensors.items():
            np.testing.assert_array_equal(found[name], values)
            self.assertEqual((found[name].dtype, found[name].shape), (values.dtype, values.shape))

    def test_bfloat16_is_widened(self):
        header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
        with open(self.path("m.safetensors"), "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header + np.array([0x3F80, 0xC000], "<u2").tobytes())
        np.testing.assert_array_equal(safetensors.read(self.path("m.safetensors"))[0]["x"], np.float32([1, -2]))

    def test_damaged_files_are_refused(self):
        for data in (b"", b"abc", struct.pack("<Q", 4) + b"[1]]", struct.pack("<Q", 2) + b"[]",
                     struct.pack("<Q", 55) + b'{"x":{"dtype":"F32","shape":[9],"data_offsets":[0,4]}}' + b"1234"):
            with self.subTest(data):
                with open(self.path("m.safetensors"), "wb") as file:
                    file.write(data)
                with self.assertRaisesRegex(NotARun, "expected safetensors"):
                    safetensors.read(self.path("m.safetensors"))


if __name__ == "__main__":
    unittest.main()
