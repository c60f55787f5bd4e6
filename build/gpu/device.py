"""Prints what `ddm devices --json` reports for cuda:0, as description|capability|emulator|reason: device.py FILE REASON."""
import json
import sys


def main(path, reason):
    try:
        with open(path) as file:
            devices = json.load(file)
    except (OSError, ValueError):
        print(f"|||{reason}")
        return
    for one in devices["devices"]:
        if one["name"] == "cuda:0":
            print(f"{one['description']}|{round(10 * one['compute_capability'])}|{1 if one['emulator'] else ''}|")
            return
    print(f"|||{' '.join((devices.get('no_cuda_because') or reason).split())}")


main(*sys.argv[1:])
