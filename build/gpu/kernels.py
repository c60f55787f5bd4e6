"""Prints the kernels to count, as NAME:PRECISION: the four with most time in a profile, and the first on tensor cores."""
import json
import sys


def main(path):
    with open(path) as file:
        profile = json.load(file)
    seconds = {}
    for loop in profile["loops"]:
        for kernel in loop["kernels"]:
            seconds[kernel["kernel"]] = seconds.get(kernel["kernel"], 0) + kernel["seconds"]
    order = sorted(seconds, key=lambda name: -seconds[name])
    for name in order[:4]:
        print(f"{name}:fp32")
    for name in order:
        if "_fp32_" in name:
            print(f"{name.replace('_fp32_', '_tf32x3_')}:tf32x3")
            break


main(*sys.argv[1:])
