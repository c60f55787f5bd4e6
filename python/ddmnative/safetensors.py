"""Safetensors files as dictionaries of numpy arrays: an 8-byte little-endian header length, a JSON header, the data."""

import json
import os
import struct

import numpy as np

from .errors import NotARun

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "|u1", "BOOL": "|b1"}
_NAMES = {np.dtype(kind): name for name, kind in _TYPES.items()}


def read(path):
    """Returns (tensors, metadata); bfloat16 is widened to float32."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + length])
        metadata = header.pop("__metadata__", {})
        return {name: _array(data[8 + length:], entry) for name, entry in header.items()}, metadata
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotARun(f"{path}: found an unreadable file ({error}), expected safetensors.") from None


def write(path, tensors, metadata=None):
    """Writes a dictionary of arrays, in its order, to a temporary name that is then renamed."""
    header = {"__metadata__": {key: str(value) for key, value in metadata.items()}} if metadata else {}
    blocks, offset = [], 0
    for name, values in tensors.items():
        array = np.ascontiguousarray(values)
        kind = array.dtype.newbyteorder("<")
        if kind not in _NAMES:
            raise TypeError(f"{name}: found {array.dtype}, expected one of {', '.join(_TYPES)}")
        block = array.astype(kind).tobytes()
        # ascontiguousarray makes a scalar one-dimensional; its shape is the original's.
        header[name] = {"dtype": _NAMES[kind], "shape": list(np.shape(values)), "data_offsets": [offset, offset + len(block)]}
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.writelines(blocks)
    os.replace(temporary, path)


def _array(data, entry):
    begin, end = entry["data_offsets"]
    if entry["dtype"] == "BF16":
        # The upper half of a float32.
        wide = np.frombuffer(data[begin:end], "<u2").astype("<u4") << 16
        return wide.view("<f4").reshape(entry["shape"])
    return np.frombuffer(data[begin:end], _TYPES[entry["dtype"]]).reshape(entry["shape"]).copy()
