#!/usr/bin/env bash
# parallel.sh JOB.json RUN [N]: prepares RUN, shares the rest of the job out to N processes (8 by default) by GNU parallel, and merges them into RUN.
# Options for parallel come in PARALLEL: PARALLEL='--jobs 2' two at a time, '--sshlogin host1,host2' on other machines that see the same folders. DDM is how to call ddm.
set -euo pipefail
job=${1:?which job file} run=${2:?which run folder} shards=${3:-8}
DDM=${DDM:-ddm}

$DDM run "$job" --run "$run" --upto attribute --threads 1
# The command again, should the machine go down: shards that are done say so in the log and are passed over, the others go on.
parallel --joblog "$run-shards.log" --resume-failed $DDM run "$job" --run "$run-shards/{}" --from "$run" --shard "{}/$shards" --threads 1 --quiet ::: $(seq "$shards")
$DDM merge --run "$run" "$run"-shards/*
