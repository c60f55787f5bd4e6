# What fish offers for each line of $DDM_LINES.
source $DDM_SCRIPT
while read -l line
    echo "== $line"
    complete -C $line
end < $DDM_LINES
