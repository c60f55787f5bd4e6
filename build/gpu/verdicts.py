"""Prints the verdicts, one per line of standard input, writes them as JSON, and exits with 1 if one FAILED: verdicts.py FILE DEVICE."""
import json
import sys


def main(path, device):
    lines = [line.rstrip("\n") for line in sys.stdin]
    rows = []
    for line in lines:
        phase, rest = line.split(" ", 1)
        word, text = rest.split(": ", 1)
        rows.append({"phase": phase, "verdict": word, "because": text})
        print(f"VERDICT {phase} {rest}")
    with open(path, "w") as file:
        json.dump({"device": device or None, "verdicts": rows}, file, indent=1)
        file.write("\n")
    sys.exit(1 if any(row["verdict"] == "FAILED" for row in rows) else 0)


main(*sys.argv[1:])
