# SPDX-License-Identifier: BSD-2-Clause
# What the benchmarks have in common before they begin: sourced by them.  Sets $here, and $decant from
# $DECANT or a path as first argument; "${rest[@]}" are the other arguments.
# shellcheck shell=bash
set -euo pipefail
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=/usr/bin/python3
[ -x "$python" ] || python=python3

decant=${DECANT:-$here/../decant}
if [ $# -gt 0 ] && [[ $1 == */* ]]; then
	decant=$1
	shift
fi
[ -x "$decant" ] || {
	echo "${0##*/}: no program at $decant" >&2
	exit 2
}
decant=$(realpath "$decant")
rest=("$@")

tool() {
	"$python" "$here/tool.py" "$@"
}

# Read ${rest[@]} as [-n RUNS] [-f FILE-SYSTEM]... [CASE]...: $runs, ${systems[@]} and ${cases[@]}, of which
# ${all_systems[@]} and ${all_cases[@]} are the defaults.  What is wrong is answered by lines $1 of the script.
# shellcheck disable=SC2154 # the scripts set them
read_selection() {
	local usage=$1
	set -- "${rest[@]}"
	runs=5
	systems=()
	cases=()
	while [ $# -gt 0 ]; do
		case $1 in
		-n) runs=${2:?} && shift 2 ;;
		-f) systems+=("${2:?}") && shift 2 ;;
		*)
			if [[ " ${all_cases[*]} " != *" $1 "* ]]; then
				sed -n "${usage}s/^# //p" "$0" >&2
				exit 2
			fi
			cases+=("$1") && shift
			;;
		esac
	done
	[ ${#systems[@]} -gt 0 ] || systems=("${all_systems[@]}")
	[ ${#cases[@]} -gt 0 ] || cases=("${all_cases[@]}")
	[[ $runs =~ ^[1-9][0-9]*$ ]] || {
		echo "${0##*/}: invalid number of runs '$runs'" >&2
		exit 2
	}
}
