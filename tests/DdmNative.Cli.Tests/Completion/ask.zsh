# The .zshrc of an interactive zsh that completes each line of $DDM_LINES in its line editor, writes what is offered to $DDM_HITS, and ends.
autoload -Uz compinit
compinit -u -D
source $DDM_SCRIPT
compadd() {
    # Not where the builtin only fills an array.
    if [[ " $* " != *\ -[OAD]\ * ]]; then
        local -a hits
        builtin compadd -O hits "$@"
        print -rl -- $IPREFIX$^hits >> $DDM_HITS
    fi
    builtin compadd "$@"
}
zle-line-init() {
    local line
    for line in ${(f)"$(< $DDM_LINES)"}; do
        print -r -- "== $line" >> $DDM_HITS
        BUFFER=$line CURSOR=$#line
        zle complete-word
    done
    exit
}
zle -N zle-line-init
