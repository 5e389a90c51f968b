#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# compile.sh OBJECT COMPILER FLAG... -- SOURCE...: compiles all sources into one object, or into an
# archive if the name says so.
set -euo pipefail

object=$1 compiler=$2
shift 2
flags=()
while [[ $1 != -- ]]; do
    flags+=("$1")
    shift
done
shift
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in "$@"; do
    "$compiler" "${flags[@]}" -c -o "$objects/$(basename "$(dirname "$source")")-$(basename "$source").o" "$source"
done
if [[ $object == *.a ]]; then
    rm -f "$object"
    ar rcs "$object" "$objects"/*.o
else
    ld -r -o "$object" "$objects"/*.o
fi
