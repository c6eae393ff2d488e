#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Measure decant against its peers, in turns, on file systems in memory.
# usage: bench.sh [PATH_TO_DECANT] [-n RUNS] [-f FILE-SYSTEM]... [CASE]...
#   PATH_TO_DECANT  default $DECANT, or decant beside this folder
#   -n RUNS         runs of each program in each case; 5
#   -f NAME         ext4, xfs, btrfs or tmpfs; default all
#   CASE            small flat big sparse one links; default all
# Writes results.csv and table.md to $BENCH_OUT, default out/ in this folder.
# shellcheck source=bench/settings.bash
. "$(dirname "$0")/settings.bash"
linkbench=${LINKBENCH:-$here/../bench/linkbench}
all_systems=(ext4 xfs btrfs tmpfs)
all_cases=(small flat big sparse one links)
read_selection 4,9

work=$(mktemp -d /dev/shm/decant-bench.XXXXXX)
out=${BENCH_OUT:-$here/out}
mkdir -p "$out"
csv=$out/results.csv
table=$out/table.md
# shellcheck source=bench/filesystems.bash
. "$here/filesystems.bash"

# Make the corpus of case $1 at $fs/src.
make_corpus() {
	case $1 in
	small) tool small "$fs/src" 50000 1000 ;;
	flat) tool flat "$fs/src" 20000 ;;
	big) tool big "$fs/src" $((1 << 30)) ;;
	sparse) tool sparse "$fs/src" $((1 << 30)) ;;
	one) head -c 4096 /dev/urandom >"$fs/src" ;;
	esac
	sync -f "$fs"
}

# What a program is called with: $1 the program, $2 source, $3 destination; one word a line.
command_of() {
	local slash=
	[ ! -d "$2" ] || slash=/
	case $1 in
	decant) printf '%s\n' "$decant" copy -a "$2" "$3" ;;
	cp) printf '%s\n' cp -a "$2" "$3" ;;
	rsync) printf '%s\n' rsync -a "$2$slash" "$3" ;;
	esac
}

# Run program $1 once in case $2; prints seconds.  Preparing, syncing and removing are not timed.
measure() {
	local words times=1 destination=$fs/dst seconds
	if [ "$2" = one ]; then
		# One process is too short for one look at the clock.
		times=100
		mkdir "$fs/dst"
		destination="$fs/dst/{}"
	fi
	mapfile -t words < <(command_of "$1" "$fs/src" "$destination")
	sync -f "$fs"
	seconds=$(tool timed "$times" "${words[@]}")
	rm -rf "$fs/dst"
	sync -f "$fs"
	echo "$seconds"
}

# The median of program $3 on file system $1 in case $2, from the CSV.
median_of() {
	awk -F, -v fs="$1" -v c="$2" -v p="$3" '$1 == fs && $2 == c && $3 == p { print $5 }' "$csv" | tool median
}

peers=(cp)
if command -v rsync >/dev/null; then
	peers+=(rsync)
else
	note "rsync is left out: not installed"
fi

echo 'fs,case,program,run,seconds' >"$csv"
{
	echo "# decant and its peers"
	echo
	echo "- kernel $(uname -r), $(nproc) CPUs: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	echo "- $("$decant" --version | head -n 1); $(cp --version | head -n 1)$(
		[ ${#peers[@]} -lt 2 ] || rsync --version | sed -n '1s/^ *\(rsync *version [^ ]*\).*/; \1/p'
	)"
	echo "- medians of $runs runs in turns, seconds; ratio = peer / decant, above 1 decant is faster"
	echo
	echo "| fs | case | decant | cp -a | ratio | rsync -a | ratio |"
	echo "|---|---|---|---|---|---|---|"
} >"$table"

# The links of pipelines need no file system of a kind, and are measured once.
bench_links() {
	local table_of_links="$out/links.md"
	[ -x "$linkbench" ] || {
		note "links are left out: no program at $linkbench (make bench builds it)"
		return
	}
	head -c $((256 << 20)) /dev/urandom >"$work/file"
	{
		echo
		echo "| links | design | median ms | ratio to ours | |"
		echo "|---|---|---|---|---|"
		"$linkbench" "$runs" "$work/file"
	} | tee "$table_of_links" >&2
	rm -f "$work/file"
	cat "$table_of_links" >>"$table"
}

for system in "${systems[@]}"; do
	for case in "${cases[@]}"; do
		[ "$case" != links ] || continue
		mount_fs "$system" || continue 2
		make_corpus "$case"
		# A first turn outside the record warms what is to be warm for all.
		for program in decant "${peers[@]}"; do
			measure "$program" "$case" >/dev/null
		done
		for ((run = 1; run <= runs; run++)); do
			for program in decant "${peers[@]}"; do
				echo "$system,$case,$program,$run,$(measure "$program" "$case")" >>"$csv"
			done
		done
		ours=$(median_of "$system" "$case" decant)
		row="| $system | $case | $ours |"
		for program in "${peers[@]}"; do
			theirs=$(median_of "$system" "$case" "$program")
			row+=" $theirs | $(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.2f", a / b }') |"
		done
		[ ${#peers[@]} -gt 1 ] || row+=" - | - |"
		echo "$row" | tee -a "$table" >&2
		unmount_fs
	done
done
for case in "${cases[@]}"; do
	[ "$case" != links ] || bench_links
done
cat "$table"
