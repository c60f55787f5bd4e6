"""Several pictures beside one another, and PNG files of them."""

import struct
import zlib

import numpy as np


def sheet(pictures, columns=10, gap=2):
    """One picture [H, W] or [H, W, 3] of many of equal size, row by row; uint8, with white gaps of `gap` pixels."""
    if not pictures:
        raise ValueError("There are no pictures for a sheet.")
    scaled = [as_bytes(picture) for picture in pictures]
    height, width = scaled[0].shape[:2]
    columns = min(columns, len(scaled))
    rows = -(-len(scaled) // columns)
    whole = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, *scaled[0].shape[2:]), 255, np.uint8)
    for i, picture in enumerate(scaled):
        top, left = gap + i // columns * (height + gap), gap + i % columns * (width + gap)
        whole[top:top + height, left:left + width] = picture
    return whole


def as_bytes(picture):
    """A picture as uint8: bytes unchanged, floats from 0 to 1 (or else over their own range)."""
    if picture.dtype == np.uint8:
        return picture
    values = picture.astype(np.float64)
    low, high = min(0.0, values.min()), max(1.0, values.max())
    return np.rint((values - low) / (high - low) * 255).astype(np.uint8)


def save_png(picture, path):
    """Writes a picture [H, W] or [H, W, 3] as PNG, 8 bits per channel."""
    pixels = as_bytes(picture)
    height, width = pixels.shape[:2]
    # Every row begins with its filter: 0, none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))
