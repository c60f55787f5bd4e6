#!/usr/bin/env bash
# How well every method predicts exact retraining: the tables of docs/attribution-quality.md, printed as Markdown. Resumes where it was killed.
#
#   build/quality.sh fashion [DIR]      three target seeds, all 50 groups      (about 25 minutes on two cores)
#   build/quality.sh width-128 [DIR]    one seed, ten groups                   (about 20 minutes)
#   build/quality.sh cifar DIR          one seed, all 50 groups; DIR holds CIFAR-10's binary files
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

table=${1:?which table: fashion, width-128 or cifar}
data=${2:-}
case $table in
    fashion) job=examples/quality.json seeds="1 2 3" data=${data:-/usr/share/datasets/fashion-mnist} ;;
    width-128) job=examples/quality-width-128.json seeds=1 data=${data:-/usr/share/datasets/fashion-mnist} ;;
    cifar) job=examples/quality-cifar.json seeds=1 data=${data:?the folder with CIFAR-10\'s binary files} ;;
    *) echo "quality: no table '$table': fashion, width-128 or cifar" >&2; exit 2 ;;
esac

runs=()
for seed in $seeds; do
    run=runs/quality/$table-$seed
    build/ddm run "$job" --run "$run" --seed "$seed" --data "$data" > /dev/null
    runs+=("$run")
done
build/ddm compare "${runs[@]}"
