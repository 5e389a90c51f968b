# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Debian's kernel packages, unpacked in a cache. apt uses lists of its own, so the machine's are not
# changed. Sourced after lib.sh.

KERNELS=${XDG_CACHE_HOME:-/var/tmp}/pktmon-kernels
KERNEL_META_PACKAGE=linux-image-cloud-amd64
MIRROR=http://deb.debian.org/debian
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_in DIRECTORY PROGRAM ARGUMENT ...
apt_in() {
    local directory=$1 program=$2
    shift 2
    "$program" -q -o Dir::Etc::SourceList="$directory/sources.list" \
        -o Dir::Etc::SourceParts="$directory/none" -o Dir::State::Lists="$directory/lists" \
        -o Dir::Cache="$directory/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}

# download_kernel SUITE DIRECTORY: downloads the suite's newest kernel into DIRECTORY/root. Without
# "set -e", because its caller checks its status.
download_kernel() {
    local suite=$1 directory=$2 package
    mkdir -p "$directory"/{lists,cache,none} || return
    echo "deb [signed-by=$KEYRING] $MIRROR $suite main" >"$directory/sources.list" || return
    apt_in "$directory" apt-get update || return
    package=$(apt_in "$directory" apt-cache depends "$KERNEL_META_PACKAGE" |
        sed -n 's/.*Depends: \(linux-image-.*\)/\1/p') || return
    (cd "$directory" && apt_in "$directory" apt-get download "$package") || return
    dpkg-deb --extract "$directory/$package"_*.deb "$directory/unpacking" || return
    mv "$directory/unpacking" "$directory/root" || return
    rm -r "$directory"/{lists,cache,none,sources.list,*.deb}
}

# kernel_root SUITE: prints where the suite's kernel is unpacked. It stays there; delete it to get a
# newer one.
kernel_root() {
    local directory=$KERNELS/$1 lock
    mkdir -p "$directory"
    exec {lock}<"$directory"
    flock "$lock"
    if [[ ! -d $directory/root ]]; then
        rm -rf "${directory:?}"/*
        download_kernel "$1" "$directory" >"$SCRATCH/download.log" 2>&1 ||
            fail "No kernel of Debian $1 could be downloaded: $(<"$SCRATCH/download.log")"
    fi
    exec {lock}<&-
    echo "$directory/root"
}

# kernel_release ROOT: "6.1.0-37-amd64".
kernel_release() {
    local image
    image=$(basename "$1"/boot/vmlinuz-*)
    echo "${image#vmlinuz-}"
}

# module_files ROOT MODULE ...: the files of the modules and of those they depend on, in the order
# of loading. "_" in a name may be "-" in the file's name; what is built into the kernel has no
# file.
module_files() {
    local root=$1 name pattern file depends
    shift
    for name in "$@"; do
        pattern=${name//[-_]/[-_]}
        file=$(find "$root" -name "$pattern.ko*")
        [[ -n $file ]] || ! grep -rqs --include modules.builtin "/$pattern\.ko" "$root" || continue
        [[ -n $file ]] || fail "The kernel in $root has no module $name."
        depends=$(module_text "$file" | tr '\0' '\n' | sed -n 's/^depends=//p')
        # shellcheck disable=SC2086 # a list
        [[ -z $depends ]] || module_files "$root" ${depends//,/ } || exit
        echo "$file"
    done | awk '!seen[$0]++'
}

# module_text FILE: prints the module, decompressed.
module_text() {
    case $1 in
    *.xz) xz --decompress --stdout "$1" ;;
    *) cat "$1" ;;
    esac
}
