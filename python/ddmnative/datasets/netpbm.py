"""Binary PGM (P5) and PPM (P6)."""

import re

import numpy as np

from ..errors import NoData

# The kind, then width, height and the highest value, with comments between them, then one white space.
_HEADER = re.compile(rb"P([56])" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3 + rb"\s")


def recognises(data):
    return data[:2] in (b"P5", b"P6")


def decode(path, data):
    """[H, W] or [H, W, 3], uint8."""
    header = _HEADER.match(data)
    if header is None:
        raise NoData(f"{path}: found a damaged header, expected that of a PGM or PPM.")
    width, height, highest = (int(header.group(i)) for i in (2, 3, 4))
    channels = 3 if header.group(1) == b"6" else 1
    kind = np.dtype(np.uint8 if highest < 256 else ">u2")
    count = width * height * channels
    if len(data) < header.end() + count * kind.itemsize or not 0 < highest < 65536:
        raise NoData(f"{path}: found {len(data)} bytes, expected {header.end() + count * kind.itemsize} at least.")
    values = np.frombuffer(data, kind, count, header.end()).astype(np.float64)
    pixels = np.minimum(np.rint(values * 255 / highest), 255).astype(np.uint8)
    return pixels.reshape((height, width) if channels == 1 else (height, width, 3))
