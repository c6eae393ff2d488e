#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant sync, how it writes: only blocks that differ, in place or in a clone; what a run that had no end
# leaves to the next; the rate.

load helpers
load images

setup_file() {
	images_make ext4 xfs btrfs
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# change FILE BLOCK...: other bytes in these blocks of 4 KiB
change() {
	local file=$1 block
	shift
	for block; do
		printf 'changed %s' "$block" | dd of="$file" bs=1 seek=$((block * 4096 + 77)) conv=notrunc status=none
	done
}

# an_image DIR: a big file that changes in five blocks against its copy in d, which is older
an_image() {
	mkdir -p "$1" d
	data $((48 << 20)) >"$1/image"
	cp "$1/image" d/image
	touch -d 2001-02-03 d/image
	change "$1/image" 0 1 5000 9000 12287
}

CHANGED=$((5 * 4096))

# synced ARG...: run sync with --json; WRITTEN is what pwrite(2) wrote, COUNTED what the summary says, HOW the
# means of file "image"
synced() {
	strace -f -o calls -e trace=fdatasync,utimensat,pwrite64,copy_file_range,sendfile,ioctl,pread64,fallocate \
		"$DECANT" sync --json "$@" >out
	WRITTEN=$(sed -n 's/.*pwrite64(.*= \([0-9]\+\)$/\1/p; s/.*pwrite64 resumed.*= \([0-9]\+\)$/\1/p' calls |
		awk '{ sum += $1 } END { print sum + 0 }')
	COUNTED=$(jq -r 'select(.type == "summary").bytes.written' out)
	HOW=$(how_of image <out)
}

# marks DIR: the names of DIR's attributes
marks() {
	getfattr -m - "$1" 2>/dev/null | grep -v '^#'
}

# stopped SIGNAL WHEN ARG...: run sync with ARG..., and send it SIGNAL as soon as command WHEN succeeds
stopped() {
	local signal=$1 when=$2 pid
	shift 2
	# what a shell starts behind itself ignores SIGINT
	env --default-signal=INT "$DECANT" sync "$@" >/dev/null 2>&1 &
	pid=$!
	wait_until "$when" || fail "nothing to stop: $when"
	kill -s "$signal" "$pid"
	# no "run", whose subshell has no such child
	wait "$pid" && fail "it was not stopped"
	return 0
}

has_part() {
	[ -n "$(find d -name '.decant-*' -size +1M)" ]
}

has_begun() {
	[ d/image -nt s/image ]
}

has_mark() {
	[ "$(marks d)" = user.decant.unfinished ]
}

# nothing_to_do ARG...: a second run finds nothing, also when it reads
nothing_to_do() {
	run decant sync -i "$@"
	assert_success
	assert_output ''
	run decant sync -ic "$@"
	assert_output ''
}

@test "--inplace writes the blocks that differ, and no others" {
	local inode
	require_calls
	an_image s
	ln d/image other
	ln s/image again
	inode=$(stat -c %i d/image)
	synced -aH --inplace s/ d/
	assert_equal "$WRITTEN" "$CHANGED"
	assert_equal "$COUNTED" "$CHANGED"
	assert_equal "$HOW" update
	[ "$(jq -r 'select(.how? == "update").written' out)" -eq "$CHANGED" ]
	cmp s/image d/image
	cmp s/image other
	assert_equal "$(stat -c %i d/image)" "$inode"
	# what was written is on disk before the time says that it is
	run -0 awk '/pwrite64/ { wrote = NR } /fdatasync/ { synced = NR } /utimensat/ && !set { set = NR }
		END { exit !(wrote < synced && synced < set) }' calls
	nothing_to_do -a --inplace s/ d/
}

@test "--inplace makes files shorter and longer" {
	an_image s
	truncate -s $((40 << 20)) s/image
	decant sync -a --inplace s/ d/
	cmp s/image d/image
	data 70000000 >s/image
	decant sync -a --inplace s/ d/
	cmp s/image d/image
	: >s/image
	decant sync -a --inplace s/ d/
	cmp s/image d/image
	nothing_to_do -a --inplace s/ d/
}

@test "--inplace makes the holes that the source has, and fills none" {
	require_sparse .
	mkdir s d
	truncate -s 64M s/image
	data 100000 | dd of=s/image bs=4096 seek=5000 conv=notrunc status=none
	cp --sparse=never s/image d/image
	touch -d 2001-02-03 d/image
	decant sync -a --inplace s/ d/
	cmp s/image d/image
	same_holes s d
	data 100000 | dd of=s/image bs=4096 seek=9000 conv=notrunc status=none
	decant sync -a --inplace s/ d/
	cmp s/image d/image
	same_holes s d
}

@test "--inplace replaces what must not change under its other names, or must stay" {
	mkdir s snapshot d
	echo new >s/file
	echo old >snapshot/file
	touch -d 2001-02-03 snapshot/file
	ln snapshot/file d/file
	decant sync -a --inplace s/ d/
	assert_equal "$(cat d/file)" new
	assert_equal "$(cat snapshot/file)" old
	echo newer >s/file
	decant sync -a --inplace --backup s/ d/
	assert_equal "$(cat d/file d/file~)" 'newer
new'
	run decant sync -a --inplace -u s/ d/
	assert_failure 2
	assert_output --partial "options --inplace and --update are mutually exclusive"
}

@test "--inplace replaces a program that runs" {
	local pid
	mkdir s d
	cp "$(type -P sleep)" d/program
	cp "$(type -P true)" s/program
	d/program 60 &
	pid=$!
	wait_until [ "$(readlink "/proc/$pid/exe")" = "$PWD/d/program" ]
	run decant sync -a --inplace s/ d/
	kill "$pid"
	assert_success
	cmp s/program d/program
}

@test "--inplace with --verify reads back what it has updated" {
	an_image s
	run decant sync -a --inplace --verify --stats s/ d/
	assert_success
	assert_output --partial "verified with"
	cmp s/image d/image
}

@test "a big file is replaced by a clone of it with its changes" {
	local kind here=$PWD
	require_calls
	for kind in xfs btrfs; do
		on_fs "$kind"
		an_image "$here/s"
		exec 7<d/image
		cksum <d/image >old
		synced -a "$here/s/" d/
		assert_equal "$kind $WRITTEN $COUNTED $HOW" "$kind $CHANGED $CHANGED update"
		cmp "$here/s/image" d/image
		# who had it open has what was there
		assert_equal "$(cksum <&7)" "$(cat old)"
		exec 7<&-
		nothing_to_do -a "$here/s/" d/
	done
}

@test "a big file that has changed all over is copied" {
	local here=$PWD
	on_fs xfs
	mkdir "$here/s" d
	data $((48 << 20)) >"$here/s/image"
	tr '\000-\377' '\001-\377\000' <"$here/s/image" >d/image
	touch -d 2001-02-03 d/image
	decant sync -a --json "$here/s/" d/ >out
	[ "$(how_of image <out)" != update ]
	cmp "$here/s/image" d/image
}

@test "what both sides can share is not written at all" {
	local kind option
	require_calls
	for kind in xfs btrfs; do
		for option in --inplace --checksum; do
			on_fs "$kind"
			an_image s
			synced -a "$option" s/ d/
			assert_equal "$kind $WRITTEN $COUNTED $HOW" "$kind 0 0 reflink"
			cmp s/image d/image
			nothing_to_do -a "$option" s/ d/
		done
	done
}

@test "what both sides share is not read to compare them" {
	local kind
	require_calls
	for kind in xfs btrfs; do
		on_fs "$kind"
		mkdir s d
		data $((48 << 20)) >s/image
		cp --reflink=always s/image d/image
		synced -c s/ d/
		run grep -c ', 131072, [0-9]*)' calls
		assert_equal "$kind $output" "$kind 0"
		decant sync -c --reflink=never s/ e/
		synced -c s/ e/
		run grep -c ', 131072, [0-9]*)' calls
		assert_equal "$kind $output" "$kind 768"
		touch -r s/image keep
		change s/image 5000
		touch -r keep s/image d/image
		decant sync -c s/ d/
		cmp s/image d/image
	done
}

@test "--inplace without clones leaves shared blocks alone" {
	local kind
	require_calls
	for kind in xfs btrfs; do
		on_fs "$kind"
		mkdir s d
		data $((48 << 20)) >s/image
		cp --reflink=always s/image d/image
		change s/image 3 5000
		synced -a --inplace --reflink=never s/ d/
		assert_equal "$kind $WRITTEN $HOW" "$kind 8192 update"
		[ "$(grep -c 'pread64(' calls)" -lt 30 ]
		cmp s/image d/image
	done
}

@test "a file that --inplace left half updated is finished by the next run" {
	an_image s
	data $((48 << 20)) | tr '\000-\377' '\001-\377\000' >d/image
	touch -r s/image d/image
	stopped KILL has_begun -ac --inplace --bwlimit=20M s/ d/
	run cmp s/image d/image
	assert_failure
	decant sync -a --inplace s/ d/
	cmp s/image d/image
	nothing_to_do -a --inplace s/ d/
}

@test "--partial goes on with what a stopped run has written" {
	local signal part
	require_calls
	mkdir s
	data $((48 << 20)) >s/image
	for signal in INT KILL; do
		rm -rf d
		stopped "$signal" has_part -a --partial --bwlimit=20M s/ d/
		[ ! -e d/image ]
		part=$(find d -name '.decant-*' -size +1M)
		[ -n "$part" ]
		synced -a --partial s/ d/
		[ "$WRITTEN" -le $((47 << 20)) ] || fail "$signal: $WRITTEN bytes were written again"
		assert_equal "$WRITTEN" "$COUNTED"
		cmp s/image d/image
		assert_equal "$(ls -A d)" image
		nothing_to_do -a s/ d/
	done
}

@test "--partial does not believe what it finds" {
	local part
	require_xattr .
	mkdir s
	data $((48 << 20)) >s/image
	stopped KILL has_part -a --partial --bwlimit=20M s/ d/
	part=$(find d -name '.decant-*')
	change "$part" 0 100 1000
	chmod 777 "$part"
	change s/image 50
	decant sync -a --partial s/ d/
	same_listing s d
	# without the option a stopped run leaves nothing
	rm -r d
	stopped INT has_mark -a --bwlimit=20M s/ d/
	run find d -type f
	assert_output ''
}

# plant FILE: a part of FILE, which is of our own, with content and an attribute that FILE does not have
plant() {
	part=d/.decant-$(printf %s "$1" | decant hash -a xxh128 - | cut -d' ' -f1)
	data $((4 << 20)) >"$part"
	setfattr -n user.stray -v x "$part"
}

@test "--partial leaves nothing of a part that the source does not have" {
	local part option
	require_xattr .
	mkdir s old
	truncate -s 3M s/f
	printf x | dd of=s/f bs=1 conv=notrunc status=none
	cp -a --sparse=always s/f old/f
	for option in --link-dest=../none --copy-dest=../old --clone-dest=../old; do
		rm -rf d
		mkdir d
		plant f
		decant sync -aX --partial "$option" s/ d/
		cmp s/f d/f || fail "$option: another content"
		run getfattr d/f
		assert_output ''
		assert_equal "$(ls -A d)" f
	done
}

@test "--stop-after starts nothing new after a time" {
	local time
	mkdir s
	data 3000000 >s/a
	run decant sync -a --bwlimit=1M --stop-after=300ms s/ d/
	assert_failure 3
	assert_output --partial "stopped, as --stop-after asks"
	[ ! -e d/a ]
	# a time beyond what can be counted is no short one
	for time in 18446744073710ms 9223372036854775807ms 9000000000000000; do
		rm -rf d
		decant sync -a --stop-after="$time" s/ d/
		same_listing s d
	done
}

@test "--bwlimit is kept by all workers together" {
	local verb start seconds
	mkdir s
	for i in $(seq 8); do data 1000000 >"s/$i"; done
	for verb in 'sync -a' 'copy -r' 'copy -r --reflink=never' 'copy -r --sparse=always'; do
		rm -rf d
		start=${EPOCHREALTIME/./}
		# shellcheck disable=SC2086 # words
		decant $verb -j4 --bwlimit=8MB s/ d/
		seconds=$(((${EPOCHREALTIME/./} - start) / 100000))
		# a second, of which a tenth may be had on credit
		[ "$seconds" -ge 8 ] || fail "$verb took $seconds tenths of a second"
		same_listing s d || [ "$verb" != 'sync -a' ]
	done
	# what several destinations get counts for each
	rm -rf d
	mkdir d e
	start=${EPOCHREALTIME/./}
	decant copy -r --bwlimit=16MB --to e s d
	seconds=$(((${EPOCHREALTIME/./} - start) / 100000))
	[ "$seconds" -ge 8 ] || fail "two destinations took $seconds tenths of a second"
	run decant copy --bwlimit=fast s/1 d/
	assert_failure 2
	assert_output --partial "invalid value 'fast' for '--bwlimit' (use KiB a second, or a size such as 10M)"
}

@test "--bwlimit is kept by unpack" {
	local start
	decant pack --dry-run -f x.tar / -x --exclude='*' >/dev/null 2>&1 || skip "needs archive.so"
	mkdir s
	for i in $(seq 8); do data 1000000 >"s/$i"; done
	decant pack -f a.tar.gz s
	start=${EPOCHREALTIME/./}
	decant unpack --bwlimit=8MB -C d a.tar.gz
	[ $(((${EPOCHREALTIME/./} - start) / 100000)) -ge 8 ]
	same_listing s d/s
}

@test "a run that is killed while it updates is made good by the next" {
	local i option
	mkdir s old
	for i in 1 2 3; do
		data $((12 << 20)) >"s/$i"
		cp "s/$i" old/
		change "s/$i" "$i" 100 2000
	done
	data 3000000 >s/new
	touch -d 2001-02-03 old/*
	for option in --inplace --partial '--inplace -c'; do
		for i in $(seq 6); do
			rm -rf d
			cp -a old d
			# shellcheck disable=SC2086 # words
			tree_py kill KILL $((i * i * 700)) "$DECANT" sync -a $option s/ d/ >/dev/null
			decant sync -a --partial s/ d/
			same_tree s d
			assert_equal "$(ls -A d)" "$(ls -A s)"
		done
	done
}

@test "what a run without an end has written is compared by content" {
	require_xattr .
	mkdir s
	data 3000000 >s/one
	data 50000 >s/two
	touch -d 2001-02-03 s/one s/two
	stopped KILL has_mark -a --bwlimit=1M s/ d/
	assert_equal "$(marks d)" user.decant.unfinished
	# as a crash leaves it: size and time are there, the data is not
	decant copy -a s/one s/two d/
	for name in one two; do
		head -c "$(stat -c %s "s/$name")" /dev/zero >"d/$name"
		touch -r "s/$name" "d/$name"
	done
	# another source's run finds it, too, but does not know whether that was all
	mkdir other
	decant sync -a other/ d/
	assert_equal "$(marks d)" user.decant.unfinished
	# nor does one that fails
	mkdir -p d/three/full
	: >s/three
	run decant sync -a -i s/ d/
	assert_failure 1
	assert_line --regexp '^~ content .* one +content$'
	assert_line --regexp '^~ content .* two +content$'
	assert_equal "$(marks d)" user.decant.unfinished
	rm -r d/three
	decant sync -a s/ d/
	same_listing s d
	assert_equal "$(marks d)" ''
}

@test "a run that ends leaves no mark, whatever its end" {
	require_xattr .
	mkdir s
	data 8000000 >s/one
	decant sync -a s/ d/
	assert_equal "$(marks d)" ''
	echo more >>s/one
	stopped INT has_mark -a --bwlimit=1M s/ d/
	assert_equal "$(marks d)" ''
	setfattr -n user.decant.unfinished -v x s
	decant sync -a s/ d/
	assert_equal "$(marks d)" ''
}
