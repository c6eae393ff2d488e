#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant sync --delete: what goes, what stays, and the brakes.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p s/d d/d
	echo a >s/a
	echo b >s/d/b
	cp -a s/. d
}

teardown() {
	while umount d/mnt 2>/dev/null || umount m 2>/dev/null; do :; done
}

# extras N: so many files in d that s has not
extras() {
	local i
	for i in $(seq "$1"); do
		: >"d/extra$i"
	done
}

# braked SENTENCE OPTION...: nothing is deleted, exit 5, SENTENCE on stderr
braked() {
	local sentence=$1
	shift
	find d | sort >before
	run --separate-stderr decant sync -a --delete "$@" s/ d/
	assert_equal "$status" 5
	# shellcheck disable=SC2154 # set by run
	[[ "$stderr" == *"decant: $sentence"* ]] || fail "$stderr"
	find d | sort | diff before -
}

@test "extras go, with all that is in them, and nothing is followed" {
	mkdir -p d/x/y/z outside
	touch d/x/y/z/file d/x/1 outside/safe
	ln -s ../outside d/link
	ln -s ../../outside d/x/link
	mkfifo d/x/fifo
	run decant sync -ai --delete s/ d/
	assert_success
	assert_line --regexp '^- delete +0 B  x/y/z/file$'
	assert_line --regexp '^- delete +x$'
	[ -f outside/safe ]
	same_listing s d
}

@test "every timing of rsync's is accepted" {
	local option
	for option in --del --delete-before --delete-during --delete-delay --delete-after; do
		touch d/extra
		decant sync -a "$option" s/ d/
		[ ! -e d/extra ]
	done
	touch d/extra
	decant sync -a s/ d/
	[ -e d/extra ]
}

@test "a tree of any depth goes" {
	tree_py deep d/deep 2000
	decant sync -a --delete --max-delete=100% s/ d/
	[ ! -e d/deep ]
}

@test "trees go by several workers, but for what is protected and the way to it" {
	local i
	mkdir -p d/x{1..20}/y{1..5}/z
	for i in {1..20}; do
		touch d/x"$i"/{a,b,c} d/x"$i"/y{1..5}/{a,b} d/x"$i"/y{1..5}/z/a
	done
	touch d/x3/y2/z/keep d/x7/keep
	# the names told are those that would be told, and that were
	decant sync -an -j4 --delete --max-delete=100% --exclude=keep s/ d/ | grep '^-' | sort >dry
	decant sync -ai -j4 --delete --max-delete=100% --exclude=keep s/ d/ | grep '^-' | sort | diff dry -
	# of 20 x, 100 y, 100 z and 360 files these stay: x3, y2, z and x7
	assert_equal "$(wc -l <dry)" 576
	assert_equal "$(cd d && find . -name 'x*' -o -path './x*' | sort)" "./x3
./x3/y2
./x3/y2/z
./x3/y2/z/keep
./x7
./x7/keep"
}

@test "a directory makes way for a file, and the other way round" {
	mkdir d/e
	touch d/e/in
	echo e >s/e
	rm -r d/d
	echo file >d/d
	run decant sync -a s/ d/
	assert_failure 1
	assert_output --partial "a directory that is not empty is in the way"
	[ -f d/d/b ]
	decant sync -a --force s/ d/
	assert_equal "$(cat d/e)" e
}

