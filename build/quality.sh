#!/usr/bin/env bash
# Measures how well every method predicts exact retraining: prints the tables of docs/attribution-quality.md as Markdown.
# Resumes after a kill.
#
#   build/quality.sh fashion [DIR]      three target seeds, all 50 groups      (about 25 minutes on two cores)
#   build/quality.sh width-128 [DIR]    one seed, ten groups                   (about 20 minutes)
#   build/quality.sh cifar DIR          one seed, all 50 groups; DIR contains CIFAR-10's binary files
#   build/quality.sh resnet9 DIR        a ResNet-9 on CIFAR-10 (DIR) and Fashion-MNIST, two seeds, 20 groups (about 50 minutes)
#   build/quality.sh resnet9-60000      the same network on all of Fashion-MNIST, one seed, 8 groups (about 30 minutes)
#   build/quality.sh scale [ROW…]       from 2 to 100 epochs, 4000 to 60,000 images, 50 to 1000 groups
#                                       (hours; each ROW can be run by itself, in any order)
#
# Rows of `scale`: 2-epochs 8-epochs 32-epochs 100-epochs 16000 60000 width-64 100-groups, and with CIFAR=DIR: cifar-10000 1000-groups.
# The table has a line for every finished row. FASHION=DIR names another folder with Fashion-MNIST.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

table=${1:?which table: fashion, width-128, cifar, resnet9, resnet9-60000 or scale}
shift
fashion=${FASHION:-/usr/share/datasets/fashion-mnist}

# row NAME DATA TRAIN TEST EPOCHS WIDTH CLUSTERS SEEDS: runs one setting; TRAIN and TEST are images per class, CLUSTERS groups per class.
row() {
    DDM_DATA__SOURCE=$2 DDM_DATA__TRAIN_PER_CLASS=$3 DDM_DATA__TEST_PER_CLASS=$4 DDM_TRAINING__EPOCHS=$5 \
        DDM_NETWORK__WIDTH=$6 DDM_GROUPS__PER_CLASS=$7 DDM_VALIDATION__SEEDS=$8 \
        build/ddm run examples/quality-scale.json --run "runs/quality/scale-$1" > /dev/null
}

scale() {
    local rows=(2-epochs 8-epochs 32-epochs width-64 100-groups 16000 100-epochs 60000 ${CIFAR:+cifar-10000 1000-groups}) name finished=()
    for name in "${@:-${rows[@]}}"; do
        case $name in
            2-epochs)    row "$name" "$fashion" 400 100 2 32 5 2 ;;
            8-epochs)    row "$name" "$fashion" 400 100 8 32 5 2 ;;
            32-epochs)   row "$name" "$fashion" 400 100 32 32 5 2 ;;
            100-epochs)  row "$name" "$fashion" 400 100 100 32 5 2 ;;
            16000)       row "$name" "$fashion" 1600 1000 8 32 5 2 ;;
            60000)       row "$name" "$fashion" 6000 1000 8 32 5 1 ;;
            width-64)    row "$name" "$fashion" 400 100 8 64 5 2 ;;
            100-groups)  row "$name" "$fashion" 400 100 8 32 10 2 ;;
            cifar-10000) row "$name" "${CIFAR:?CIFAR=DIR names the folder with the binary files of CIFAR-10}" 1000 200 8 32 5 2 ;;
            1000-groups) row "$name" "${CIFAR:?CIFAR=DIR names the folder with the binary files of CIFAR-10}" 1000 200 8 32 100 2 ;;
            *) echo "quality: no row '$name' of scale: ${rows[*]}" >&2; exit 2 ;;
        esac
    done
    for name in 2-epochs 8-epochs 32-epochs 100-epochs 16000 60000 width-64 100-groups cifar-10000 1000-groups; do
        if build/ddm compare --each "runs/quality/scale-$name" > /dev/null 2>&1; then finished+=("runs/quality/scale-$name"); fi
    done
    build/ddm compare --each "${finished[@]}"
}

# resnet9 DIR: the same job on both datasets.
resnet9() {
    local cifar=${1:?the folder with CIFAR-10\'s binary files} runs=(runs/quality/resnet9-cifar runs/quality/resnet9-fashion)
    build/ddm run examples/resnet9.json --run "${runs[0]}" --data "$cifar" > /dev/null
    build/ddm run examples/resnet9.json --run "${runs[1]}" --data "$fashion" > /dev/null
    build/ddm compare --each "${runs[@]}"
}

resnet9-60000() {
    local run=runs/quality/resnet9-60000
    DDM_DATA__TRAIN_PER_CLASS=6000 DDM_DATA__TEST_PER_CLASS=1000 DDM_TRAINING__EPOCHS=3 DDM_TRAINING__BATCH_SIZE=128 \
        DDM_ATTRIBUTION__METHODS="head;block:1;feature;push;controlled-replay;trak:models=1;ekfac" \
        DDM_VALIDATION__GROUPS=8 DDM_VALIDATION__SEEDS=1 \
        build/ddm run examples/resnet9.json --run "$run" --data "$fashion" > /dev/null
    build/ddm compare --each "$run"
}

case $table in
    scale | resnet9 | resnet9-60000)
        "$table" "$@"
        exit
        ;;
esac
data=${1:-}
case $table in
    fashion) job=examples/quality.json seeds="1 2 3" data=${data:-$fashion} ;;
    width-128) job=examples/quality-width-128.json seeds=1 data=${data:-$fashion} ;;
    cifar) job=examples/quality-cifar.json seeds=1 data=${data:?the folder with CIFAR-10\'s binary files} ;;
    *) echo "quality: no table '$table': fashion, width-128, cifar, resnet9, resnet9-60000 or scale" >&2; exit 2 ;;
esac

runs=()
for seed in $seeds; do
    run=runs/quality/$table-$seed
    build/ddm run "$job" --run "$run" --seed "$seed" --data "$data" > /dev/null
    runs+=("$run")
done
build/ddm compare "${runs[@]}"
