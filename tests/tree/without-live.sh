#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# without-live.sh SOURCE_DIRECTORY: -DLIVE=OFF builds everything that needs no Linux kernel, on a
# machine without libbpf, libpcap, libcap, libmnl and libseccomp (simulated by a pkg-config that
# does not know them).
set -euo pipefail

source=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/pktmon-without-live.XXXXXX")
trap 'rm -rf "$work"' EXIT

cat >"$work/pkg-config" <<'END'
#!/bin/sh
for word; do
    case $word in
    libbpf* | libpcap* | libcap* | libmnl* | libseccomp*)
        echo "Package $word is not here" >&2
        exit 1
        ;;
    esac
done
exec /usr/bin/pkg-config "$@"
END
chmod +x "$work/pkg-config"
PKG_CONFIG=$work/pkg-config cmake -S "$source" -B "$work/build" -G Ninja -DLIVE=OFF \
    -DBUILD_TESTING=OFF -DWARNINGS_AS_ERRORS=ON
cmake --build "$work/build"

for file in cli/pktmon extcap/pktmondump; do
    [[ -x $work/build/$file ]] || {
        echo "$file was not built" >&2
        exit 1
    }
    if readelf --dynamic "$work/build/$file" | grep -E 'lib(bpf|pcap|cap|mnl|seccomp)\.'; then
        echo "$file needs what it should not" >&2
        exit 1
    fi
done
[[ $("$work/build/cli/pktmon" capture 2>&1) == *-DLIVE=OFF* ]]
[[ $("$work/build/extcap/pktmondump" --extcap-interfaces) == *value=pktmon-etl* ]]
