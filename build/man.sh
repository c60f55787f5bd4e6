#!/usr/bin/env bash
# Writes the manual pages to artifacts/man/man1, or to the given folder, and prints their paths: man -M artifacts/man ddm-train
set -euo pipefail
folder=${1:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/artifacts/man}
exec "$(dirname -- "${BASH_SOURCE[0]}")/ddm" help --man "$folder"
