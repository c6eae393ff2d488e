#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# copy --verify: what comes back from the disk is what was read, or the run says so.

load helpers
load images

setup_file() {
	images_make ext4 xfs btrfs tmpfs
}

teardown_file() {
	images_drop
}

# verified_of NAME: what the JSON lines on stdin say of that file
verified_of() {
	jq -r --arg name "$1" 'select(.type == "item" and .path == $name) | .verified'
}

# verified FS EXPECTED [OPTION...]: copy a file and see how it was read back
verified() {
	local fs=$1 expected=$2
	shift 2
	on_fs "$fs"
	data $((1 << 20)) >a
	data 100 >b
	mkdir to
	decant copy --json "$@" a b to >events
	assert_equal "$(verified_of a <events)" "$expected"
	assert_equal "$(verified_of b <events)" "$expected"
	cmp a to/a
	cmp b to/b
}

@test "--verify reads back through the cache" {
	verified ext4 cached --verify
}

@test "--verify=cold reads from the disk on ext4" {
	verified ext4 cold --verify=cold
}

@test "--verify=cold reads from the disk on xfs" {
	verified xfs cold --verify=cold --reflink=never
}

@test "--verify=cold reads from the disk on btrfs" {
	verified btrfs cold --verify=cold --reflink=never
}

@test "--verify=cold says that memory is no disk" {
	verified tmpfs cached --verify=cold
}

@test "a clone is shared, not verified" {
	verified xfs shared --verify=cold
}

@test "an empty file has nothing to verify, a file with holes has" {
	on_fs ext4
	: >empty
	truncate -s 10M holes
	data 4096 | dd of=holes bs=4096 seek=100 conv=notrunc status=none
	mkdir to
	decant copy --json --verify=cold empty holes to >events
	assert_equal "$(verified_of empty <events)" null
	assert_equal "$(verified_of holes <events)" cold
	cmp holes to/holes
	assert_equal "$(jq -r 'select(.type == "summary") | .verified' events)" 1
}

@test "times are kept in spite of reading back" {
	on_fs ext4
	data 5000 >a
	touch -d '2001-02-03 04:05:06.123456789 UTC' a
	decant copy -p --verify a b
	assert_equal "$(stat -c '%X %Y' b)" '981173106 981173106'
}

@test "the summary and --explain say so" {
	on_fs ext4
	data 5000 >a
	run --separate-stderr decant copy --verify=cold --stats --explain a b
	assert_success
	assert_output --partial "verified, past the cache"
	echo "$stderr" | grep -F "verified with xxh128: no differences"
}

# flipped TIMES ARG...: copy with that many bits flipped beneath the file system
flipped() {
	local times=$1
	shift
	LD_PRELOAD=$FLIP_LIBRARY FLIP_IMAGE=$IMAGES/ext4.img FLIP_TIMES=$times "$DECANT" copy "$@"
}

# times: how often a bit is flipped
times() {
	echo "$((20 + ${CHECK_SLOW:+80}+0))"
}

@test "a flipped bit on the disk is found each time, and exit 6" {
	require_root
	require_flip
	on_fs ext4
	[ -e "$IMAGES/ext4.img" ] || skip "needs an image of ext4"
	data 300000 >a
	local i
	for ((i = 0; i < $(times); i++)); do
		run flipped 1000 --verify=cold a b
		assert_failure 6
		assert_output --partial "wrong content read back from 'b'"
		assert_not_exists b
	done
}

@test "a file that came back wrong once is copied again" {
	require_root
	require_flip
	on_fs ext4
	[ -e "$IMAGES/ext4.img" ] || skip "needs an image of ext4"
	data 300000 >a
	run flipped 1 --verify=cold a b
	assert_success
	cmp a b
}

@test "sync finds it as well" {
	require_root
	require_flip
	on_fs ext4
	[ -e "$IMAGES/ext4.img" ] || skip "needs an image of ext4"
	mkdir a
	data 300000 >a/file
	LD_PRELOAD=$FLIP_LIBRARY FLIP_IMAGE=$IMAGES/ext4.img FLIP_TIMES=1000 \
		run "$DECANT" sync -a --verify=cold a/ b
	assert_failure 6
	assert_output --partial "wrong content read back from 'b/file'"
	run decant sync -a --verify=cold --json a/ b
	assert_success
	assert_equal "$(verified_of file <<<"$output")" cold
}

@test "the others are copied all the same" {
	require_root
	require_flip
	on_fs ext4
	[ -e "$IMAGES/ext4.img" ] || skip "needs an image of ext4"
	mkdir src
	data 300000 >src/a
	: >src/b
	mkdir src/c
	run --separate-stderr flipped 1000 -r --verify=cold --json -j 1 src dst
	assert_failure 6
	assert_exists dst/b
	assert_exists dst/c
	assert_not_exists dst/a
	echo "$output" | jq -se 'any(.type == "error" and .class == "integrity" and .op == "verify")'
	echo "$output" | jq -se 'any(.type == "summary" and .result == "integrity" and .exit == 6)'
}

@test "verify finds a flipped bit, peers' way of asking size and time does not" {
	require_root
	require_flip
	on_fs ext4
	[ -e "$IMAGES/ext4.img" ] || skip "needs an image of ext4"
	mkdir a
	data 300000 >a/file
	local i
	for ((i = 0; i < $(times); i++)); do
		rm -rf b
		flipped 1 -a --fsync=each a b
		# what the cache has is what was written: it has to go
		dd if=b/file iflag=nocache count=0 status=none
		run decant verify a b
		assert_failure 1
		assert_output --partial "bytes differ from 0 on"
		run decant verify --quick a b
		assert_success
	done
}
