"""Several pictures beside one another."""

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
