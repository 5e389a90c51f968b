#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh TARGET MAKE_SEEDS MAKE_BOMB SAMPLES RUNS: fuzzes for a fixed number of runs, always the
# same ones. Cost is a failure like a crash: more than five seconds, 256 MiB in one allocation, or
# 768 MiB in all, including the sanitizers' share.
set -euo pipefail

target=$1 make_seeds=$2 make_bomb=$3 samples=$4 runs=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$make_seeds" "$work/seeds" "$samples"
# Logs that would explode without limits, and are fast with them.
for kind in bits structs; do
    "$make_bomb" $kind "$work/seeds/fuzz_etl_log/$kind"
done
mkdir "$work/corpus"
cd "$work"
# Memory that the C library and GLib keep until the end is not a leak of ours; leaks of each run
# are.
export ASAN_OPTIONS=quarantine_size_mb=16
"$target" -seed=1 -runs="$runs" -timeout=5 -malloc_limit_mb=256 -rss_limit_mb=768 -max_len=65536 -print_final_stats=1 \
    "$work/corpus" "$work/seeds/$(basename "$target")"
