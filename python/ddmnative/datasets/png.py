"""PNG of 8 bits per channel, not interlaced, in grey, RGB or with a palette (W3C PNG, third edition)."""

import struct
import zlib

import numpy as np

from ..errors import NoData

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1}


def recognises(data):
    """Whether the image is one that `decode` reads."""
    return data[:8] == _SIGNATURE and len(data) > 29 and data[24] == 8 and data[25] in _CHANNELS and data[28] == 0


def decode(path, data):
    """[H, W] or [H, W, 3], uint8."""
    width, height = struct.unpack(">II", data[16:24])
    kind = data[25]
    channels = _CHANNELS[kind]
    try:
        chunks = _chunks(data)
        rows = np.frombuffer(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), np.uint8)
        pixels = _unfilter(rows.reshape(height, 1 + width * channels), channels)
        if kind == 3:
            palette = np.frombuffer(dict(chunks)[b"PLTE"], np.uint8).reshape(-1, 3)
            return palette[pixels]
    except (zlib.error, struct.error, ValueError, KeyError, IndexError) as error:
        raise NoData(f"{path}: found a damaged PNG ({error}).") from None
    return pixels if channels == 1 else pixels.reshape(height, width, 3)


def _chunks(data):
    found, place = [], 8
    while place + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[place:place + 8])
        found.append((name, data[place + 8:place + 8 + length]))
        place += 12 + length
    return found


def _unfilter(rows, step):
    """Undoes the filter of each row: bytes are stored as differences to the left, upper and upper left pixel."""
    height, width = rows.shape[0], rows.shape[1] - 1
    # One row and one pixel of zeros before the image, which the first row and column refer to.
    image = np.zeros((height + 1, width + step), np.int64)
    for y in range(height):
        kind, stored = rows[y, 0], rows[y, 1:].astype(np.int64)
        above, line = image[y], image[y + 1]
        if kind == 0:
            line[step:] = stored
        elif kind == 1:
            line[step:] = np.cumsum(stored.reshape(-1, step), axis=0).ravel() & 255
        elif kind == 2:
            line[step:] = (stored + above[step:]) & 255
        elif kind in (3, 4):
            predict = _mean if kind == 3 else _paeth
            for x in range(width):
                line[x + step] = (stored[x] + predict(line[x], above[x + step], above[x])) & 255
        else:
            raise ValueError(f"filter {kind} in row {y}")
    return image[1:, step:].astype(np.uint8)


def _mean(left, up, _):
    return (left + up) // 2


def _paeth(left, up, corner):
    """Whichever of the three is nearest to left + up − corner; the first of them if several are."""
    goal = left + up - corner
    return min((left, up, corner), key=lambda value: abs(goal - value))
