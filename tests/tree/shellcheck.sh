#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every script of the tree in SOURCE, the argument, passes shellcheck, with .shellcheckrc. A false
# finding is disabled at its line, with the reason.
set -euo pipefail
cd "$1"

# Scripts by their first line or directive, whatever their name.
mapfile -d '' -t scripts < <(find . \( -name 'build*' -o -name .git \) -prune -o -type f -size -256k -print0 |
    xargs -0 grep -lZE -m 1 '^#!.*[/ ](ba)?sh$|^# shellcheck shell=')
((${#scripts[@]} > 100)) || {
    echo "FAIL: only ${#scripts[@]} scripts were checked: is $1 the project?" >&2
    exit 1
}
printf '%s\0' "${scripts[@]}" | nice xargs -0 -n 24 -P "$(nproc)" shellcheck --format gcc
