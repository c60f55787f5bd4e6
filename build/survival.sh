#!/usr/bin/env bash
# Builds test projects, runs those of their tests whose names contain a word, and prints their log as they run: the common part of
# build/kill-test.sh and build/fault-test.sh.
#
#   build/survival.sh WORD PROJECT…
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

word=${1:?which tests}
shift
log=$(mktemp)
export DDMTEST_LOG=$log
for project in "$@"; do
    dotnet build "tests/$project" -c Release --nologo -v quiet -clp:NoSummary
done
tail -n +1 -f "$log" &
tail=$!
trap 'sleep 1; kill "$tail" 2> /dev/null; rm -f "$log"' EXIT
for project in "$@"; do
    dotnet test "tests/$project" -c Release --no-build --nologo --filter "FullyQualifiedName~$word"
done
