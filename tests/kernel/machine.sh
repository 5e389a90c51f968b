# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A machine in software emulation that runs guest.sh on a Debian kernel. All of its files are in the
# initramfs, because Debian's cloud kernels have no 9p. Sourced after lib.sh and package.sh.

MACHINE_SECONDS=300
MODULES=(veth bridge) # loaded at the start
ON_DEMAND=()          # which modprobe finds
PROGRAMS=(bash ip ping setpriv)
TEST_PROGRAMS=()      # of the build
GUEST_FILES=()        # more of the project, each at its place
CARDS=(-nic none)     # of the network, as qemu's options
RESULTS_MIB=256       # of a disk for what is too much for the console
HERE=$(dirname "${BASH_SOURCE[0]}")

# copy_program FILE ROOT [PLACE]: copies it with its libraries, to the places where it looks for
# them. For a static program, ldd fails.
copy_program() {
    local file=$1 root=$2 place=${3:-/usr/bin/${1##*/}} library
    install -D "$file" "$root$place"
    for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
        [[ -e $root$library ]] || install -D "$library" "$root$library"
    done
}

# install_on_demand KERNEL_ROOT ROOT: installs modules where modprobe looks for them.
install_on_demand() {
    local kernel=$1 root=$2 release module file
    release=$(kernel_release "$kernel")
    mkdir -p "$root/lib/modules/$release" "$root/sbin"
    ln -s /bin/busybox "$root/sbin/modprobe"
    module_files "$kernel" "${ON_DEMAND[@]}" | while read -r module; do
        file=${module##*/}
        module_text "$module" >"$root/lib/modules/$release/${file%%.ko*}.ko"
    done
    busybox depmod -b "$root" "$release"
}

# make_initramfs KERNEL_ROOT FILE
make_initramfs() {
    local kernel=$1 file=$2 root=$SCRATCH/initramfs program module modules number=10
    command -v busybox >/dev/null || fail "busybox is not installed (busybox-static)."
    mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,modules}
    copy_program "$(command -v busybox)" "$root" /bin/busybox
    for program in "${PROGRAMS[@]}"; do
        copy_program "$(command -v "$program")" "$root"
    done
    for program in extcap/pktmondump cli/pktmon capture-core/pktmon-agent; do
        copy_program "$PKTMON_BUILD/$program" "$root" "/pktmon/$program"
    done
    for program in "${TEST_PROGRAMS[@]}"; do
        copy_program "$PKTMON_BUILD/$program" "$root"
    done
    modules=$(module_files "$kernel" "${MODULES[@]}")
    for module in $modules; do
        module_text "$module" >"$root/modules/$number.ko"
        number=$((number + 1))
    done
    ((${#ON_DEMAND[@]} == 0)) || install_on_demand "$kernel" "$root"
    install "$HERE/init" "$root/init"
    install -m 644 "$HERE"/guest*.sh "$HERE/refused.sh" "$PROJECT/scripts/network.sh" \
        "$root/"
    ((${#GUEST_FILES[@]} == 0)) || (cd "$PROJECT" && cp --parents "${GUEST_FILES[@]}" "$root")
    (cd "$root" && find . | cpio --quiet --create --format newc) | gzip -1 >"$file"
}

# run_machine KERNEL_ROOT [KERNEL_PARAMETER ...]: sets console to the file with its console output,
# and results to its disk. Without cx16, because the emulation of cmpxchg16b in qemu 7.2
# occasionally breaks the kernel's memory allocator (double faults while booting 6.12); without the
# timer check, which fails on a busy host.
run_machine() {
    local kernel=$1
    shift
    console=$SCRATCH/console
    command -v qemu-system-x86_64 >/dev/null || fail "qemu is not installed (qemu-system-x86)."
    results=$SCRATCH/results
    truncate -s "${RESULTS_MIB}M" "$results"
    make_initramfs "$kernel" "$SCRATCH/initramfs.gz"
    nice -n 5 timeout --kill-after 5 "$MACHINE_SECONDS" qemu-system-x86_64 -accel tcg \
        -cpu max,-cx16 -smp 2 -m 1024 -nographic -no-reboot "${CARDS[@]}" -kernel "$kernel"/boot/vmlinuz-* \
        -initrd "$SCRATCH/initramfs.gz" -drive "file=$results,format=raw,if=virtio" \
        -append "console=ttyS0 panic=-1 quiet no_timer_check pktmon_prefix=$NAME $*" </dev/null >"$console" 2>&1 ||
        fail "the machine did not come to an end: $(tail -n 40 "$console")"
    # The serial console ends lines with CR LF.
    sed -i 's/\r//g' "$console"
}

# between MARKER: prints the console output between two markers.
between() {
    sed -n "/^<$1>\$/,/^<\/$1>\$/p" "$console" | sed '1d;$d'
}
