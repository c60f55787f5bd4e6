#!/usr/bin/env bash
# kill -9 at random moments of a job with every kind of stage, of an experiment, and of an attribution of samples. Prints a line for each
# kill with the message of the next start; fails if a resumed run gives other bits than an undisturbed one (docs/survival.md).
#
#   build/kill-test.sh [COUNT] [SEED]        50 kills from seed 1
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

export DDMTEST_KILLS=${1:-50} DDMTEST_KILL_SEED=${2:-1}
exec build/survival.sh KillTests DdmNative.Cli.Tests
