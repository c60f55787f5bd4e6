# What bash offers for each line of $DDM_LINES: the function is called as readline calls it.
source "$DDM_SCRIPT"
compopt() { :; }
while IFS= read -r line; do
    echo "== $line"
    COMP_LINE=$line COMP_POINT=${#line}
    _ddm
    if [[ ${#COMPREPLY[@]} -gt 0 ]]; then printf '%s\n' "${COMPREPLY[@]}"; fi
done < "$DDM_LINES"
