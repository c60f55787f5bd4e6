#!/usr/bin/env bash
# Compares attribution methods with retrained models: prints the tables of docs/evaluation.md as Markdown. Resumes after a kill.
#
#   build/evaluation.sh small            generated images, all metrics                          (seconds)
#   build/evaluation.sh lds [DIR]        Fashion-MNIST, 4000 images, 50 groups: LDS on 100 halves, one seed
#   build/evaluation.sh fashion [DIR]    Fashion-MNIST, 4000 images, 50 groups: all metrics, two seeds      (about 65 minutes on two cores)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

table=${1:?which table: small, lds or fashion}
data=${2:-/usr/share/datasets/fashion-mnist}
run=runs/evaluation/$table
small_methods=controlled-replay,repair,forget,feature,head,block:1,finetune,influence,ekfac,trak,tracin,in-run-shapley
small_methods+=,in-run-shapley:every=1:validation=64,untrac,untrac-inv,mirrored-influence,grad-dot,grad-cos,cg-score,loss,random
case $table in
    small)
        build/ddm evaluate --run "$run" --data generated:classes=6,per-class=60,test-per-class=40,size=16,clusters=3,seed=1 --clusters 3 \
            --methods "$small_methods" --subsets 100 --predictions 6 > /dev/null
        ;;
    lds) build/ddm run examples/evaluation-lds.json --run "$run" --data "$data" > /dev/null ;;
    fashion) build/ddm run examples/evaluation.json --run "$run" --data "$data" > /dev/null ;;
    *) echo "evaluation: no table '$table': small, lds or fashion" >&2; exit 2 ;;
esac
cat "$run/evaluation.md"
