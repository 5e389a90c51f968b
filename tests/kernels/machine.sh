# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A machine in software emulation that runs guest.sh on a kernel of Debian. Everything it has comes
# in its initramfs, for Debian's cloud kernels have no 9p. Sourced after lib.sh and package.sh.

MACHINE_SECONDS=150
MODULES=(veth bridge)
PROGRAMS=(bash ip ping setpriv)
HERE=$(dirname "${BASH_SOURCE[0]}")

# copy_program FILE ROOT [PLACE]: with the libraries that it needs, where it looks for them. Of a
# static one ldd says so as an error.
copy_program() {
    local file=$1 root=$2 place=${3:-/usr/bin/${1##*/}} library
    install -D "$file" "$root$place"
    for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
        [[ -e $root$library ]] || install -D "$library" "$root$library"
    done
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
    copy_program "$PKTMON_BUILD/extcap/pktmondump" "$root" /pktmon/extcap/pktmondump
    copy_program "$PKTMON_BUILD/capture-core/pktmon-agent" "$root" /pktmon/capture-core/pktmon-agent
    modules=$(module_files "$kernel" "${MODULES[@]}")
    for module in $modules; do
        module_text "$module" >"$root/modules/$number.ko"
        number=$((number + 1))
    done
    install "$HERE/init" "$root/init"
    install -m 644 "$HERE/guest.sh" "$HERE/refused.sh" "$PROJECT/scripts/network.sh" "$root/"
    (cd "$root" && find . | cpio --quiet --create --format newc) | gzip -1 >"$file"
}

# run_machine KERNEL_ROOT [KERNEL_PARAMETER ...]: sets console to what it wrote. Without cx16, because qemu 7.2's emulation
# of cmpxchg16b now and then breaks the kernel's memory allocator (double faults while booting 6.12).
run_machine() {
    local kernel=$1
    shift
    console=$SCRATCH/console
    command -v qemu-system-x86_64 >/dev/null || fail "qemu is not installed (qemu-system-x86)."
    make_initramfs "$kernel" "$SCRATCH/initramfs.gz"
    timeout --kill-after 5 "$MACHINE_SECONDS" qemu-system-x86_64 -accel tcg -cpu max,-cx16 -smp 2 \
        -m 1024 -nographic -no-reboot -nic none -kernel "$kernel"/boot/vmlinuz-* \
        -initrd "$SCRATCH/initramfs.gz" \
        -append "console=ttyS0 panic=-1 quiet pktmon_prefix=$NAME $*" </dev/null >"$console" 2>&1 ||
        fail "the machine did not come to an end: $(tail -n 40 "$console")"
    # The serial console ends lines with CR LF.
    sed -i 's/\r//g' "$console"
}

# between MARKER: what the machine wrote between two markers.
between() {
    sed -n "/^<$1>\$/,/^<\/$1>\$/p" "$console" | sed '1d;$d'
}
