#!/usr/bin/env python3
"""Makes native libraries load on a system whose libstdc++ is older than the one they were linked with.

  build/torchsharp-libstdcxx.py FOLDER        the folder of the worker's native libraries (a copy: the files are replaced)

TorchSharp's libLibTorchSharp.so was compiled by GCC 13. GCC 13's <iostream> makes every object refer to the symbol
std::ios_base_library_init, version GLIBCXX_3.4.32, so that the program does not start with an older libstdc++, in which nothing would
initialise std::cout. The symbol is never called and has no relocation. Here libtorch_cpu.so, compiled by an older GCC, initialises
std::cout, and it is loaded first. So the version is the only obstacle: this script marks such a requirement as weak (VER_FLG_WEAK), which
tells the dynamic loader to accept a library that lacks the version.

A requirement is marked only if the system's libstdc++ lacks the version and no symbol of that version has a relocation. If one has, the
library does need the newer libstdc++: the script says so and ends with exit status 1.
"""
import ctypes
import mmap
import os
import struct
import sys

RUNTIME = "libstdc++.so.6"
RELA, VERDEF, VERNEED, VERSYM = 4, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF  # section types of <elf.h>
VER_FLG_WEAK = 2


class Elf:
    """The parts of a 64-bit little-endian ELF file that say which versions of symbols it defines and requires."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # what is written to it stays in memory
        start, = struct.unpack_from("<Q", self.data, 40)
        size, count = struct.unpack_from("<HH", self.data, 58)
        # type, offset, size, link: the index of the section that this one refers to
        self.sections = [tuple(struct.unpack_from("<4xI16xQQI", self.data, start + i * size)) for i in range(count)]

    def of_type(self, kind):
        return [section for section in self.sections if section[0] == kind]

    def text(self, section, offset):
        begin = self.sections[section[3]][1] + offset
        return self.data[begin:self.data.find(b"\0", begin)].decode()

    def defined_versions(self):
        versions = set()
        for section in self.of_type(VERDEF):
            at = section[1]
            while True:
                auxiliary, following = struct.unpack_from("<II", self.data, at + 12)
                versions.add(self.text(section, struct.unpack_from("<I", self.data, at + auxiliary)[0]))
                if following == 0:
                    break
                at += following
        return versions

    def required_versions(self, library):
        """(position of the flags, number of the version, its name) of every version that the library must have."""
        for section in self.of_type(VERNEED):
            at = section[1]
            while True:
                count, file, auxiliary, following = struct.unpack_from("<HIII", self.data, at + 2)
                entry = at + auxiliary
                for _ in range(count if self.text(section, file) == library else 0):
                    number, name, step = struct.unpack_from("<HII", self.data, entry + 6)
                    if not self.flags(entry + 4) & VER_FLG_WEAK:
                        yield entry + 4, number, self.text(section, name)
                    entry += step
                if following == 0:
                    break
                at += following

    def flags(self, position):
        return struct.unpack_from("<H", self.data, position)[0]

    def relocated_symbols(self):
        """The numbers of the dynamic symbols whose addresses the loader has to fill in."""
        for _, offset, size, _ in self.of_type(RELA):
            for at in range(offset, offset + size, 24):
                yield struct.unpack_from("<I", self.data, at + 12)[0]

    def version_of(self, symbol):
        return struct.unpack_from("<H", self.data, self.of_type(VERSYM)[0][1] + 2 * symbol)[0] & 0x7FFF


def system_versions():
    """The versions that the system's libstdc++ defines, the one that the dynamic loader finds."""
    ctypes.CDLL(RUNTIME)
    with open("/proc/self/maps") as maps:
        path = next(line.split(maxsplit=5)[5].strip() for line in maps if RUNTIME in line)
    return Elf(path).defined_versions()


def relax(path, available):
    """Marks the missing versions as weak; returns their names."""
    elf = Elf(path)
    missing = [entry for entry in elf.required_versions(RUNTIME) if entry[2] not in available]
    if not missing:
        return []
    used = {elf.version_of(symbol) for symbol in elf.relocated_symbols()}
    for flags, number, name in missing:
        if number in used:
            sys.exit(f"{os.path.basename(path)} needs {name}, which this system's libstdc++ lacks")
        struct.pack_into("<H", elf.data, flags, elf.flags(flags) | VER_FLG_WEAK)
    # A new file under the old name: the old one may be a link to the package's file.
    with open(path + ".tmp", "wb") as file:
        file.write(elf.data)
    os.chmod(path + ".tmp", os.stat(path).st_mode)
    os.replace(path + ".tmp", path)
    return [name for _, _, name in missing]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: torchsharp-libstdcxx.py FOLDER")
    available = system_versions()
    for name in sorted(os.listdir(sys.argv[1])):
        if ".so" in name:
            for version in relax(os.path.join(sys.argv[1], name), available):
                print(f"{name}: marked the requirement of {version} as weak")


if __name__ == "__main__":
    main()
