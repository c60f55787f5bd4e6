#!/usr/bin/env bash
# From a fresh checkout to an answer: which parts of Fashion-MNIST shaped a network trained on it, checked against exact retraining.
# Needs the .NET SDK 10 and nothing else. A second call goes on from runs/demo and ends in seconds.
#
#   build/demo.sh [--data DIR] [options of `ddm run`, e.g. --threads 1, --compare-pytorch]
#
# The data: DIR if given; else Debian's package dataset-fashion-mnist (installed where apt and the rights are there);
# else downloaded from the data set's own repository into artifacts/, with their checksums verified.
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

# The checksums are of the unpacked files: how they were compressed does not matter.
checksums='5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b t10k-images-idx3-ubyte
0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34 t10k-labels-idx1-ubyte
c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888 train-images-idx3-ubyte
bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9 train-labels-idx1-ubyte'

download() {
    local folder=$1 mirror=https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion
    mkdir -p "$folder"
    while read -r sum name; do
        [[ -f $folder/$name.gz ]] && continue
        echo "Downloading $name.gz …" >&2
        if command -v curl > /dev/null; then
            curl -fsSL -o "$folder/$name.gz.tmp" "$mirror/$name.gz"
        elif command -v wget > /dev/null; then
            wget -q -O "$folder/$name.gz.tmp" "$mirror/$name.gz"
        else
            echo "demo: neither curl nor wget is there; name a folder with the four files: build/demo.sh --data DIR" >&2
            return 1
        fi
        if [[ $(gzip -dc "$folder/$name.gz.tmp" | sha256sum | cut -d' ' -f1) != "$sum" ]]; then
            rm -f "$folder/$name.gz.tmp"
            echo "demo: $name.gz is not the file it should be (its checksum differs); try again, or use --data DIR" >&2
            return 1
        fi
        mv "$folder/$name.gz.tmp" "$folder/$name.gz"
    done <<< "$checksums"
}

if [[ -z $data ]]; then
    if [[ -d $packaged ]] || install_package; then
        data=$packaged
    else
        data=artifacts/fashion-mnist
        download "$data"
    fi
fi

# Where PyTorch is installed, its time at the same retraining is measured beside ours.
if /usr/bin/python3 -c 'import torch' 2> /dev/null; then
    set -- --compare-pytorch "$@"
fi

build/ddm run examples/demo.json --run runs/demo --data "$data" "$@"
echo "Look at runs/demo/report.html (the matrix) and runs/demo/synset.png (a column per group)."
