#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A zoo of everything that -a keeps, on each file system; judged by rsync and by cp -a.

load helpers
load images

setup_file() {
	images_make ext4 xfs btrfs tmpfs
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	let_go
}

# require_zoo: root who has all that a whole zoo needs
require_zoo() {
	require_root
	require_command setfacl getfacl setfattr getfattr setcap getcap rsync
	mknod "$BATS_TEST_TMPDIR/probe" c 1 3 2>/dev/null || skip "needs the right to make devices"
	cp /bin/true "$BATS_TEST_TMPDIR/probe-program"
	setcap cap_net_raw+ep "$BATS_TEST_TMPDIR/probe-program" 2>/dev/null || skip "needs file capabilities"
}

# whole_zoo FS: nothing is missing in the zoo there, nor in its copy
whole_zoo() {
	require_zoo
	on_fs "$1"
	make_zoo zoo
	zoo_has_all zoo
	decant copy -a zoo ours
	same_tree zoo ours
	zoo_has_all ours
	cp -a zoo theirs
	same_listing theirs ours
}

@test "a zoo of everything is the same for rsync, and the same as cp -a makes it" {
	make_zoo zoo
	decant copy -a zoo ours
	same_tree zoo ours
	cp -a zoo theirs
	same_listing theirs ours
	same_tree theirs ours
}

@test "a whole zoo is kept on ext4" {
	whole_zoo ext4
}

@test "a whole zoo is kept on xfs" {
	whole_zoo xfs
}

@test "a whole zoo is kept on btrfs" {
	whole_zoo btrfs
}

@test "a zoo without what tmpfs lacks is kept on tmpfs" {
	on_fs tmpfs
	make_zoo zoo
	decant copy -a zoo ours
	same_tree zoo ours
	cp -a zoo theirs
	same_listing theirs ours
}

@test "a zoo copied again over its copy stays the same" {
	# Others may not write over the files without write permission, with cp neither.
	require_root
	make_zoo zoo
	decant copy -a zoo/. ours
	decant copy -a zoo/. ours
	same_tree zoo ours
}

@test "a tree of the system is the same for rsync" {
	local tree=/usr/share dir
	if [ -z "${CHECK_SLOW:-}" ]; then
		for dir in /usr/share/zoneinfo /usr/share/perl /usr/share/doc; do
			[ ! -d "$dir" ] || { tree=$dir && break; }
		done
	else
		require_space . 4096
	fi
	mkdir D
	decant copy -a "$tree" D
	run rsync -aHAXn --itemize-changes --delete --checksum "$tree/" "D/${tree##*/}/"
	assert_success
	assert_output ''
	[ "$(find D -type f | wc -l)" -gt 20 ]
}
