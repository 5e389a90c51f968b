#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# install.sh BUILD_DIRECTORY CC LIVE: the library is installed under a prefix, and a program that
# finds it only by pkg-config compiles and runs.
set -eu
build=$1
cc=$2
live=$3 # 1 or 0: whether it was built with the live capture
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

DESTDIR=$stage cmake --install "$build" --prefix /opt/some --component library >/dev/null
pc=$(find "$stage/opt/some" -name libpktmon.pc)
PKG_CONFIG_PATH=${pc%/*}
export PKG_CONFIG_PATH

cat >"$stage/user.c" <<'END'
#include <pktmon/pktmon.h>
#include <stdio.h>

int main(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_component *component = pktmon_registry_get(registry, 7);

    pktmon_component_set(&component->name, "eth0");
    printf("%u %s\n", component->id, component->name);
    pktmon_registry_free(registry);
    return 0;
}
END
# shellcheck disable=SC2046 # the flags are words
"$cc" -Wall -Wextra -Werror $(pkg-config --cflags libpktmon) "$stage/user.c" \
    $(pkg-config --libs libpktmon) -o "$stage/user"
# shellcheck disable=SC2046
if [ "$live" = 1 ]; then
    "$cc" -Wall -Wextra -Werror $(pkg-config --cflags libpktmon) "${0%/*}/../../docs/example.c" \
        $(pkg-config --libs libpktmon) -o "$stage/example"
fi
library=$(pkg-config --variable=libdir libpktmon)
case $library in
"$stage"/*) ;;
*) echo "libdir is $library, not below the place of installation" >&2; exit 1 ;;
esac
output=$(LD_LIBRARY_PATH=$library "$stage/user")
[ "$output" = "7 eth0" ] || { echo "the program printed: $output" >&2; exit 1; }

# Only the public interface is exported, and all of it if the live capture is built.
part=
[ "$live" = 1 ] || part=--part
# shellcheck disable=SC2086 # no word, where nothing is left out
python3 -B "${0%/*}/exported.py" $part "$library/libpktmon.so" "$stage"/opt/some/include/pktmon/*.h
