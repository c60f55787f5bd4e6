"""A minimal safetensors writer: 8-byte little-endian header length, a JSON header padded with spaces to a multiple of 8, then the data.

The package `safetensors` is not installed wherever PyTorch is, and the format is simple enough to write directly.
Floating tensors are stored as F32, integer tensors as I64; bytes are the same on every run for the same tensors.
"""
import json
import os
import struct

import numpy as np
import torch


def save(path, tensors, metadata):
    """Writes `tensors` (name -> torch.Tensor) in the order of the dictionary, to a temporary file that is then renamed."""
    header = {"__metadata__": {key: str(value) for key, value in metadata.items()}}
    blocks, offset = [], 0
    for name, tensor in tensors.items():
        values = tensor.detach().cpu()
        if values.is_floating_point():
            kind, array = "F32", values.to(torch.float32).numpy().astype("<f4")
        else:
            kind, array = "I64", values.to(torch.int64).numpy().astype("<i8")
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{path}: {name} has values that are not finite")
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + len(data)]}
        blocks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for data in blocks:
            file.write(data)
    os.replace(temporary, path)


def load(path):
    """Reads a file back: (tensors, metadata)."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind = {"F32": "<f4", "I64": "<i8"}[entry["dtype"]]
        tensors[name] = torch.from_numpy(np.frombuffer(data[begin:end], dtype=kind).reshape(entry["shape"]).copy())
    return tensors, metadata
