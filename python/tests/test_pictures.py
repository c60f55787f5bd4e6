import gzip
import os
import struct
import unittest
import zlib

import numpy as np
from case import FolderCase
from fixture import write_run

import ddmnative
from ddmnative.datasets import png as png_reader
from ddmnative.sheet import save_png, sheet


def png(image, filters=(0, 1, 2, 3, 4), kind=None, palette=None):
    """A PNG of [H, W] or [H, W, 3] bytes whose rows use the filters in turn."""
    rows = image.reshape(len(image), -1).astype(int)
    step = 1 if image.ndim == 2 else 3
    data = b""
    above = np.zeros(rows.shape[1], int)
    for y, row in enumerate(rows):
        left, corner = (np.concatenate([np.zeros(step, int), values[:-step]]) for values in (row, above))
        goal = left + above - corner
        distances = np.abs(np.stack([left, above, corner]) - goal)
        nearest = np.stack([left, above, corner])[distances.argmin(0), np.arange(len(row))]
        which = filters[y % len(filters)]
        data += bytes([which]) + ((row - [0 * row, left, above, (left + above) // 2, nearest][which]) % 256).astype(np.uint8).tobytes()
        above = row
    header = struct.pack(">IIBBBBB", image.shape[1], len(image), 8, kind if kind is not None else 0 if image.ndim == 2 else 2, 0, 0, 0)
    chunks = [(b"IHDR", header)] + ([(b"PLTE", palette)] if palette else []) + [(b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks)


class Pictures(FolderCase):
    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(1)
        self.run_ = ddmnative.load(write_run(self.folder))
        self.data = self.path("data")
        os.mkdir(self.data)

    def write(self, name, data):
        path = os.path.join(self.data, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def test_idx_images_are_found_by_their_place_in_the_original_file(self):
        images = self.random.integers(0, 256, (16, 5, 4), dtype=np.uint8)
        data = b"\0\0\x08\x03" + struct.pack(">III", 16, 5, 4) + images.tobytes()
        for name, content in (("train-images-idx3-ubyte.gz", gzip.compress(data)), ("train-images-idx3-ubyte", data)):
            self.write(name, content)
            self.run_.reload()
            np.testing.assert_array_equal(self.run_.picture(3), images[6])
        pictures = self.run_.pictures(3, 2)
        np.testing.assert_array_equal(pictures, images[[10, 12]])

    def test_npz_images_have_channels_first_unless_the_layout_says_last(self):
        images = self.random.integers(0, 256, (16, 3, 6, 5), dtype=np.uint8)
        for layout in ("NCHW", "NHWC"):
            stored = images if layout == "NCHW" else images.transpose(0, 2, 3, 1)
            np.savez(os.path.join(self.data, "train.npz"), x=stored, layout=np.array([layout]))
            self.run_.reload()
            np.testing.assert_array_equal(self.run_.picture(1), images[2].transpose(1, 2, 0))

    def test_cifar_batches_follow_one_another(self):
        records = self.random.integers(0, 256, (16, 3073), dtype=np.uint8)
        for i in range(2):
            self.write(f"data_batch_{i + 1}.bin", records[8 * i:8 * i + 8].tobytes())
        np.testing.assert_array_equal(self.run_.picture(5), records[10, 1:].reshape(3, 32, 32).transpose(1, 2, 0))

    def test_image_files_are_those_of_groups_csv(self):
        grey, colour = self.random.integers(0, 256, (7, 6), dtype=np.uint8), self.random.integers(0, 256, (7, 6, 3), dtype=np.uint8)
        self.write("train/cat/0.png", png(grey))
        self.write("train/cat/1.png", png(colour))
        self.write("train/cat/2.png", b"P5 # a comment\n6 7\n255\n" + grey.tobytes())
        self.write("train/cat/3.png", b"P6\n6 7 255\n" + colour.tobytes())
        np.testing.assert_array_equal(self.run_.picture(0), grey)
        np.testing.assert_array_equal(self.run_.picture(1), colour)
        np.testing.assert_array_equal(self.run_.picture(2), grey)
        np.testing.assert_array_equal(self.run_.picture(3), colour)

    def test_a_palette_gives_colours(self):
        indices = self.random.integers(0, 4, (5, 5), dtype=np.uint8)
        palette = self.random.integers(0, 256, (4, 3), dtype=np.uint8)
        self.write("train/cat/0.png", png(indices, kind=3, palette=palette.tobytes()))
        np.testing.assert_array_equal(self.run_.picture(0), palette[indices])

    def test_what_cannot_be_read_is_named(self):
        with self.assertRaisesRegex(ddmnative.NoData, "no known format"):
            self.run_.picture(0)
        self.write("train/cat/1.png", png(np.zeros((3, 3), np.uint8))[:-20])
        for sample, message in ((0, "no readable file"), (1, "damaged PNG")):
            with self.assertRaisesRegex(ddmnative.NoData, message):
                self.run_.picture(sample)
        moved = ddmnative.load(self.folder, data=self.path("gone"))
        with self.assertRaisesRegex(ddmnative.NoData, "gone.*load"):
            moved.picture(0)

    def test_generated_data_have_no_pictures(self):
        with self.assertRaisesRegex(ddmnative.NoData, "report.html"):
            ddmnative.load(self.folder, data="generated:classes=2").picture(0)


class Sheets(FolderCase):
    def test_a_saved_picture_is_read_back(self):
        for shape in ((4, 6), (4, 6, 3)):
            picture = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
            save_png(picture, self.path("sheet.png"))
            with open(self.path("sheet.png"), "rb") as file:
                np.testing.assert_array_equal(png_reader.decode("sheet.png", file.read()), picture)

    def test_pictures_are_placed_row_by_row(self):
        pictures = [np.full((2, 3), value, np.uint8) for value in (10, 20, 30)]
        whole = sheet(pictures, columns=2, gap=1)
        self.assertEqual(whole.shape, (7, 9))
        self.assertEqual((whole[1, 1], whole[1, 5], whole[4, 1], whole[4, 5], whole[0, 0]), (10, 20, 30, 255, 255))

    def test_floats_from_0_to_1_become_bytes(self):
        self.assertEqual(sheet([np.array([[0.0, 1.0]], np.float32)], gap=0).tolist(), [[0, 255]])


if __name__ == "__main__":
    unittest.main()
