#!/usr/bin/env bash
# Tests disk faults and damaged files (docs/survival.md). Each line says what was done and the result; a failing test prints the seed or
# the place.
#
#   build/fault-test.sh write [COUNT]       COUNT failing writes, flushes, renames, … during a job (60), read-only and full disks,
#                                           full and closed streams
#   build/fault-test.sh read [COUNT]        COUNT mutations of a file for every reader (10000)
#   build/fault-test.sh commands [COUNT] [SEED]    COUNT random command lines, starting at SEED (1000, 1)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

case ${1:-} in
    write)
        export DDMTEST_DISK_FAULTS=${2:-60}
        exec build/survival.sh DiskFaultTests DdmNative.Cli.Tests
        ;;
    read)
        export DDMTEST_MUTATIONS=${2:-10000}
        exec build/survival.sh Mutated DdmNative.Attribution.Tests DdmNative.Runs.Tests DdmNative.Compute.Cuda.Tests
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
