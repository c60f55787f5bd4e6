#!/usr/bin/env bash
# Writes the register tiles of the CPU's products from their generator, tools/DdmNative.MicroKernels (docs/kernels.md).
# A test compares the files with what the generator writes.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
exec dotnet run --project tools/DdmNative.MicroKernels -c Release -- src/DdmNative.Compute/Cpu/Products/Generated
