#!/usr/bin/env bash
# From a fresh checkout to a result: which parts of Fashion-MNIST shaped a network trained on it, checked against exact retraining.
# Needs only the .NET SDK 10. A second call reuses runs/demo and ends in seconds.
#
#   build/demo.sh [--data DIR] [options of `ddm run`, e.g. --threads 1, --compare-pytorch]
#
# The data: DIR if given; otherwise Debian's package dataset-fashion-mnist (installed if apt and the permission are available);
# otherwise downloaded from the dataset's own repository into artifacts/ (`ddm data fetch`, which verifies it).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

packaged=/usr/share/datasets/fashion-mnist
data=
if [[ ${1:-} == --data ]]; then
    data=${2:?--data needs a folder}
    shift 2
fi

install_package() {
    echo "Installing dataset-fashion-mnist …" >&2
    build/install.sh dataset-fashion-mnist
}

if [[ -z $data ]]; then
    if [[ -d $packaged ]] || install_package; then
        data=$packaged
    else
        data=artifacts/fashion-mnist
        build/ddm data fetch fashion-mnist --to "$data"
    fi
fi

# If PyTorch is installed, its time for the same retraining is also measured.
if /usr/bin/python3 -c 'import torch' 2> /dev/null; then
    set -- --compare-pytorch "$@"
fi

build/ddm run examples/demo.json --run runs/demo --data "$data" "$@"
echo "The correlations are over 12 of the 50 groups; retraining without more takes longer: build/ddm validate --run runs/demo --count 30"
echo "Look at runs/demo/report.html (the answer and everything behind it) and runs/demo/synset.png (the synset beside real images)."
