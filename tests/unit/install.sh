#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# install.sh BUILD_DIRECTORY CC LIVE: the library is installed under some prefix, and a program that
# knows it only by pkg-config compiles and runs against it.
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

# Nothing but the public interface is exported, and the whole of it where the live capture is
# built.
nm -D --defined-only "$library/libpktmon.so" | awk '{ print $3 }' | sort >"$stage/exported"
# Declarations, which clang-format may have broken after the result's type.
cat "$stage"/opt/some/include/pktmon/*.h | tr '\n' ' ' |
    grep -o 'PKTMON_PUBLIC [^;(]*(' | grep -o 'pktmon_[a-z0-9_]*($' | tr -d '(' |
    sort -u >"$stage/declared"
undeclared=$(comm -13 "$stage/declared" "$stage/exported")
missing=$(comm -23 "$stage/declared" "$stage/exported")
[ -z "$undeclared" ] || { echo "exported, but not public: $undeclared" >&2; exit 1; }
[ "$live" = 0 ] || [ -z "$missing" ] || { echo "public, but not exported: $missing" >&2; exit 1; }
