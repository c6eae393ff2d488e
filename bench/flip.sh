#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who notices a bit that flips on the disk, beneath the file system, between writing and reading back?
# usage: flip.sh [PATH_TO_DECANT] [-n TIMES]
#   PATH_TO_DECANT  default $DECANT, or decant beside this folder, where make check has built flip_bit.so
#   -n TIMES        copies, and flipped bits, of each program; 100
# Needs root, for a loop image.  Prints a table: copies, those that are damaged on the disk, and those of them
# that the program ended with another status than 0 for.
# shellcheck source=bench/settings.bash
. "$(dirname "$0")/settings.bash"
times=100
[ "${rest[0]:-}" != -n ] || times=${rest[1]:?}
library=$(dirname "$decant")/tests/cli/flip_bit.so
[ -e "$library" ] || {
	echo "flip.sh: no $library; make check builds it" >&2
	exit 2
}
work=$(mktemp -d /dev/shm/decant-flip.XXXXXX)
export image_size=256M
# shellcheck source=bench/filesystems.bash
. "$here/filesystems.bash"

# damaged COMMAND...: run it; each file is damaged when it is synced or, of programs that do not, closed
damaged() {
	LD_PRELOAD=$library FLIP_IMAGE=$work/image FLIP_TIMES=1000 FLIP_AT=$at "$@" >/dev/null 2>&1
}

# forget FILE: what the page cache has of it, so that the disk answers
forget() {
	dd if="$1" iflag=nocache count=0 status=none
}

# writer NAME AT COMMAND...: how often COMMAND, from a to b, tells that what it wrote is not there
writer() {
	local name=$1 at=$2 wrong=0 told=0 i
	shift 2
	for ((i = 0; i < times; i++)); do
		rm -rf b
		mkdir b
		head -c 300000 /dev/urandom >a/file
		if damaged "$@"; then
			forget b/file
			cmp -s a/file b/file || wrong=$((wrong + 1))
		else
			wrong=$((wrong + 1))
			told=$((told + 1))
		fi
	done
	printf '| %s | %d | %d | %d |\n' "$name" "$times" "$wrong" "$told"
}

# checker NAME COMMAND...: how often COMMAND tells that b, whose disk is damaged, is not as a
checker() {
	local name=$1 told=0 i at=close
	shift
	for ((i = 0; i < times; i++)); do
		rm -rf b
		head -c 300000 /dev/urandom >a/file
		damaged cp -a a b
		forget b/file
		[ -z "$("$@" 2>&1)" ] || told=$((told + 1))
	done
	printf '| %s | %d | %d | %d |\n' "$name" "$times" "$times" "$told"
}

mount_fs ext4
cd "$fs"
mkdir a
echo '| program | copies | damaged | told |'
echo '|---|---|---|---|'
writer 'decant copy -a --verify=cold' sync "$decant" copy -a --verify=cold a/. b
writer 'decant copy -a --verify' close "$decant" copy -a --verify --fsync=each a/. b
writer 'cp -a' close cp -a a/. b
writer 'rsync -a' close rsync -a a/ b
writer 'rsync -ac' close rsync -ac a/ b
checker 'afterwards, decant verify' "$decant" verify a b
checker 'afterwards, decant verify --quick' "$decant" verify --quick a b
checker 'afterwards, diff -r' diff -r a b
checker 'afterwards, rsync -nai' rsync -nai a/ b
checker 'afterwards, rsync -naci' rsync -naci a/ b
unmount_fs
