#!/usr/bin/env bash
# Installs Debian packages if apt and the permission to use it are available; fails otherwise.
#
#   build/install.sh PACKAGE…
#   build/install.sh --newest PATTERN    the package with the highest version in its name, among those whose names match this pattern
set -euo pipefail
command -v apt-get > /dev/null || exit 1
as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo > /dev/null && sudo -n true 2> /dev/null || exit 1
    as_root=(sudo -n)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" > /dev/null; }
newest() { apt-cache search --names-only "$1" 2> /dev/null | cut -d' ' -f1 | sort -V | tail -n 1; }

# A machine whose lists of packages are empty or old gets them first.
if [[ $1 == --newest ]]; then
    package=$(newest "$2")
    if [[ -z $package ]]; then
        apt update
        package=$(newest "$2")
    fi
    if [[ -z $package ]]; then
        echo "install.sh: apt knows no package whose name matches $2" >&2
        exit 1
    fi
    set -- "$package"
fi
apt install -y --no-install-recommends "$@" 2> /dev/null || { apt update && apt install -y --no-install-recommends "$@"; }
