#!/usr/bin/env bash
# submit.sh JOB.json RUN [N]: prepares RUN, shares the rest of the job out to a Slurm array of N tasks (8 by default), and merges them into RUN.
# Each step waits for the one before. RUN and its neighbour RUN-shards must lie where all nodes see them. Prints the number of the merging job.
#
# DDM is how to call ddm on a node (ddm by default); SBATCH_… variables and --partition, --time, … in the .sbatch files say where it runs.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
export JOB=${1:?which job file} RUN=${2:?which run folder} DDM=${DDM:-ddm}
shards=${3:-8}

prepare=$(sbatch --parsable "$here/prepare.sbatch")
array=$(sbatch --parsable --dependency="afterok:$prepare" --array="1-$shards" "$here/shard.sbatch")
sbatch --parsable --dependency="afterok:$array" "$here/merge.sbatch"
