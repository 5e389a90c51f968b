#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# format.sh SOURCE CLANG_FORMAT: every C file has the format of .clang-format ("clang-format -i
# FILE" applies it).
set -euo pipefail
cd "$1"

mapfile -d '' -t files < <(find . \( -name 'build*' -o -name .git \) -prune -o -name '*.[ch]' -print0)
((${#files[@]} > 300)) || {
    echo "FAIL: only ${#files[@]} files were checked: is $1 the project?" >&2
    exit 1
}
"$2" --dry-run --Werror "${files[@]}"
