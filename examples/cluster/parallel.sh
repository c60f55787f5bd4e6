#!/usr/bin/env bash
# parallel.sh JOB.json RUN [N]: prepares RUN, divides the rest of the job among N processes (8 by default) with GNU parallel, and merges
# them into RUN. Options for parallel go into PARALLEL: PARALLEL='--jobs 2' runs two at a time, '--sshlogin host1,host2' uses other
# machines that see the same folders. DDM is the command that runs ddm.
set -euo pipefail
job=${1:?which job file} run=${2:?which run folder} shards=${3:-8}
DDM=${DDM:-ddm}

$DDM run "$job" --run "$run" --upto attribute --threads 1
# Run the command again if the machine goes down: finished shards are skipped, as the log says, and the others resume.
parallel --joblog "$run-shards.log" --resume-failed \
    $DDM run "$job" --run "$run-shards/{}" --from "$run" --shard "{}/$shards" --threads 1 --quiet ::: $(seq "$shards")
$DDM merge --run "$run" "$run"-shards/*
