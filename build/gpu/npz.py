"""Reads NumPy's .npz files with the standard library alone: the GPU machine may not have NumPy."""
import array
import ast
import struct
import sys
import zipfile

FLOATS = {"<f4": "f", "<f8": "d"}


def read(path, name):
    """(shape, flat list of values) of one array of floats."""
    with zipfile.ZipFile(path) as archive:
        data = archive.read(name + ".npy")
    if data[:6] != b"\x93NUMPY":
        raise ValueError(f"{path}: {name} is no array in NumPy's format")
    width = 2 if data[6] == 1 else 4
    length = struct.unpack("<H" if width == 2 else "<I", data[8:8 + width])[0]
    header = ast.literal_eval(data[8 + width:8 + width + length].decode("latin1"))
    kind = FLOATS.get(header["descr"])
    if kind is None or header["fortran_order"]:
        raise ValueError(f"{path}: {name} is {header['descr']}; expected an array of floats, rows first")
    values = array.array(kind)
    values.frombytes(data[8 + width + length:])
    if sys.byteorder == "big":
        values.byteswap()
    return header["shape"], values.tolist()