@test "an empty source deletes nothing" {
	rm -r s/*
	braked "refusing to delete 3 of 3 files in 'd/' (100%): 's/' is empty
hint: is 's/' mounted? use --dry-run to look, --max-delete=100% to insist"
	decant sync -a --delete --max-delete=100% s/ d/
	assert_equal "$(ls -A d)" ''
}

@test "more than half of more than a hundred is not deleted unasked" {
	extras 110
	braked "refusing to delete 110 of 113 files in 'd/' (97%)"
	braked "refusing to delete 110 of 113 files in 'd/' (97%)" --max-delete=109
	braked "refusing to delete 110 of 113 files in 'd/' (97%)" --max-delete=90%
	decant sync -a --delete --max-delete=110 s/ d/
	same_listing s d
	extras 90
	decant sync -a --delete s/ d/
	same_listing s d
}

@test "what is deep in extra directories counts" {
	mkdir -p d/x/y
	(cd d/x/y && seq 150 | xargs touch)
	braked "refusing to delete 152 of 155 files in 'd/' (98%)"
	run --separate-stderr decant sync -an --delete s/ d/
	assert_equal "$status" 5
}

@test "a source directory that cannot be read deletes nothing" {
	[ "$(id -u)" -ne 0 ] || skip "root reads everything"
	extras 1
	chmod 0 s/d
	braked "refusing to delete 1 of"
	chmod 700 s/d
}

@test "a source directory that fails to be listed deletes nothing" {
	extras 1
	find d | sort >before
	run strace -f -qq -o /dev/null -P "$PWD/s/d" -e inject=getdents64:error=EIO "$DECANT" sync -a --delete s/ d/
	assert_equal "$status" 5
	assert_output --partial "a directory of the source could not be read"
	find d | sort | diff before -
	run strace -f -qq -o /dev/null -P "$PWD/s/d" -e inject=getdents64:error=EIO "$DECANT" sync -a --delete --ignore-errors s/ d/
	assert_equal "$status" 1
	[ ! -e d/extra1 ]
	[ -e d/d/b ]
}

@test "a source that is not mounted deletes nothing, though its mount point is not empty" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	mkdir m
	echo stray >m/stray
	mount -t tmpfs decant-test m || skip "no tmpfs can be mounted"
	cp -a s/. m/
	decant sync -a --delete m/ d/
	umount m
	find d | sort >before
	run --separate-stderr decant sync -a --delete m/ d/
	assert_equal "$status" 5
	[[ $stderr == *"refusing to delete "*" files in 'd/' ("*"%): 'm/' is on another file system than last time
hint: is 'm/' mounted? use --dry-run to look, --max-delete=100% to insist"* ]]
	find d ! -name stray | sort | diff before -
	run --separate-stderr decant sync -an --delete m/ d/
	assert_equal "$status" 5
	# whoever insists is believed the next time, too
	decant sync -a --delete --max-delete=100% m/ d/
	assert_equal "$(ls d)" stray
	touch d/extra
	decant sync -a --delete m/ d/
	assert_equal "$(ls d)" stray
}

@test "a disk that is found as another device is the source that it was" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	require_command mkfs.xfs
	[ "$(printf '%s\n' 6.9 "$(uname -r)" | sort -V | head -n 1)" = 6.9 ] || skip "Linux 6.9 tells UUIDs"
	local first second
	truncate -s 320M disk
	mkfs.xfs -q disk
	mkdir m
	first=$(losetup -f --show disk) || skip "no loop device"
	mount "$first" m
	cp -a s m
	decant sync -a --delete m/s/ d/
	umount m
	second=$(losetup -f --show disk)
	losetup -d "$first"
	mount "$second" m
	losetup -d "$second"
	touch d/extra
	decant sync -a --delete m/s/ d/
	[ ! -e d/extra ]
}

@test "where a source was is written down once, and only for runs that delete" {
	export XDG_STATE_HOME=$PWD/state
	decant sync -a s/ d/
	decant sync -an --delete s/ d/
	[ ! -e state ]
	decant sync -a --delete s/ d/
	assert_equal "$(find state -type f | wc -l)" 1
	stat -c %i state/decant/sources/* >before
	decant sync -a --delete s/ d/
	stat -c %i state/decant/sources/* | diff before -
	XDG_STATE_HOME=$PWD/s/a/at/all decant sync -a --delete s/ d/
}

@test "what is mounted below an extra stays" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	mkdir -p d/mnt precious
	touch precious/file
	mount --bind precious d/mnt || skip "cannot mount"
	run decant sync -a --delete s/ d/
	assert_failure 1
	assert_output --partial "a file system is mounted there"
	[ -e precious/file ]
}

@test "what is deleted or replaced can be saved" {
	mkdir -p d/gone
	echo old >d/a
	echo gone >d/gone/file
	decant sync -a --delete --backup-dir=../saved s/ d/
	assert_equal "$(cat saved/a)" old
	assert_equal "$(cat saved/gone/file)" gone
	same_listing s d
	echo old >d/a
	touch d/extra
	decant sync -a --delete -b s/ d/
	assert_equal "$(cat d/a~)" old
	[ -e d/extra~ ]
	decant sync -a --delete -b s/ d/
	[ -e d/a~ ]
	echo old >d/a
	decant sync -a -b --suffix=.old s/ d/
	assert_equal "$(cat d/a.old)" old
}

@test "a backup beside what goes keeps its directory" {
	mkdir -p d/gone/deep
	echo gone >d/gone/deep/file
	for _ in 1 2; do
		run decant sync -a --delete -b s/ d/
		assert_success
		assert_equal "$(cd d && find gone -type f)" 'gone/deep/file~'
	done
}

@test "who owns a directory may delete in it, whatever its mode" {
	local dir
	require_nobody
	dir=$(mktemp -d /tmp/decant-delete.XXXXXX)
	chmod 755 "$dir"
	cp "$DECANT" "$dir/decant"
	mv s d "$dir"
	mkdir -p "$dir"/d/gone/deep
	touch "$dir"/d/gone/deep/file
	chmod -R a-w "$dir/d/gone"
	chown -R 65534:65534 "$dir/d"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/decant" sync -rt --delete "$dir/s/" "$dir/d/"
	assert_equal "$status $(cd "$dir/d" && echo *)" "0 a d"
	rm -r "$dir"
}

@test "a directory that somebody else has removed meanwhile is no failure" {
	require_inject
	mkdir -p d/gone/deep
	strace -f -qq -o calls -e trace=openat2 -e inject=openat2:error=ENOENT:when=1+ \
		"$DECANT" sync -a --delete --max-delete=100% s/ d/ 2>err || fail "$(cat err)"
	grep -q INJECTED calls || skip "needs openat2"
}

# has_deleted: at least one extra is gone
has_deleted() {
	[ "$(find d -name 'extra*' | wc -l)" -lt 300 ]
}

@test "a run that is stopped deletes nothing more" {
	local of pid status
	require_inject
	for of in d d/gone; do
		extras 300
		[ "$of" = d ] || { mkdir d/gone && mv d/extra* d/gone; }
		strace -D -f -qq -o /dev/null -e inject=unlinkat:delay_enter=20000 \
			env --default-signal=INT "$DECANT" sync -a --delete --max-delete=100% s/ d/ >/dev/null 2>&1 &
		pid=$!
		wait_until has_deleted || fail "nothing was deleted"
		kill -s INT "$pid"
		status=0
		wait "$pid" || status=$?
		assert_equal "$status" 130
		[ "$(find d -name 'extra*' | wc -l)" -gt 100 ]
	done
}

@test "where backups go may be in the destination" {
	echo old >d/a
	decant sync -a --delete --backup-dir=.saved s/ d/
	decant sync -a --delete --backup-dir=.saved s/ d/
	assert_equal "$(cat d/.saved/a)" old
}

@test "new files are linked to, or cloned from, earlier trees" {
	mv d one
	echo changed >s/a
	decant sync -a --link-dest=../one s/ two/
	[ two/d/b -ef one/d/b ]
	[ ! two/a -ef one/a ]
	chmod 600 s/d/b
	decant sync -a --link-dest=../two --link-dest=../one s/ three/
	[ ! three/d/b -ef two/d/b ]
	[ three/a -ef two/a ]
	assert_equal "$(stat -c %a two/d/b)" 644
	decant sync -a --clone-dest=../one s/ four/
	same_listing s four
	decant sync -a --compare-dest=../three s/ five/
	assert_equal "$(find five -type f)" ''
	run decant sync -a --link-dest=../nothing --require-sharing s/ six/
	assert_failure 1
	assert_output --partial 'no new file could be linked or cloned'
}

@test "sources go when they have arrived" {
	decant sync -a --remove-source-files s/ d/
	assert_equal "$(find s -type f)" ''
	assert_equal "$(cat d/d/b)" b
}
