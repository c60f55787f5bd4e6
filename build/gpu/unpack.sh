# Finds the programs, the driver and the device that the phases use.

# Unpacks into $WORK/app and $WORK/ptx, once for each archive; a damaged archive leaves no programs.
unpack() {
    local archive=$GPU/app.tar.xz sum
    if ! sum=$(cksum "$archive" 2> /dev/null | cut -d' ' -f1,2); then
        rm -rf "$app" "$WORK/ptx"
        failed "$archive is missing; build/gpu-pack.sh makes it"
        return
    fi
    if [[ -x $app/ddm && $(cat "$WORK/app.sum" 2> /dev/null) == "$sum" ]]; then
        ok "kept from an earlier call"
        return
    fi
    rm -rf "$app" "$WORK/ptx" "$WORK/unpacked"
    mkdir -p "$WORK/unpacked"
    local begun=$SECONDS status=0
    if have xz; then
        tar -C "$WORK/unpacked" -xJf "$archive" 2> "$WORK/unpack.err" || status=$?
    else
        python3 -W ignore -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:xz").extractall(sys.argv[2])' \
            "$archive" "$WORK/unpacked" 2> "$WORK/unpack.err" || status=$?
    fi
    if [[ $status -ne 0 || ! -x $WORK/unpacked/app/ddm ]]; then
        failed "$archive is damaged: $(head -n 1 "$WORK/unpack.err")"
        return
    fi
    mv "$WORK/unpacked/app" "$app"
    if [[ -d $WORK/unpacked/ptx ]]; then mv "$WORK/unpacked/ptx" "$WORK/ptx"; fi
    echo "$sum" > "$WORK/app.sum"
    ok "$((SECONDS - begun)) s"
}

# The folder of the driver's library if the loader does not know it; neither the toolkit's stubs nor its older driver.
find_driver() {
    if [[ -n ${DDM_CUDA_DRIVER:-} ]] || ldconfig -p 2> /dev/null | grep -q 'libcuda\.so\.1'; then return; fi
    local found
    found=$(find /usr/local/nvidia /usr/lib /usr/lib64 /usr/lib/wsl /opt -name libcuda.so.1 -not -path '*/compat/*' -not -path '*/stubs/*' \
        2> /dev/null | head -n 1)
    if [[ -n $found ]]; then export DDM_CUDA_DRIVER=$found; fi
}

# device: the description of cuda:0, empty if there is none; no_device then says why; capability: 90 for 9.0; emulator: 1 or empty.
find_device() {
    device= no_device="the programs could not be unpacked" capability= emulator=
    if [[ -x $app/ddm ]]; then
        limited 60 "$app/ddm" devices --json > "$WORK/devices.json" 2> "$WORK/devices.err"
        local status=$?
        no_device=$(why $status "$WORK/devices.err")
        IFS='|' read -r device capability emulator no_device < <(python3 "$jobs/device.py" "$WORK/devices.json" "$no_device")
    fi
    if [[ -z $capability ]] && have nvidia-smi; then
        capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null | head -n 1 | tr -dc '0-9')
    fi
    echo "device: ${device:-none: $no_device}"
}

# The pack's PTX for the device: one file per family in ptx/sm_90, or one for all of them.
ptx_files() {
    local target=80
    if [[ ${capability:-90} -ge 90 ]]; then target=90; fi
    find "$WORK/ptx" -path "*/sm_$target/*.ptx" -o -name "*_sm_$target.ptx" 2> /dev/null | LC_ALL=C sort
}

# make_cubins SECONDS: compiles machine code with line numbers for the device into $WORK/cubins, on all cores; ptxas's output goes to
# $WORK/ptxas.log. Returns false if there is no ptxas or it did not compile all of them; the folder is then removed.
make_cubins() {
    local cubins=$WORK/cubins files key
    mapfile -t files < <(ptx_files)
    if ! have ptxas; then no_cubins="ptxas is not on this machine"; return 1; fi
    if [[ ${#files[@]} -eq 0 ]]; then no_cubins="the pack has no PTX"; return 1; fi
    if [[ -z $capability ]]; then no_cubins="the device's compute capability is not known"; return 1; fi
    key="sm_$capability $(cat "${files[@]}" | cksum)"
    if [[ -d $cubins && $(cat "$WORK/cubins.key" 2> /dev/null) == "$key" ]]; then return 0; fi
    rm -rf "$cubins" "$WORK"/ptxas.*
    mkdir -p "$cubins"
    local begun=$SECONDS options="-arch=sm_$capability -lineinfo -v"
    # ptxas itself splits a single module, if it is new enough.
    if [[ ${#files[@]} -eq 1 ]] && ptxas --help 2> /dev/null | grep -q -- --split-compile; then options+=" --split-compile=0"; fi
    # shellcheck disable=SC2016
    printf '%s\0' "${files[@]}" | limited "$1" xargs -0 -n 1 -P "$(nproc)" bash -c '
        name=$(basename "$3" .ptx)
        ptxas $1 -o "$2/$name.cubin" "$3" > "$2/../ptxas.$name" 2>&1' _ "$options" "$cubins"
    local status=$?
    cat "$WORK"/ptxas.* > "$WORK/ptxas.log" 2> /dev/null
    if [[ $status -ne 0 ]]; then
        no_cubins="ptxas for sm_$capability: $(grep -m 1 -iE 'fatal|error|unsupported' "$WORK/ptxas.log" || why $status "$WORK/ptxas.log")"
        rm -rf "$cubins"
        return 1
    fi
    echo "$key" > "$WORK/cubins.key"
    echo "ptxas: ${#files[@]} modules for sm_$capability in $((SECONDS - begun)) s"
}

# The value for DDM_CUDA_PTX: the folder, or the file if there is only one.
cubins_path() {
    local files=("$WORK"/cubins/*.cubin)
    if [[ ${#files[@]} -eq 1 ]]; then echo "${files[0]}"; else echo "$WORK/cubins"; fi
}
