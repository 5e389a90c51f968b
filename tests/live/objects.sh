# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The kernel objects that a process holds, and what is left of them. Sourced by live tests after
# lib.sh.

# The map type in fdinfo. Such a map stays for ever, empty, if a program opens it by its id just as
# it is released, as bpftool does (Linux 6.18: prog_array_map_clear() takes a reference for work
# that is already pending). This test would do that itself.
PROGRAM_ARRAY=3

# kernel_objects PID: "prog ID", "map ID" and "link ID" of what the process holds, except program
# arrays.
kernel_objects() {
    # The process may close a file in the meantime.
    { cat "/proc/$1"/fdinfo/* 2>/dev/null || true; } |
        awk -v array="$PROGRAM_ARRAY" '
            /^map_type:/ { type = $2 }
            /^(prog|map|link)_id:/ && ($1 != "map_id:" || type != array) {
                sub("_id:", "", $1)
                print $1, $2
            }' | sort -u
}

# existing: reads objects; prints those that still exist.
existing() {
    local kind
    # Its exit status is useless: bpftool 7.5 shows links and then fails.
    comm -12 <(sort) <(for kind in prog map link; do
        bpftool "$kind" list 2>/dev/null | awk -v kind="$kind" '/^[0-9]+:/ { print kind, $1 + 0 }' || true
    done | sort)
}

# all_gone OBJECTS
all_gone() {
    [[ -z $(existing <<<"$1") ]]
}
