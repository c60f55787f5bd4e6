# To be sourced: whether a build is out of date.

# is_newer STAMP PATH…: whether a file in these paths is newer than the stamp, or there is no stamp. `find` stops at the first such file:
# up to date costs a few milliseconds.
is_newer() {
    local stamp=$1
    shift
    [[ ! -f $stamp || -n $(find "$@" \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit) ]]
}
