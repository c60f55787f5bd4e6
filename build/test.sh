#!/usr/bin/env bash
# All set-up and all tests: restores, builds (a warning is an error), runs every test project in Release.
# The last line is "N passed, N failed, N skipped", summed over the projects; the exit status is not zero on any failure.
#
#   build/test.sh [--full] [OPTIONS of dotnet test]     e.g. --filter "FullyQualifiedName~Formats"
#
# Sweeps over many random cases run a seeded tenth of them, and all with --full (docs/testing.md).
# GpuPackages=true build/test.sh builds and tests the opt-in parts too (docs/gpu-packages.md); without it they are not seen.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# One of so many shapes, where the conformance suite runs once more: on another path of the same kernels or through ILGPU, and in TF32.
shapes=10 tf32_shapes=4
if [[ ${1:-} == --full ]]; then
    shift
    export DDMTEST_FULL=1
    shapes=1 tf32_shapes=1
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# The tests start hundreds of short processes, which spend a sixth of their time on profiles that they do not live to use.
export DOTNET_TieredPGO=0
if ! command -v dotnet > /dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download" >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

# The CUDA kernels want clang and CMake; the build tells where they are missing.
if ! bash build/kernels.sh > /dev/null 2>&1 &&
    { ! command -v clang++-{22,21,20,19,18,17,16} nvcc > /dev/null || ! command -v cmake > /dev/null; }; then
    build/install.sh cmake ninja-build && build/install.sh --newest '^clang-(1[6-9]|2[0-9])$' ||
        echo "clang could not be installed." >&2
fi

# The report's tests want Chromium, and are skipped with the reason where it is missing.
if ! command -v chromium chromium-browser google-chrome > /dev/null; then
    build/install.sh chromium || echo "Chromium could not be installed." >&2
fi

# Likewise the cluster examples a scheduler.
if ! command -v slurmctld /usr/sbin/slurmctld > /dev/null || ! command -v munged /usr/sbin/munged > /dev/null ||
    ! command -v parallel > /dev/null; then
    build/install.sh slurm-wlm munge parallel || echo "Slurm and GNU parallel could not be installed." >&2
fi

if ! dotnet build DdmNative.sln -c Release --nologo -v quiet -clp:NoSummary; then
    echo "The build failed." >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
# fail NAME MESSAGE: records a failed test, in the format of the test projects' results.
fail() {
    printf '<UnitTestResult testName="%s" outcome="Failed" />\n<Message>%s</Message>\n' "$1" "$2" > "$results/$1.trx"
    echo '<Counters total="1" executed="1" passed="0" failed="1" />' >> "$results/$1.trx"
    touch "$results/failed"
}
# A fault of style is one; the tests run all the same.
bash build/style.sh || fail style "build/style.sh found faults"

