#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize.sh address|thread SOURCE BUILD NAMES [CMAKE_OPTION ...]: builds unit tests with a
# sanitizer, in BUILD, and runs those of these names ("monitor session"), or "all". BUILD is kept:
# the next run compiles only what has changed.
set -euo pipefail

sanitizer=$1 source=$2 build=$3
read -ra names <<<"$4"
shift 4

cmake -S "$source" -B "$build" -G Ninja -DSANITIZE="$sanitizer" -DBUILD_TESTING=ON -DWIRESHARK=OFF \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g1" "$@" >/dev/null
if [[ ${names[*]} == all ]]; then
    targets=(unit-tests) tests='.*'
else
    targets=("${names[@]/#/test-}") tests=$(IFS="|" && echo "${names[*]}")
fi
nice cmake --build "$build" --target "${targets[@]}"
# ThreadSanitizer needs a fixed address space, and GLib's memory from malloc.
G_SLICE=always-malloc setarch --addr-no-randomize \
    ctest --test-dir "$build" -R "^unit\.($tests)\$" -j "$(nproc)" --no-tests=error --output-on-failure
