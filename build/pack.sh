#!/usr/bin/env bash
# Packs ddm as a dotnet tool into artifacts/packages, or into the given folder, and prints the package's path:
#
#   package=$(build/pack.sh) && dotnet tool install --global --add-source "$(dirname "$package")" DdmNative
#
#   build/pack.sh [FOLDER [options of `dotnet pack`]]      --no-build uses the output of `dotnet build -c Release`
#
# The same commit gives the same assemblies on any machine; their symbols are included.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

folder=${1:-artifacts/packages}
[[ $# -eq 0 ]] || shift
started=$(mktemp)
trap 'rm -f "$started"' EXIT
if ! log=$(dotnet pack src/DdmNative.Cli -c Release --nologo -v quiet -o "$folder" -p:ContinuousIntegrationBuild=true "$@" 2>&1); then
    printf '%s\n' "$log" >&2
    exit 1
fi
find "$(cd -- "$folder" && pwd)" -name 'DdmNative.*.nupkg' -newer "$started" -print
