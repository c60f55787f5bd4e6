#!/usr/bin/env bash
# Runs the tests whose names hold a word and prints their log as it grows: what build/kill-test.sh and build/fault-test.sh have in common.
#
#   build/survival.sh WORD
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

word=${1:?which tests}
project=tests/DdmNative.Cli.Tests
if [[ $word == Mutat ]]; then project=tests/DdmNative.Attribution.Tests; fi
log=$(mktemp)
export DDM_SURVIVAL_LOG=$log
dotnet build "$project" -c Release --nologo -v quiet -clp:NoSummary
tail -n +1 -f "$log" &
tail=$!
trap 'sleep 0.2; kill "$tail" 2> /dev/null; rm -f "$log"' EXIT
dotnet test "$project" -c Release --no-build --nologo --filter "FullyQualifiedName~$word"
