#!/usr/bin/env bash
# Measures attribution of single samples against models that are retrained without random samples: prints the tables of
# docs/per-sample.md as Markdown, with the time of each method. Resumes after a kill; a second call prints the tables again.
#
#   build/per-sample.sh SETTING… [--data DIR]
#
#   mlp         Fashion-MNIST, 1000 images, MLP 784-128-64-10, ReLU                         (2 minutes on two cores)
#   mlp-gelu    the same with GELU
#   mlp-long    the same as mlp, for four times the epochs                                  (5 minutes)
#   convnet     Fashion-MNIST, 1000 images, ConvNet                                         (5 minutes)
#   groups      Fashion-MNIST, 4000 images in 50 groups, ConvNet                            (15 minutes)
#   logistic    Fashion-MNIST, 5000 images, logistic regression                             (4 minutes)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

data=/usr/share/datasets/fashion-mnist
settings=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --data) data=${2:?--data needs a folder}; shift ;;
        mlp | mlp-gelu | mlp-long | convnet | groups | logistic) settings+=("$1") ;;
        *) echo "per-sample: no setting '$1'; choose mlp, mlp-gelu, mlp-long, convnet, groups or logistic" >&2; exit 2 ;;
    esac
    shift
done
if [[ ${#settings[@]} -eq 0 ]]; then
    echo "per-sample: name a setting: mlp, mlp-gelu, mlp-long, convnet, groups or logistic" >&2
    exit 2
fi

for setting in "${settings[@]}"; do
    run=runs/per-sample/$setting
    changes=()
    case $setting in
        mlp-gelu) changes=(DDM_NETWORK__ACTIVATION=gelu) ;;
        mlp-long) changes=(DDM_TRAINING__EPOCHS=40) ;;
    esac
    env "${changes[@]}" build/ddm run "examples/lds-fashion-${setting%%-*}.json" --run "$run" --data "$data" --upto evaluate > /dev/null
    echo "## $setting"
    cat "$run/evaluation.md"
done
