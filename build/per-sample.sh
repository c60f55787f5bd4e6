#!/usr/bin/env bash
# Measures attribution of single samples against models that are retrained without random samples: prints the tables of
# docs/per-sample.md as Markdown, with the time of each method. Resumes after a kill; a second call prints the tables again.
#
#   build/per-sample.sh SETTING… [--data DIR]
#
#   mlp             1000 images, MLP 784-128-64-10, ReLU                                (2 minutes on two cores)
#   mlp-gelu        the same with GELU
#   mlp-long        the same as mlp, for four times the epochs
#   mlp-long-slow   the same as mlp-long, with a quarter of the learning rate
#   all             60,000 images, the same MLP, 3 epochs
#   all-smooth      the same with GELU and a quarter of the learning rate
#   convnet         1000 images, ConvNet
#   groups          4000 images in 50 groups, ConvNet
#   logistic        5000 images, logistic regression
#   mnist-logistic  dattri's MNIST settings: 5000 images, random halves, five seeds, 500 predictions
#   mnist-mlp
#
# The images are those of Fashion-MNIST, which has MNIST's sizes, unless --data names a folder of MNIST's.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

data=/usr/share/datasets/fashion-mnist
known=(mlp mlp-gelu mlp-long mlp-long-slow all all-smooth convnet groups logistic mnist-logistic mnist-mlp)
settings=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --data) data=${2:?--data needs a folder}; shift ;;
        *)
            [[ " ${known[*]} " == *" $1 "* ]] || { echo "per-sample: no setting '$1'; choose from ${known[*]}" >&2; exit 2; }
            settings+=("$1")
            ;;
    esac
    shift
done
if [[ ${#settings[@]} -eq 0 ]]; then
    echo "per-sample: name a setting: ${known[*]}" >&2
    exit 2
fi

for setting in "${settings[@]}"; do
    run=runs/per-sample/$setting
    changes=()
    job=examples/lds-fashion-${setting%%-*}.json
    case $setting in
        mlp-gelu) changes=(DDM_NETWORK__ACTIVATION=gelu) ;;
        mlp-long) changes=(DDM_TRAINING__EPOCHS=40) ;;
        mlp-long-slow) changes=(DDM_TRAINING__EPOCHS=40 DDM_TRAINING__LEARNING_RATE=0.005) ;;
        all-smooth) changes=(DDM_NETWORK__ACTIVATION=gelu DDM_TRAINING__LEARNING_RATE=0.005) ;;
        mnist-*) job=examples/lds-$setting.json ;;
    esac
    env "${changes[@]}" build/ddm run "$job" --run "$run" --data "$data" --upto evaluate > /dev/null
    echo "## $setting"
    cat "$run/evaluation.md"
done
