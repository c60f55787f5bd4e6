"""Prints the verdict on gpu-check's results: conformance.py FILE SAMPLE REASON; REASON is why there are no results, if so."""
import json
import sys


def verdict(results, sample):
    counts = f"{results['passed']} passed, {results['failed']} failed, {results['skipped']} skipped in {results['seconds']:.0f} s"
    if sample != "1":
        counts += f", every {sample}th case"
    if results["failed"]:
        first = results["failures"][0]
        text = " ".join(first["message"].split())
        return f"FAILED: {counts}; first {first['name'].rsplit('.', 1)[-1][:160]}: {text[:200]}"
    if not results["ended"]:
        return f"FAILED: no end within its time: {counts}"
    if not results["passed"]:
        reason = next(iter(results["skipped_because"]), "there are no tests")
        return f"FAILED: {counts}; {reason}"
    return f"OK: {counts}"


def main(path, sample, reason):
    try:
        with open(path) as file:
            results = json.load(file)
    except (OSError, ValueError):
        print(f"FAILED: the tests left no results: {reason}")
        return
    print(verdict(results, sample))


main(*sys.argv[1:])
