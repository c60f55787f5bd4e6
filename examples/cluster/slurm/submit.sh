#!/usr/bin/env bash
# submit.sh JOB.json RUN [N]: prepares RUN, divides the rest of the job among a Slurm array of N tasks (8 by default), and merges them
# into RUN. Each step waits for the previous one. All nodes must see RUN and the folder RUN-shards beside it. Prints the number of the
# merging job.
#
# DDM is the command that runs ddm on a node (ddm by default); SBATCH_… variables and --partition, --time, … in the .sbatch files
# select where it runs.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
export JOB=${1:?which job file} RUN=${2:?which run folder} DDM=${DDM:-ddm}
shards=${3:-8}

prepare=$(sbatch --parsable "$here/prepare.sbatch")
array=$(sbatch --parsable --dependency="afterok:$prepare" --array="1-$shards" "$here/shard.sbatch")
sbatch --parsable --dependency="afterok:$array" "$here/merge.sbatch"
