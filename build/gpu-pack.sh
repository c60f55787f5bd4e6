#!/usr/bin/env bash
# Makes .gpu/, which contains everything that a GPU machine without .NET and without a network needs for build/gpu-check.sh
# (docs/gpu.md): the programs with their runtime, PTX, a part of Fashion-MNIST, PyTorch's half of the comparison, and the check itself.
# About 40 MB; prints the size of each part. Needs the .NET SDK 10, clang 16 or newer with CMake, xz, python3, and Fashion-MNIST in IDX
# files: Debian's dataset-fashion-mnist, or
#
#   build/gpu-pack.sh [--data DIR]
#
# Exit status: 0 done; 1 if a part failed or the pack is larger than 45 MB; 2 for wrong usage; 3 if something is missing, which it names.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
most_bytes=45000000

images=/usr/share/datasets/fashion-mnist
if [[ ${1:-} == --data && $# -eq 2 ]]; then
    images=$2
elif [[ $# -gt 0 ]]; then
    sed -n '2,/^set /{ /^set /d; s/^# \{0,1\}//; p }' "$0" >&2
    exit 2
fi

have() { command -v "$1" > /dev/null; }
missing=()
if ! have dotnet || ! dotnet --list-sdks | grep -q '^10\.'; then missing+=("the .NET SDK 10 (https://dotnet.microsoft.com/download)"); fi
have xz || missing+=("xz (Debian: xz-utils)")
have python3 || missing+=("python3")
for name in {train,t10k}-{images-idx3,labels-idx1}-ubyte; do
    if [[ ! -f $images/$name.gz && ! -f $images/$name ]]; then
        missing+=("Fashion-MNIST in $images (Debian: dataset-fashion-mnist; else --data DIR)")
        break
    fi
done
status=0
kernels=$(build/kernels.sh 2>&1) || status=$?
if [[ $status -eq 3 ]]; then missing+=("$(tail -n 1 <<< "$kernels")"); fi
if [[ ${#missing[@]} -gt 0 ]]; then
    printf 'gpu-pack: missing: %s\n' "${missing[@]}" >&2
    exit 3
fi
if [[ $status -ne 0 ]]; then printf '%s\n' "$kernels" >&2; exit 1; fi

work=artifacts/gpu
# Earlier build outputs are kept, so that a second call is quick.
rm -rf "$work/app" "$work/ptx" .gpu
mkdir -p "$work/ptx" .gpu/pytorch

# One folder and one runtime for all three. Not trimmed: ddm uses reflection to read its command line and write its files. The path of
# the sources is mapped away and symbols are left out, so that the same commit builds the same programs anywhere.
for project in src/DdmNative.Cli tests/DdmNative.GpuCheck benchmarks/DdmNative.SideBySide; do
    if ! log=$(dotnet publish "$project" -c Release -r linux-x64 --self-contained -o "$work/app" --artifacts-path "$PWD/$work/build" \
        -p:DebugType=none -p:ContinuousIntegrationBuild=true --nologo -v quiet 2>&1); then
        printf '%s\n' "$log" >&2
        if grep -qE 'NU110[0-9]|NU1301' <<< "$log"; then
            echo "gpu-pack: missing: the package Microsoft.NETCore.App.Runtime.linux-x64, which holds the runtime, is not available" >&2
            exit 3
        fi
        exit 1
    fi
done
# Files that only debuggers, tracing and test hosts use.
(
    cd "$work/app"
    rm -f -- *.xml *.pdb createdump libclrgc*.so libmscordbi.so libmscordaccore.so libcoreclrtraceptprovider.so \
        xunit.runner.visualstudio* Microsoft.VisualStudio.TestPlatform* Microsoft.TestPlatform* testhost* Microsoft.VisualBasic*
)
# The kernels as PTX, for ptxas: one folder per target, or one file per target.
for target in artifacts/ptx/sm_*/ artifacts/ptx/*_sm_*.ptx; do
    if [[ -e $target ]]; then cp -r "$target" "$work/ptx/"; fi
done
# The archive contains only names and contents: no dates, no owners, sorted by name.
tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w \
    -cf - app ptx | xz -6 -T1 > .gpu/app.tar.xz
python3 build/gpu/pack_images.py "$images" .gpu/fashion-mnist
cp benchmarks/pytorch/*.py .gpu/pytorch/
cp -r build/gpu-check.sh build/gpu .gpu/
rm -rf .gpu/gpu/__pycache__

du -b --max-depth=1 -a .gpu | sort -n | awk '{ printf "%8.2f MB  %s\n", $1 / 1e6, $2 }'
bytes=$(du -sb .gpu | cut -f1)
if [[ $bytes -gt $most_bytes ]]; then
    echo "gpu-pack: .gpu is larger than $((most_bytes / 1000000)) MB" >&2
    exit 1
fi
