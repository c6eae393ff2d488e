#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Which means is used on which file system, and that each keeps bytes and holes.

load helpers
load images

setup_file() {
	images_make ext4 xfs btrfs tmpfs tmpfs-2
}

teardown_file() {
	images_drop
}

# means NAME EXPECTED [OPTION...]: copy 1 MiB on that file system; the JSON names the means
means() {
	local fs=$1 expected=$2 how
	shift 2
	on_fs "$fs"
	data $((1 << 20)) >a
	decant copy --json "$@" a b >events
	how=$(how_of b <events)
	[[ $how =~ ^($expected)$ ]] || fail "on $fs the means is '$how', not $expected: $(cat events)"
	assert_equal "$(jq -r 'select(.type == "summary") | .how | to_entries[] | select(.value > 0) | .key' events)" \
		"$how"
	cmp a b
}

@test "ext4 copies by copy_file_range or buffers" {
	means ext4 'copy_file_range|buffer'
}

@test "xfs clones" {
	means xfs reflink
}

@test "btrfs clones" {
	means btrfs reflink
}

@test "tmpfs copies by copy_file_range or buffers" {
	means tmpfs 'copy_file_range|buffer'
}

@test "--reflink=never copies on xfs" {
	means xfs 'copy_file_range|sendfile|buffer' --reflink=never
}

@test "--reflink=never copies on btrfs and shares no extent" {
	means btrfs 'sendfile|buffer|copy_file_range' --reflink=never
	sync -f b
	run filefrag -v b
	refute_output --partial shared
}

@test "--reflink=always clones where it can" {
	means btrfs reflink --reflink=always
	sync -f b
	run filefrag -v b
	assert_output --partial shared
}

@test "--reflink=always fails where it cannot, and leaves no file" {
	on_fs ext4
	data 100000 >a
	run decant copy --reflink=always a b
	assert_failure 1
	assert_output --partial a
	assert_not_exist b
}

@test "--reflink alone means always" {
	on_fs ext4
	echo x >a
	run decant copy --reflink a b
	assert_failure 1
	assert_output --regexp '^decant: .*(a|b).*not supported'
}

@test "between two file systems the reason of the fall-back is kept" {
	on_fs xfs
	local from=$FS
	data $((1 << 20)) >a
	on_fs ext4
	decant copy --json "$from/a" b >events
	[[ $(how_of b <events) =~ ^(copy_file_range|sendfile|buffer)$ ]]
	run jq -r 'select(.type == "item") | .fallback' events
	assert_output --regexp '^[a-z_]+: E[A-Z]+$'
	cmp "$from/a" b
}

@test "every pair of file systems gives the same bytes and holes" {
	local from to list=()
	for from in ext4 xfs btrfs tmpfs tmpfs-2; do
		[ -e "$IMAGES/$from.reason" ] || list+=("$from")
	done
	[ "${#list[@]}" -gt 0 ] || skip "$(cat "$IMAGES"/*.reason)"
	for from in "${list[@]}"; do
		on_fs "$from"
		make_tree sparse src
		data 300001 >src/plain
		local src=$FS/src
		for to in "${list[@]}"; do
			on_fs "$to"
			decant copy -a "$src" dst
			same_tree "$src" dst || fail "from $from to $to"
			rm -r dst
		done
	done
}

@test "an empty file has no means" {
	: >"$BATS_TEST_TMPDIR/a"
	cd "$BATS_TEST_TMPDIR"
	decant copy --json a b >events
	assert_equal "$(how_of b <events)" none
	assert_equal "$(jq -c 'select(.type == "summary") | [.how[]] | add' events)" 0
}

# The three values of --sparse, by the blocks that the copy takes.
sparse() {
	on_fs "$1"
	truncate -s 4M hole
	head -c 4M /dev/zero >zeros
	sync -f zeros
	decant copy --sparse=auto hole auto-hole
	[ "$(stat -c %b auto-hole)" -lt 64 ] || fail "auto filled a hole on $1"
	decant copy --sparse=always zeros always-zeros
	[ "$(stat -c %b always-zeros)" -lt 64 ] || fail "always kept zeros on $1"
	decant copy --sparse=never hole never-hole
	sync -f never-hole
	[ "$(stat -c %b never-hole)" -ge 8192 ] || fail "never left a hole on $1"
	decant copy --sparse=auto --reflink=never zeros auto-zeros
	sync -f auto-zeros
	[ "$(stat -c %b auto-zeros)" -ge 8192 ] || fail "auto made a hole of zeros on $1"
	cmp hole never-hole
	cmp zeros always-zeros
	cmp hole auto-hole
}

