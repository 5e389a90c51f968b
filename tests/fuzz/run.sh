#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh TARGET MAKE_SEEDS SAMPLES RUNS: fuzzes for a fixed number of runs, always the same ones.
set -euo pipefail

target=$1 make_seeds=$2 samples=$3 runs=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$make_seeds" "$work/seeds" "$samples"
mkdir "$work/corpus"
cd "$work"
# What the C library and GLib keep until the end is no leak of ours; each run's leaks are.
"$target" -seed=1 -runs="$runs" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    "$work/corpus" "$work/seeds/$(basename "$target")"