# run PROJECT [NAME] [OPTIONS of dotnet test]: NAME for a second run of the same project.
run() {
    local project=tests/DdmNative.$1/DdmNative.$1.csproj name=DdmNative.$1${2:+, $2}
    shift $(($# > 1 ? 2 : 1))
    echo "== $name"
    local begin=$SECONDS
    dotnet test "$project" -c Release --no-build --nologo --logger "trx;LogFileName=$name.trx" --results-directory "$results" "$@" ||
        touch "$results/failed"
    echo "== $name: $((SECONDS - begin)) s"
    # A project whose tests could not be run at all leaves no results: that is a failure, never a quiet zero.
    if [[ ! -f $results/$name.trx ]]; then
        fail "$name" "it left no results"
    fi
}

# The Python package's tests; they skip what needs PyTorch or Fashion-MNIST where these are missing.
run_python() {
    local begin=$SECONDS
    echo "== python"
    if ! /usr/bin/python3 -c 'import numpy' 2> /dev/null; then
        echo "Skipped: /usr/bin/python3 with numpy is not installed (Debian: python3-numpy)."
        echo '<Counters total="1" executed="0" passed="0" failed="0" />' > "$results/python.trx"
    else
        DDM=$PWD/src/DdmNative.Cli/bin/Release/net10.0/ddm.dll /usr/bin/python3 python/tests --trx "$results/python.trx" ||
            touch "$results/failed"
        [[ -f $results/python.trx ]] || fail python "it left no results"
    fi
    echo "== python: $((SECONDS - begin)) s"
}

# The emulator's driver is tested as the library that programs load; without it those tests are skipped and say so.
emulate() {
    local emulator
    if emulator=$(bash build/cuda-emulator.sh); then
        export DDM_CUDA_EMULATOR=$emulator DDM_CUDA_EMULATOR_DEVICES=${DDM_CUDA_EMULATOR_DEVICES:-2}
        # The CUDA backend's tests run on it, unless another driver is named: DDM_CUDA_DRIVER=libcuda.so.1 takes the machine's own.
        export DDM_CUDA_DRIVER=${DDM_CUDA_DRIVER:-$emulator}
    else
        echo "The CUDA emulator could not be built: the tests of its library are skipped." >&2
    fi
}

# Those of the solution, and of the opt-in tests those that the build above has built.
projects=()
for file in tests/*/*.Tests.csproj; do
    if grep -qF "${file//\//\\}" DdmNative.sln || { [[ -n ${GpuPackages:-} ]] && [[ -d ${file%/*}/bin/Release ]]; }; then
        project=$(basename "$file" .csproj)
        projects+=("${project#DdmNative.}")
    fi
done

# start ARGUMENTS of run: runs in the background beside the others, one more than there are cores, because hardly any project keeps all
# cores busy. What it prints comes when it has ended. `in_background` does the same with any command.
most_at_once=$(($(nproc) + 1)) running=0 started=0
declare -A begun=()
start() { in_background run "$@"; }
in_background() {
    if [[ $running -ge $most_at_once ]]; then finish_one; fi
    started=$((started + 1)) running=$((running + 1))
    local log=$results/$started.log
    { "$@" > "$log" 2>&1; cat "$log"; } &
}
finish_one() {
    wait -n || touch "$results/failed"
    running=$((running - 1))
}

if [[ $# -gt 0 ]]; then
    emulate
    for project in "${projects[@]}"; do run "$project" "" "$@"; done
else
    # A test of what a browser paints in how much time waits for the end, when this machine has nothing else to do.
    quiet="Machine=quiet" any="Machine!=quiet"
    # These need no emulator and begin while it is built; they leave room for the longest, which begins when the emulator is there. The
    # kernels run once more on each of the paths that this machine would not choose.
    DDMTEST_SHAPES=$shapes DOTNET_EnableHWIntrinsic=0 start Compute.Tests "portable vectors" --filter "FullyQualifiedName~.CpuConformance"
    start Compute.Tests "" --filter "$any"
    begun[Compute.Tests]=1
    emulate
    # It starts ddm again and again, and so takes long beside the others.
    in_background run_python
    # The longest first, so that none is left to run alone at the end; projects that are not named here come last.
    for project in Cli.Tests Compute.Cuda.Tests Runs.Tests Attribution.Tests Compute.Ilgpu.Tests "${projects[@]}"; do
        if [[ " ${projects[*]} " != *" $project "* || -n ${begun[$project]:-} ]]; then continue; fi
        begun[$project]=1
        case $project in
            Cli.Tests)
                # Jobs on the emulator, and a cluster that mostly waits, beside everything else that runs ddm.
                start "$project" "on devices" --filter \
                    "$any&(FullyQualifiedName~Cuda|FullyQualifiedName~GpuCheck|FullyQualifiedName~Cluster)"
                start "$project" "" --filter \
                    "$any&FullyQualifiedName!~Cuda&FullyQualifiedName!~GpuCheck&FullyQualifiedName!~Cluster"
                ;;
            Compute.Cuda.Tests)
                start "$project" "" --filter "$any&FullyQualifiedName!~.Tf32"
                DDMTEST_SHAPES=$tf32_shapes start "$project" "TF32" --filter "$any&FullyQualifiedName~.Tf32"
                ;;
            Compute.Ilgpu.Tests) DDMTEST_SHAPES=$shapes start "$project" "" --filter "$any" ;;
            *) start "$project" "" --filter "$any" ;;
        esac
    done
    if grep -qs avx512f /proc/cpuinfo; then
        DDMTEST_SHAPES=$shapes DOTNET_EnableAVX512=0 start Compute.Tests "256-bit vectors" --filter "FullyQualifiedName~.CpuConformance"
    fi
    while [[ $running -gt 0 ]]; do finish_one; done
    for project in "${projects[@]}"; do
        if grep -rqF 'Trait("Machine", "quiet")' --include='*.cs' "tests/DdmNative.$project"; then
            run "$project" "on a quiet machine" --filter "$quiet"
        fi
    done
fi

sweeps="a seeded tenth of their cases; build/test.sh --full runs all"
if [[ -n ${DDMTEST_FULL:-} ]]; then sweeps="all cases"; fi
echo "Sweeps ran $sweeps."
# Lists the failed tests again at the end: each test's name and the first line of its message.
awk '
    function text_of(line, before, after) { sub(".*" before, "", line); sub(after ".*", "", line); return line }
    /<UnitTestResult / { name = /outcome="Failed"/ ? text_of($0, " testName=\"", "\"") : "" }
    /<Message>/ && name != "" { print "Failed: " name ": " text_of($0, "<Message>", "</Message>"); name = "" }
' "$results"/*.trx
# <Counters total= executed= passed= failed= …>: what was not executed was skipped.
read -r passed failed skipped < <(
    sed -nE 's/.*<Counters total="([0-9]*)" executed="([0-9]*)" passed="([0-9]*)" failed="([0-9]*)".*/\1 \2 \3 \4/p' "$results"/*.trx |
        awk '{ total += $1; executed += $2; passed += $3 } END { print passed + 0, executed - passed, total - executed }'
)
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 && $passed -gt 0 && ! -e $results/failed ]]