@test "--sparse=auto, always and never on ext4" {
	sparse ext4
}

@test "--sparse=auto, always and never on xfs" {
	sparse xfs
}

@test "--sparse=auto, always and never on btrfs" {
	sparse btrfs
}

@test "--sparse=auto, always and never on tmpfs" {
	sparse tmpfs
}

@test "data between holes keeps its place to the byte" {
	on_fs ext4
	truncate -s 16M a
	local at
	for at in 1 4096 65535 1048577 8388608 16777215; do
		printf X | dd of=a bs=1 seek="$at" conv=notrunc status=none
	done
	decant copy a b
	cmp a b
	assert_equal "$(tree_py holes b)" "$(tree_py holes a)"
}

@test "a sparse file of one TiB takes no time" {
	on_fs xfs
	truncate -s 1T a
	printf end | dd of=a bs=1 seek=$(((1 << 40) - 3)) conv=notrunc status=none
	printf mid | dd of=a bs=1 seek=$((1 << 39)) conv=notrunc status=none
	timeout 10 "$DECANT" copy --reflink=never a b
	assert_equal "$(tree_py holes b)" "$(tree_py holes a)"
	assert_equal "$(tail -c 3 b)" end
	assert_equal "$(stat -c %s b)" $((1 << 40))
}

@test "a longer file is replaced by a clone of a shorter one" {
	on_fs xfs
	data 10000 >a
	data 50000 >b
	decant copy --json a b >events
	assert_equal "$(how_of b <events)" reflink
	cmp a b
}

@test "files of /proc, whose size is a lie, are read to the end" {
	cd "$BATS_TEST_TMPDIR"
	[ -r /proc/version ] || skip "needs /proc"
	decant copy /proc/version version
	cmp /proc/version version
	decant copy /proc/filesystems filesystems
	cmp /proc/filesystems filesystems
	decant copy /proc/self/maps maps
	[ "$(wc -c <maps)" -gt 1000 ]
	grep -q '\[stack\]' maps
}

@test "files of /sys, whose size is a lie too, are read to the end" {
	cd "$BATS_TEST_TMPDIR"
	[ -r /sys/kernel/mm/transparent_hugepage/enabled ] || [ -r /sys/kernel/uevent_seqnum ] ||
		skip "needs /sys"
	local file
	for file in /sys/kernel/mm/transparent_hugepage/enabled /sys/devices/system/cpu/online; do
		[ -r "$file" ] || continue
		decant copy "$file" copied
		cmp "$file" copied
	done
}

@test "a FIFO does not block: it is recreated" {
	cd "$BATS_TEST_TMPDIR"
	mkdir src
	mkfifo src/fifo
	run timeout 10 "$DECANT" copy -r src dst
	assert_success
	[ -p dst/fifo ]
}

@test "copies larger than a range of one call are whole" {
	on_fs tmpfs
	"$PYTHON" -c '
import sys
block = bytes(range(256)) * 4096
for i in range(130):
    sys.stdout.buffer.write(i.to_bytes(4, "big") + block[4:])' >a
	decant copy a b
	cmp a b
}

@test "one big file that can be cloned takes no thread, and one that cannot arrives all the same" {
	require_command strace
	local fs
	for fs in xfs btrfs ext4 tmpfs; do
		[ ! -e "$IMAGES/$fs.reason" ] || continue
		(
			on_fs "$fs"
			data $((17 << 20)) >big
			echo old >there
			for dst in new there; do
				strace -f -qq -o trace -e trace=clone,clone3 "$DECANT" copy big "$dst"
				cmp big "$dst"
				case $fs in
				xfs | btrfs) [ ! -s trace ] ;;
				*) [ -s trace ] ;;
				esac
			done
			decant copy --json big again | how_of again >how
			case $fs in
			xfs | btrfs) assert_equal "$(cat how)" reflink ;;
			*) [ "$(cat how)" != reflink ] ;;
			esac
			run "$DECANT" copy --update=none-fail big there
			assert_failure 1
			run "$DECANT" copy -b --stats big there
			assert_success
			assert_equal "$(cksum <there~)" "$(cksum <big)"
		)
	done
}
