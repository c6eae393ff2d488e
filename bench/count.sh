#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Exact figures that do not depend on the machine's mood: system calls a file, resident memory.
# usage: count.sh [PATH_TO_DECANT] [calls|memory|descriptors]...
# Exit 1 when a figure is above its limit.
# shellcheck source=bench/settings.bash
. "$(dirname "$0")/settings.bash"

# The limits that the project has set itself.
calls_max=11
memory_max=$((48 * 1024))

set -- "${rest[@]}"
[ $# -gt 0 ] || set -- calls memory descriptors

work=$(mktemp -d /dev/shm/decant-count.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
status=0

# judge FIGURE LIMIT WORDS
judge() {
	local word=ok
	if awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; then
		word=TOO-MUCH
		status=1
	fi
	printf '%-8s %s (at most %s): %s\n' "$word" "$1" "$2" "$3"
}

# count_calls DIR: one "calls name" a line for copying DIR, most first
count_calls() {
	rm -rf "$work/dst"
	strace -f -c -o "$work/trace" "$decant" copy -a -j1 "$1" "$work/dst"
	awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { print $4, $NF }' "$work/trace" | sort -rn
}

calls() {
	local files=10000
	command -v strace >/dev/null || {
		echo "calls: left out, no strace"
		return
	}
	tool small "$work/src" "$files" 10
	mkdir "$work/none"
	count_calls "$work/none" >"$work/base"
	count_calls "$work/src" >"$work/calls"
	echo "calls of copy -a -j1, $files small files in 10 directories, on $(stat -f -c %T "$work"):"
	awk -v files="$files" '$1 * 10 >= files { printf "         %9.4f %s\n", $1 / files, $2 }' "$work/calls"
	judge "$(awk -v files="$files" 'NR == FNR { base += $1; next } { all += $1 }
		END { printf "%.3f", (all - base) / files }' "$work/base" "$work/calls")" \
		"$calls_max" "calls a file, beyond those of an empty directory"
	rm -rf "$work/src" "$work/dst" "$work/none"
}

# resident NAME: copy $work/src, and judge the most memory it had
resident() {
	local seconds kib
	rm -rf "$work/dst"
	if [ -x /usr/bin/time ]; then
		/usr/bin/time -o "$work/usage" -f '%e %M' "$decant" copy -a "$work/src" "$work/dst"
		read -r seconds kib <"$work/usage"
	else
		read -r _ seconds kib < <(tool usage "$decant" copy -a "$work/src" "$work/dst")
	fi
	same_count
	judge "$kib" "$memory_max" "KiB resident, $seconds s, $1"
	rm -rf "$work/src" "$work/dst"
}

# same_count: everything has arrived
same_count() {
	local from to
	from=$(find "$work/src" -printf . | wc -c)
	to=$(find "$work/dst" -printf . | wc -c)
	if [ "$from" -ne "$to" ]; then
		echo "MISSING  $to of $from entries arrived"
		status=1
	fi
}

memory() {
	tool empty "$work/src" 1000000 0
	resident '1,000,000 empty files in one directory'
	tool empty "$work/src" 1000000 1000
	resident '1,000,000 empty files in 1,000 directories'
	tool dirs "$work/src" 100000
	resident '100,000 directories'
}

descriptors() {
	local limit=32
	tool small "$work/src" 20000 1000
	if (ulimit -n "$limit" && "$decant" copy -a "$work/src" "$work/dst"); then
		same_count
		echo "ok       $limit descriptors suffice for 20,000 files in 1,000 directories"
	else
		echo "TOO-FEW  $limit descriptors do not suffice"
		status=1
	fi
	rm -rf "$work/src" "$work/dst"
}

for part; do
	case $part in
	calls) calls ;;
	memory) memory ;;
	descriptors) descriptors ;;
	*)
		sed -n '4,5s/^# //p' "$0" >&2
		exit 2
		;;
	esac
done
exit "$status"
