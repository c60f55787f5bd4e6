#!/usr/bin/env bash
# Trains a ResNet-9 by CIFAR-10's usual recipe with ddm and with PyTorch, three seeds each, and prints test accuracies and times: one
# cycle, weight decay, label smoothing, random crops and flips.
#
#   build/recipe.sh DIR [EPOCHS]      DIR contains CIFAR-10's binary files; 12 epochs by default
#
# 900 training and 200 test images per class, width 16: ten minutes on two cores. PyTorch draws other images of each class than ddm.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

data=${1:?the folder with CIFAR-10\'s binary files}
epochs=${2:-12}
mkdir -p runs/recipe
for seed in 1 2 3; do
    run=runs/recipe/$epochs-$seed
    started=$SECONDS
    build/ddm train --run "$run" --data "$data" --train-per-class 900 --test-per-class 200 --seed "$seed" --architecture resnet9 \
        --width 16 --epochs "$epochs" --batch-size 128 --schedule one-cycle --learning-rate 0.2 --weight-decay 0.0005 \
        --label-smoothing 0.1 --crop 2 --flip true > "$run.log" 2>&1 || { cat "$run.log" >&2; exit 1; }
    echo "ddm, seed $seed: $(grep -o 'Test accuracy [0-9.]* %' "$run.log" | tail -1), $((SECONDS - started)) s"
done
env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE /usr/bin/python3 benchmarks/pytorch/recipe.py "$data" --epochs "$epochs"
