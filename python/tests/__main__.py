"""Runs all tests: python3 python/tests [--trx FILE]. FILE gets the counts and failures in the form that build/test.sh adds up."""

import os
import sys
import unittest
from xml.sax.saxutils import escape, quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))


def main(arguments):
    sys.path[:0] = [os.path.dirname(HERE), HERE]
    tests = unittest.defaultTestLoader.discover(HERE, top_level_dir=HERE)
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    if arguments[:1] == ["--trx"]:
        write(arguments[1], result)
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


def write(path, result):
    # A test whose parts fail one by one is one failed test; the setting up of a class that fails is one, too.
    failed = {str(test): trace for test, trace in [*result.failures, *result.errors]}
    failed.update((str(test), "it passed, and is marked as one that fails") for test in result.unexpectedSuccesses)
    skipped = len(result.skipped)
    total = max(result.testsRun, len(failed) + skipped)
    with open(path, "w", encoding="utf-8") as file:
        for name, trace in failed.items():
            message = escape(trace.strip().splitlines()[-1])
            file.write(f'<UnitTestResult testName={quoteattr("python: " + name)} outcome="Failed" />\n<Message>{message}</Message>\n')
        passed, executed = total - skipped - len(failed), total - skipped
        file.write(f'<Counters total="{total}" executed="{executed}" passed="{passed}" failed="{len(failed)}" />\n')


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
