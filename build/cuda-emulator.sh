#!/usr/bin/env bash
# Builds the CUDA emulator, a drop-in libcuda.so.1 that runs PTX on the CPU, into artifacts/cuda-emulator, and prints that folder: the only
# line on the standard output.
#   LD_LIBRARY_PATH=$(build/cuda-emulator.sh) some-cuda-program
#   DDM_CUDA_DRIVER=$(build/cuda-emulator.sh) build/ddm devices
# Nothing is built when no source has changed since. Needs the .NET SDK 10, and clang or gcc with a linker.
# Status 2: this machine has no linker, or the compiler for native code is not available; the standard error says so.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

project=src/DdmNative.CudaEmulator
out=artifacts/cuda-emulator
library=$out/libcuda.so.1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

case $(uname -sm) in
    "Linux x86_64") rid=linux-x64 ;;
    "Linux aarch64") rid=linux-arm64 ;;
    *) echo "The CUDA emulator is a library for Linux on x86-64 or arm64; this is $(uname -sm)." >&2; exit 2 ;;
esac

# The sources' content, not their dates: a fresh checkout with a kept artifacts folder is not built again.
sources=$(find "$project" Directory.Build.props Directory.Packages.props build/cuda-emulator.sh -type f \
    \( -name '*.cs' -o -name '*.c' -o -name '*.map' -o -name '*.csproj' -o -name '*.props' -o -name '*.sh' \) \
    -not -path '*/obj/*' -not -path '*/bin/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [[ -f $library && -f $out/sources && $(cat "$out/sources") == "$sources" ]]; then
    echo "$PWD/$out"
    exit 0
fi

linker=
for candidate in clang clang-{22,21,20,19,18,17,16} gcc; do
    if command -v "$candidate" > /dev/null; then linker=$candidate; break; fi
done
if [[ -z $linker ]]; then
    echo "The CUDA emulator cannot be built: native AOT links with clang or gcc, and neither is installed." >&2
    exit 2
fi

# Apart from the managed build's obj and bin, so that the two do not disturb each other.
work=artifacts/cuda-emulator-build
mkdir -p "$out" "$work"
if ! dotnet publish "$project" -c Release -r "$rid" --nologo -v quiet \
    -p:PublishAot=true -p:CppCompilerAndLinker="$linker" -p:LinkerFlavor= \
    --artifacts-path "$PWD/$work" -o "$work/published" > "$work/log" 2>&1; then
    cat "$work/log" >&2
    if grep -qE 'NU110[0-9]|NU1301' "$work/log"; then
        echo "The CUDA emulator cannot be built: the package of the compiler for native code" \
            "(runtime.$rid.Microsoft.DotNet.ILCompiler 9) is not available." >&2
        exit 2
    fi
    exit 1
fi
cp "$work/published/DdmNative.CudaEmulator.so" "$library.tmp"
mv "$library.tmp" "$library"
ln -sf libcuda.so.1 "$out/libcuda.so"
echo "$sources" > "$out/sources"
echo "$PWD/$out"
