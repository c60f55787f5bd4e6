#!/usr/bin/env bash
# Runs the examples of examples/cluster here: a job in one process, and the same job in shards with a scheduler; then compares the two
# runs, file by file. With Slurm, one of the shards is asked to stop while it runs, and is queued again. The last line is the verdict; the
# exit status is 0 if every file that contains no times is identical, byte for byte.
#
#   build/cluster-test.sh slurm    [JOB.json [N]]     starts its own Slurm on this machine (Debian's slurm-wlm and munge, as root):
#                                                     two CPUs, tasks queue
#   build/cluster-test.sh parallel [JOB.json [N]]     GNU parallel, two at a time
#
# JOB is examples/cluster/job.json (seconds), N is 8. DDM is the command that runs ddm: build/ddm. Exit status 77 if the scheduler is not
# available.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
how=${1:?slurm or parallel} job=$(realpath -- "${2:-$root/examples/cluster/job.json}") shards=${3:-8}
export DDM=${DDM:-$root/build/ddm}
work=$(mktemp -d)
daemons=() requeued=

tear_down() {
    local status=$?
    for pid in "${daemons[@]}"; do kill "$pid" 2> /dev/null || true; done
    for pid in "${daemons[@]}"; do wait "$pid" 2> /dev/null || true; done
    rm -rf -- "$work"
    exit $status
}
trap tear_down EXIT

cannot() {
    echo "cluster-test: $1" >&2
    exit 77
}

# Waits until a command succeeds; gives up after half a minute.
await() {
    for _ in $(seq 150); do
        if "$@" > /dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    echo "cluster-test: '$*' has not come to pass" >&2
    tail -n 20 "$work"/*.log >&2
    return 1
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_slurm() {
    export PATH=$PATH:/usr/sbin
    [[ $EUID -eq 0 ]] || cannot "Slurm's daemons want to be root here"
    command -v slurmctld slurmd munged python3 > /dev/null || cannot "install slurm-wlm and munge (build/install.sh slurm-wlm munge)"
    chmod 755 "$work"
    mkdir "$work/state" "$work/spool"
    (umask 077 && head -c 1024 /dev/urandom > "$work/munge.key")
    munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munge.pid" --log-file="$work/munge.log" --seed-file="$work/munge.seed" > "$work/munged.log" 2>&1 &
    daemons+=($!)
    await munge --socket="$work/munge.socket" --no-input
    host=$(hostname -s)
    cat > "$work/slurm.conf" <<CONF
ClusterName=ddm
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,defer
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=ddm Nodes=ALL Default=YES State=UP
CONF
    export SLURM_CONF=$work/slurm.conf
    slurmctld -D -i > "$work/slurmctld.log" 2>&1 &
    daemons+=($!)
    slurmd -D > "$work/slurmd.log" 2>&1 &
    daemons+=($!)
    await sh -c 'sinfo --noheader --format=%T | grep -qx idle'
}

# Asks running shards to stop, as at the end of their time limit, until one has been queued again. (A shard may finish before it reacts.)
requeue_one() {
    local array shard
    await sh -c 'squeue --noheader --name=ddm-shard --states=RUNNING | grep -q .'
    array=$(squeue --noheader --name=ddm-shard --format=%F | head -n 1)
    for shard in $(seq "$shards"); do
        await test -e "run-shards/$shard/run.json"
        scancel --signal=TERM "${array}_$shard" || true
        await sh -c "scontrol show job ${array}_$shard --oneliner | grep -qE ' Restarts=1 | JobState=COMPLETED '"
        if scontrol show job "${array}_$shard" --oneliner | grep -q ' Restarts=1 '; then requeued=$shard; return; fi
    done
    echo "cluster-test: every shard was done before it could be asked to stop" >&2
    return 1
}

# Waits until the merging job is over; the result is the state that Slurm reports.
await_slurm() {
    local state
    while true; do
        state=$(scontrol show job "$1" --oneliner | sed -n 's/.* JobState=\([A-Z_]*\).*/\1/p')
        case $state in
            COMPLETED) return 0 ;;
            PENDING | RUNNING | COMPLETING | CONFIGURING | REQUEUED)
                # If an earlier step has failed, the merge waits forever.
                if ! squeue --noheader --job "$1" --format=%r | grep -q DependencyNeverSatisfied; then
                    sleep 0.3
                    continue
                fi ;;
        esac
        echo "cluster-test: the merging job is $state" >&2
        tail -n 20 "$work"/slurm-*.out >&2
        return 1
    done
}

cd "$work"
case $how in
    slurm)
        start_slurm
        $DDM run "$job" --run whole --quiet --threads 2 > /dev/null
        merge=$("$root/examples/cluster/slurm/submit.sh" "$job" "$work/run" "$shards")
        requeue_one
        await_slurm "$merge"
        ;;
    parallel)
        command -v parallel > /dev/null || cannot "install GNU parallel (build/install.sh parallel)"
        $DDM run "$job" --run whole --quiet --threads 2 > /dev/null
        PARALLEL='--jobs 2 --will-cite' "$root/examples/cluster/parallel.sh" "$job" run "$shards" > parallel.out 2> parallel.err || { cat parallel.err >&2; exit 1; }
        ;;
    *) echo "cluster-test: no scheduler '$how': slurm or parallel" >&2; exit 2 ;;
esac

files() { (cd "$1" && find . -type f ! -name run.json ! -name report.html ! -name evaluation.md ! -name run.lock -print0 | sort -z | xargs -0 sha256sum); }
files whole > whole.sums
files run > run.sums
made=$(ls -d run-shards/*/ | wc -l)
if ! diff whole.sums run.sums > different; then
    cat different >&2
    echo "cluster-test: $how, $made shards: the merged run is NOT the unsharded one"
    exit 1
fi
echo "cluster-test: $how, $made shards${requeued:+ (one stopped and queued again)}: $(wc -l < run.sums) files, all as in the unsharded run, to the byte"
