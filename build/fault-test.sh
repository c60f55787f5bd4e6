#!/usr/bin/env bash
# Faults of the disk and damaged files (docs/survival.md); each line says what was done and what came of it, and a test that fails prints the seed or the place.
#
#   build/fault-test.sh write [COUNT]       COUNT writes, flushes, renames, … that fail in the course of a job (60), read-only and full disks, full and closed streams
#   build/fault-test.sh read [COUNT]        COUNT mutations of a file for every reader (10000)
#   build/fault-test.sh commands [COUNT] [SEED]    COUNT command lines at random, from SEED on (1000, 1)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

case ${1:-} in
    write)
        export DDMTEST_DISK_FAULTS=${2:-60}
        exec build/survival.sh DiskFaultTests DdmNative.Cli.Tests
        ;;
    read)
        export DDMTEST_MUTATIONS=${2:-10000}
        exec build/survival.sh Mutated DdmNative.Attribution.Tests DdmNative.Compute.Cuda.Tests
        ;;
    commands)
        export DDMTEST_COMMANDS=${2:-1000} DDMTEST_COMMAND_SEED=${3:-1}
        exec build/survival.sh RandomCommandTests DdmNative.Cli.Tests
        ;;
    *)
        echo "fault-test: write, read or commands" >&2
        exit 2
        ;;
esac
