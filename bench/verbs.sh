#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Measure the verbs beside copy against what people use for the same, in turns, on file systems in memory.
# usage: verbs.sh [PATH_TO_DECANT] [-n RUNS] [-f FILE-SYSTEM]... [CASE]...
#   PATH_TO_DECANT  default $DECANT, or decant beside this folder
#   -n RUNS         runs of each program in each case; 5
#   -f NAME         ext4, xfs, btrfs or tmpfs; default ext4
#   CASE            default all; see the functions case_* below
# Writes verbs.csv and verbs.md to $BENCH_OUT, default out/ in this folder.
#
# A case sets up its corpus, and names its programs: ours first.  What prepare_CASE does is not timed.
# shellcheck source=bench/settings.bash
. "$(dirname "$0")/settings.bash"
all_systems=(ext4)
all_cases=(hash sha256 copyhash verify verifybig
	untar untarzst untargz tar tarzst bigmember seekable
	same some gone snapshot checksum image tcp)
read_selection 4,9
work=$(mktemp -d /dev/shm/decant-bench.XXXXXX)
out=${BENCH_OUT:-$here/out}
mkdir -p "$out"
csv=$out/verbs.csv
table=$out/verbs.md
# shellcheck source=bench/filesystems.bash
. "$here/filesystems.bash"

# program NAME COMMAND: the next program of a case, a line of shell that runs in $fs.
names=()
commands=()
program() {
	names+=("$1")
	commands+=("$2")
}

# is_here NAME: the program NAME, a command with what it does behind a "+", can be run; we can.
is_here() {
	[ "${1%%+*}" = decant ] || command -v "${1%%+*}" >/dev/null
}

small_tree() {
	tool small "$fs/src" 50000 1000
}

big_file() {
	mkdir "$fs/src"
	tool big "$fs/src/big" $((1 << 30))
}

prepare_nothing() { :; }
tidy_dst() {
	rm -rf "$fs/dst"
}

case_hash() {
	small_tree
	program decant "$decant hash src >/dev/null"
	program xxhsum 'find src -type f -print0 | xargs -0 -P2 -n 2000 xxhsum -H2 >/dev/null'
	prepare=prepare_nothing
}

case_sha256() {
	small_tree
	program decant "$decant hash --hash=sha256 src >/dev/null"
	program sha256sum 'find src -type f -print0 | xargs -0 -P2 -n 2000 sha256sum >/dev/null'
	prepare=prepare_nothing
}

case_copyhash() {
	small_tree
	program decant "$decant copy -a --manifest=manifest src dst"
	program cp+xxhsum 'cp -a src dst && find dst -type f -print0 | xargs -0 -P2 -n 2000 xxhsum -H2 >sums'
	prepare=tidy_dst
}

case_verify() {
	small_tree
	cp -a "$fs/src" "$fs/dst"
	program decant "$decant verify src dst"
	program diff 'diff -r src dst'
	program rsync 'rsync -nac --delete src/ dst/'
	prepare=prepare_nothing
}

case_verifybig() {
	big_file
	cp -a --reflink=never "$fs/src" "$fs/dst"
	program decant "$decant verify src dst"
	program diff 'diff -r src dst'
	program rsync 'rsync -nac --delete src/ dst/'
	prepare=prepare_nothing
}

fresh_dst() {
	tidy_dst
	mkdir "$fs/dst"
}

# The programs that unpack archive $1, which tar reads with option $2.
unpackers() {
	program decant "$decant unpack $1 -C dst"
	program tar "tar $2 -xf $1 -C dst"
	program bsdtar "bsdtar -xf $1 -C dst"
	prepare=fresh_dst
}

case_untar() {
	small_tree
	tar -cf "$fs/a.tar" -C "$fs" src
	unpackers a.tar ''
}

case_untarzst() {
	small_tree
	tar --zstd -cf "$fs/a.tar.zst" -C "$fs" src
	unpackers a.tar.zst --zstd
}

case_untargz() {
	small_tree
	tar -czf "$fs/a.tar.gz" -C "$fs" src
	unpackers a.tar.gz -z
}

tidy_archive() {
	rm -f "$fs"/b.*
}

case_tar() {
	small_tree
	program decant "$decant pack -f b.tar src"
	program tar 'tar -cf b.tar src'
	program bsdtar 'bsdtar -cf b.tar src'
	prepare=tidy_archive
}

case_tarzst() {
	small_tree
	program decant "$decant pack -f b.tar.zst src"
	program tar 'tar --zstd -cf b.tar.zst src'
	prepare=tidy_archive
}

case_bigmember() {
	big_file
	tar -cf "$fs/a.tar" -C "$fs" src
	program decant "$decant unpack a.tar -C dst"
	program cp 'cp -a src dst/'
	program tar 'tar -xf a.tar -C dst'
	prepare=fresh_dst
}

