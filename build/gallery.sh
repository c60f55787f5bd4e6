#!/usr/bin/env bash
# One whole case of docs/gallery.md, from the data to the checked answer. Needs only the .NET SDK 10; a second call reuses networks and
# effects, and repeats the retrainings that check them.
#
#   build/gallery.sh mislabelled|biased-source|misclassified [--to DIR] [--data DIR] [--per-class N]
#
# Writes runs, pictures and figures.json to DIR (artifacts/gallery/CASE). The data are found as in build/demo.sh: DIR if given; otherwise
# Debian's package dataset-fashion-mnist (installed if possible); otherwise downloaded. N training images of every class, 400 if not given.
# With Chromium installed, pictures of the case's reports are taken as well.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

usage() {
    sed -n '5s/^# *//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

case=${1:-} to= data= per_class=
case $case in
    mislabelled | biased-source | misclassified) shift ;;
    *) usage ;;
esac
while [[ $# -gt 0 ]]; do
    value=${2:-}
    [[ -n $value ]] || usage
    case $1 in
        --to) to=$value ;;
        --data) data=$value ;;
        --per-class) per_class=$value ;;
        *) usage ;;
    esac
    shift 2
done
to=${to:-artifacts/gallery/$case}

packaged=/usr/share/datasets/fashion-mnist
if [[ -z $data ]]; then
    if [[ -d $packaged ]] || build/install.sh dataset-fashion-mnist >&2; then
        data=$packaged
    else
        data=artifacts/fashion-mnist
        build/ddm data fetch fashion-mnist --to "$data"
    fi
fi

if ! log=$(dotnet build examples/gallery -c Release --nologo -v quiet -clp:NoSummary 2>&1); then
    printf '%s\n' "$log" >&2
    echo "gallery: the build failed." >&2
    exit 1
fi
dotnet examples/gallery/bin/Release/net10.0/ddm-gallery.dll "$case" "$data" "$to" build/ddm $per_class

# report RUN: a picture of the run's report, as wide as a small window, beside the case's other pictures.
report() {
    local browser profile
    browser=$(command -v chromium chromium-browser google-chrome | head -n 1) || true
    [[ -n $browser ]] || return 0
    profile=$(mktemp -d)
    "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" --window-size=1000,900 \
        --virtual-time-budget=10000 --screenshot="$to/$case-report.png" "file://$to/$1/report.html" > /dev/null 2>&1 ||
        echo "gallery: Chromium could not take a picture of $to/$1/report.html." >&2
    rm -rf "$profile"
}

to=$(realpath -- "$to")
report run
