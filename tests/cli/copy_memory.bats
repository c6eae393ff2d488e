#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Memory and descriptors do not grow with the tree.
# Measured with CHECK_SLOW=1 on tmpfs; otherwise with a tenth of the entries or less.

load helpers
load images

setup_file() {
	IMAGES=$(mktemp -d /dev/shm/decant-test.XXXXXX 2>/dev/null || mktemp -d "$BATS_FILE_TMPDIR/XXXXXX")
	export IMAGES
	mkdir "$IMAGES/tmpfs"
	# Two trees of a million inodes, of a KiB each.  Who may not mount has /dev/shm for fewer.
	mount -t tmpfs -o size=6G,nr_inodes=0 decant-test "$IMAGES/tmpfs" 2>"$IMAGES/log" && return
	[ -z "${CHECK_SLOW:-}" ] && [ "$(stat -f -c %T "$IMAGES")" = tmpfs ] && return
	echo "tmpfs cannot be mounted: $(cat "$IMAGES/log")" >"$IMAGES/tmpfs.reason"
}

teardown_file() {
	images_drop
}

setup() {
	on_fs tmpfs
}

# At once: what is in memory is missing elsewhere.
teardown() {
	cd / || return
	[ -z "${FS:-}" ] || rm -rf "$FS"
}

# entries SMALL LARGE: how many this run copies
entries() {
	if [ -n "${CHECK_SLOW:-}" ]; then echo "$2"; else echo "$1"; fi
}

# copied_within KIB: src is copied within that much memory: on two workers, on eight, and on one
# with 32 descriptors
copied_within() {
	local limit=$1 jobs from
	require_count
	from=$(find src -printf '%y\n' | sort | uniq -c)
	for jobs in 2 8 1; do
		rm -rf dst
		(
			[ "$jobs" -ne 1 ] || ulimit -n 32
			counted "$DECANT" copy -a "-j$jobs" src dst
			echo "# -j$jobs: $KIB KiB resident" >&3
			[ "$KIB" -gt 500 ] || fail "no program fits in $KIB KiB"
			[ "$KIB" -le "$limit" ] || fail "-j$jobs: $KIB KiB resident, $limit allowed"
		)
		assert_equal "$(find dst -printf '%y\n' | sort | uniq -c)" "$from"
	done
}

# limit: 48 MiB for the full number of entries; for a tenth of it 10 MiB, of which 2 are the program
limit() {
	entries $((10 << 10)) $((48 << 10))
}

@test "empty files in one directory: bounded memory, 32 descriptors" {
	[ -z "${CHECK_SLOW:-}" ] || require_memory 4096
	tree_py wide src "$(entries 100000 1000000)"
	copied_within "$(limit)"
}

@test "empty files ten levels deep: bounded memory, 32 descriptors" {
	[ -z "${CHECK_SLOW:-}" ] || require_memory 4096
	# 2,047 directories.
	tree_py fan src 10 2 "$(entries 49 489)"
	copied_within "$(limit)"
}

@test "directories in one directory: bounded memory, 32 descriptors" {
	tree_py fan src 1 "$(entries 20000 100000)" 0
	copied_within "$(limit)"
}

@test "directories of ten directories each: bounded memory, 32 descriptors" {
	# 11,110 of them, or 111,110.
	tree_py fan src "$(entries 4 5)" 10 0
	copied_within "$(limit)"
}

@test "files of a thousand directories: bounded memory, 32 descriptors" {
	[ -z "${CHECK_SLOW:-}" ] || require_memory 4096
	tree_py fan src 1 1000 "$(entries 50 1000)"
	copied_within "$(limit)"
}

@test "directories below one another: bounded memory, 32 descriptors" {
	local levels
	levels=$(entries 10000 100000)
	require_count
	tree_py fan src "$levels" 1 0
	# What stays is a node for each directory on the way, until it is left: some 410 bytes.
	(ulimit -n 32 && counted "$DECANT" copy -a -j2 src dst && echo "$KIB" >kib)
	echo "# $(cat kib) KiB resident" >&3
	[ "$(cat kib)" -le "$(limit)" ]
	tree_py list dst >listed
	assert_equal "$(wc -l <listed)" $((levels + 1))
	rm listed
	same_listing src dst
}
