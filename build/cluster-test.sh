#!/usr/bin/env bash
# Runs the examples of examples/cluster here: a job in one process, and the same job in shards with a scheduler; then compares the two
# runs, file by file. With Slurm, one of the shards is asked to stop while it runs, and is queued again. Nothing depends on how fast the
# machine is: the shard is held until the signal has reached it. The last line is the verdict; the exit status is 0 if every file that
# contains no times is identical, byte for byte.
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

# Waits until a command succeeds. Gives up after ten minutes, or when a daemon has ended.
await() {
    local end=$((SECONDS + 600)) pid
    while [[ $SECONDS -lt $end ]]; do
        if "$@" > /dev/null 2>&1; then return 0; fi
        for pid in "${daemons[@]}"; do
            if ! kill -0 "$pid" 2> /dev/null; then end=0; fi
        done
        sleep 0.2
    done
    echo "cluster-test: waited in vain for: $*" >&2
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
    munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munge.pid" \
        --log-file="$work/munge.log" --seed-file="$work/munge.seed" > "$work/munged.log" 2>&1 &
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
AuthInfo=socket=$work/munge.socket,cred_expire=15
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

# Writes a ddm that holds the first shard on its way: it runs in slices until its record is there, stands still until the signal to stop
# has reached it, and goes on with the signal to answer.
write_held_ddm() {
    cat > "$work/held-ddm" <<'HELD'
#!/usr/bin/env bash
work=$(dirname -- "${BASH_SOURCE[0]}") record=$RUN-shards/${SLURM_ARRAY_TASK_ID:-}/run.json
if [[ -z ${SLURM_ARRAY_TASK_ID:-} ]] || ! mkdir "$work/held" 2> /dev/null; then exec $HELD_DDM "$@"; fi
# The signal comes to this shell too.
trap 'asked=1' TERM
state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2> /dev/null; }
has_signal() { (( 0x$(sed -n 's/^ShdPnd:[[:space:]]*//p' "/proc/$pid/status") >> 14 & 1 )); }
$HELD_DDM "$@" &
pid=$!
while [[ ! -e $record && -n $(state) && $(state) != Z ]]; do
    kill -CONT "$pid" 2> /dev/null
    sleep 0.05
    kill -STOP "$pid" 2> /dev/null
done
# It stops, or has ended, a moment after it is told to.
until [[ -z $(state) || $(state) == [TZ] ]]; do sleep 0.05; done
if [[ $(state) == T ]]; then
    echo "$SLURM_ARRAY_TASK_ID" > "$work/held/shard"
    until has_signal; do sleep 0.05; done
    : > "$work/held/told"
    kill -CONT "$pid"
else
    # It was done before it could be held: the next shard is.
    rmdir "$work/held"
fi
# A trap ends a wait: then once more.
while true; do
    asked=
    wait "$pid"
    status=$?
    [[ -n $asked ]] || exit $status
done
HELD
    chmod +x "$work/held-ddm"
}

# Asks the shard that is held to stop, as the end of its time would, and waits until it has gone back to the queue.
requeue_one() {
    local array shard
    await test -s "$work/held/shard"
    shard=$(< "$work/held/shard")
    # Not `head`, which may end before squeue has written all its lines: that fails the pipe.
    array=$(squeue --noheader --name=ddm-shard --format=%F | sort -u)
    # What scancel says is not to be relied on while Slurm changes the task's state: the shard itself tells that it has the signal.
    await sh -c "test -e '$work/held/told' || { scancel --signal=TERM ${array}_$shard; false; }"
    await sh -c "scontrol show job ${array}_$shard --oneliner | grep -q ' Restarts=[1-9]'"
    requeued=$shard
}

# Waits until the merging job has ended. Gives up after half an hour, which no machine is too busy for.
await_slurm() {
    local state end=$((SECONDS + 1800))
    while [[ $SECONDS -lt $end ]]; do
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
        break
    done
    echo "cluster-test: the merging job is $state" >&2
    tail -n 20 "$work"/slurm-*.out >&2
    return 1
}

cd "$work"
case $how in
    slurm)
        start_slurm
        $DDM run "$job" --run whole --quiet --threads 2 > /dev/null
        write_held_ddm
        merge=$(HELD_DDM=$DDM DDM=$work/held-ddm "$root/examples/cluster/slurm/submit.sh" "$job" "$work/run" "$shards")
        requeue_one
        await_slurm "$merge"
        ;;
    parallel)
        command -v parallel > /dev/null || cannot "install GNU parallel (build/install.sh parallel)"
        $DDM run "$job" --run whole --quiet --threads 2 > /dev/null
        if ! PARALLEL='--jobs 2 --will-cite' "$root/examples/cluster/parallel.sh" "$job" run "$shards" > parallel.out 2> parallel.err; then
            cat parallel.err >&2
            exit 1
        fi
        ;;
    *) echo "cluster-test: no scheduler '$how': slurm or parallel" >&2; exit 2 ;;
esac

files() {
    (cd "$1" && find . -type f ! -name run.json ! -name report.html ! -name evaluation.md ! -name run.lock -print0 |
        sort -z | xargs -0 sha256sum)
}
files whole > whole.sums
files run > run.sums
made=$(ls -d run-shards/*/ | wc -l)
if ! diff whole.sums run.sums > different; then
    cat different >&2
    echo "cluster-test: $how, $made shards: the merged run is NOT the unsharded one"
    exit 1
fi
echo "cluster-test: $how, $made shards${requeued:+ (one stopped and queued again)}:" \
    "$(wc -l < run.sums) files, all as in the unsharded run, byte for byte"
