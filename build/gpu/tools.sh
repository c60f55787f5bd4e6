# Functions that the phases of build/gpu-check.sh share. A phase ends with ok, failed or skipped, with the figure or reason.

have() { command -v "$1" > /dev/null; }
ok() { verdict="OK: $1"; }
failed() { verdict="FAILED: $1"; }
skipped() { verdict="skipped: $1"; }

begin_phase() {
    printf '\n=== %s (at %d s)\n' "$1" "$SECONDS"
    verdict="FAILED: the check itself came to no end"
}

# left SHARE: that percentage of the seconds that the phase has left, at least one.
left() {
    local seconds=$(((phase_end - SECONDS) * $1 / 100))
    echo $((seconds > 1 ? seconds : 1))
}

# limited SECONDS COMMAND…: ends the command in time; the status is then 124 or 137.
limited() { timeout -k 5 "$@"; }

# why STATUS FILE: why a program failed: the last line of its standard error, or that its time was over.
why() {
    if [[ $1 -eq 124 || $1 -eq 137 ]]; then echo "no end within its time"; return; fi
    local line
    line=$(grep -v '^[[:space:]]*$' "$2" 2> /dev/null | tail -n 1 | tail -c 400)
    echo "${line:-exit status $1}"
}

# take FILE: uses the last line of a summary as the verdict, and prints the lines before it.
take() {
    sed '$d' "$1"
    verdict=$(tail -n 1 "$1")
    [[ $verdict == @(OK|FAILED|skipped):* ]] || verdict="FAILED: ${verdict:-no summary}"
}

# needs_programs: returns false, with a verdict, if the archive could not be unpacked.
needs_programs() {
    if [[ -x $app/ddm ]]; then return 0; fi
    failed "there are no programs: the pack could not be unpacked"
    return 1
}

# needs_device: likewise if there is no device.
needs_device() {
    needs_programs || return 1
    if [[ -n $device ]]; then return 0; fi
    failed "no CUDA device: $no_device"
    return 1
}

# The job of that name, and the path of its data; small jobs generate theirs.
job_arguments() {
    if [[ -n $small ]]; then echo "$jobs/small.json"; else echo "$jobs/$1.json --data $data"; fi
}