# A file that takes longer to decompress than to write, with an index of its frames and without.
case_seekable() {
	mkdir "$fs/src"
	awk 'BEGIN { srand(1); for (i = 0; i < 12e6; i++) print rand() }' >"$fs/src/numbers"
	(cd "$fs" && "$decant" pack --seekable -f a.tar.zst src && "$decant" pack -f b.tar.zst src)
	program decant "$decant unpack a.tar.zst -C dst"
	program decant+no-index "$decant unpack b.tar.zst -C dst"
	program tar 'tar --zstd -xf b.tar.zst -C dst'
	prepare=fresh_dst
}

# One destination for each program, all equal to the source.
equal_destinations() {
	local name
	for name in "${names[@]}"; do
		cp -a "$fs/src" "$fs/dst.$name"
	done
}

case_same() {
	small_tree
	program decant "$decant sync -a --delete src/ dst.decant/"
	program rsync 'rsync -a --delete src/ dst.rsync/'
	program cp 'cp -au src/. dst.cp/'
	equal_destinations
	prepare=prepare_nothing
}

# A hundredth of the files change before each turn.
change_some() {
	find "$fs/src" -type f | awk -v run="$1" 'NR % 100 == run % 100' | while read -r name; do
		echo changed >>"$name"
	done
}

case_some() {
	small_tree
	program decant "$decant sync -a --delete src/ dst.decant/"
	program rsync 'rsync -a --delete src/ dst.rsync/'
	equal_destinations
	prepare_turn=change_some
	prepare=prepare_nothing
}

full_destination() {
	tidy_dst
	cp -a "$fs/src" "$fs/dst"
}

case_gone() {
	small_tree
	mkdir "$fs/empty"
	touch "$fs/empty/one"
	program decant "$decant sync -a --delete --max-delete=100% empty/ dst/"
	program rsync 'rsync -a --delete empty/ dst/'
	prepare=full_destination
}

case_snapshot() {
	small_tree
	cp -a "$fs/src" "$fs/before"
	program decant "$decant sync -a --link-dest=../before src/ dst/"
	program rsync 'rsync -a --link-dest=../before src/ dst/'
	prepare=tidy_dst
}

case_checksum() {
	small_tree
	program decant "$decant sync -a --checksum src/ dst.decant/"
	program rsync 'rsync -a --checksum src/ dst.rsync/'
	equal_destinations
	prepare=prepare_nothing
}

# A hundredth of the image's blocks change before each turn.
change_image() {
	"$python" -c '
import os, random, sys
random.seed(int(sys.argv[2]))
with open(sys.argv[1], "r+b") as f:
    blocks = os.fstat(f.fileno()).st_size // 65536
    for block in random.sample(range(blocks), blocks // 100):
        f.seek(block * 65536)
        f.write(os.urandom(65536))
' "$fs/src/big" "$1"
}

case_image() {
	big_file
	program decant "$decant sync -a --inplace src/ dst.decant/"
	program rsync 'rsync -a --inplace --no-whole-file src/ dst.rsync/'
	equal_destinations
	prepare_turn=change_image
	prepare=prepare_nothing
}

tidy_image() {
	rm -f "$fs/dst.img"
}

case_tcp() {
	big_file
	program decant "$decant pipe listen 45671 ! dst.img & sleep 0.2; $decant pipe src/big ! connect 127.0.0.1:45671; wait"
	program nc 'nc -l -p 45672 >dst.img & sleep 0.2; cat src/big | nc -N 127.0.0.1 45672; wait'
	prepare=tidy_image
}

# Run command $1 once; prints seconds.
measure() {
	sync -f "$fs"
	(cd "$fs" && tool timed 1 sh -c "$1")
}

echo 'fs,case,program,run,seconds' >"$csv"
{
	echo
	echo "# decant's other verbs and their peers"
	echo
	echo "- medians of $runs runs in turns, seconds; (ratio = peer / decant)"
	echo
	echo "| fs | case | decant | peers |"
	echo "|---|---|---|---|"
} >"$table"

median_of() {
	awk -F, -v fs="$1" -v c="$2" -v p="$3" '$1 == fs && $2 == c && $3 == p { print $5 }' "$csv" | tool median
}

for system in "${systems[@]}"; do
	for case in "${cases[@]}"; do
		mount_fs "$system" || continue 2
		names=()
		commands=()
		prepare_turn=prepare_nothing
		"case_$case"
		# The turn 0 warms what is to be warm for all, and is not recorded.
		for ((run = 0; run <= runs; run++)); do
			"$prepare_turn" "$run"
			for i in "${!names[@]}"; do
				is_here "${names[i]}" || continue
				"$prepare"
				seconds=$(measure "${commands[i]}")
				[ "$run" -eq 0 ] || echo "$system,$case,${names[i]},$run,$seconds" >>"$csv"
			done
		done
		ours=$(median_of "$system" "$case" decant)
		row="| $system | $case | $ours |"
		for name in "${names[@]:1}"; do
			is_here "$name" || continue
			theirs=$(median_of "$system" "$case" "$name")
			row+=" $name $theirs ($(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.2f", a / b }'))"
		done
		echo "$row |" | tee -a "$table" >&2
		unmount_fs
	done
done
cat "$table"
