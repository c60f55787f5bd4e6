#!/usr/bin/env bash
# install.sh PACKAGE…: installs Debian packages if apt and the permission to use it are available; fails otherwise.
set -euo pipefail
command -v apt-get > /dev/null || exit 1
as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo > /dev/null && sudo -n true 2> /dev/null || exit 1
    as_root=(sudo -n)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" > /dev/null; }
apt install -y --no-install-recommends "$@" 2> /dev/null || { apt update && apt install -y --no-install-recommends "$@"; }
