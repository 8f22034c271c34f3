#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Grades the same programs with the official evaluators and with bestofn, in turns, and prints CPU, wall time, memory and differing verdicts.
# Needs the data pack, and the network once, to install the peers. Options: --help, or docs/performance.md.
set -eu
exec python3 "$(dirname "$0")/peers/compare.py" "$@"
