#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Copies compared with each other: whatever the way, the result is one.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	make_zoo zoo
}

teardown() {
	let_go
}

@test "a copy of a copy is a copy" {
	decant copy -a zoo one
	decant copy -a one two
	same_tree zoo two
	same_listing one two
}

@test "one worker and eight make the same tree" {
	decant copy -a -j1 zoo one
	decant copy -a -j8 zoo eight
	same_listing one eight
	same_tree one eight
}

@test "copying by any means makes the same tree" {
	local option
	for option in --reflink=never --sparse=never --sparse=always --atomic --fsync=end --fsync=each; do
		decant copy -a "$option" zoo ours
		same_listing zoo ours || fail "with $option"
		chmod -R u+rwx ours
		rm -rf ours
	done
}

@test "decant copy -a makes what cp -a makes" {
	decant copy -a zoo ours
	cp -a zoo theirs
	same_listing theirs ours
}

@test "decant copy -r makes what cp -r makes, but for times" {
	# Without -a times are new: give all the same before they are compared.
	decant copy -r zoo/basic zoo/links zoo/odd-names "$(mkdir ours && echo ours)"
	cp -r zoo/basic zoo/links zoo/odd-names "$(mkdir theirs && echo theirs)"
	find ours theirs -exec touch -h -d 2001-01-01 {} +
	same_listing theirs ours
}

@test "contents of a directory one by one, or the directory: the same" {
	decant copy -a zoo whole
	mkdir parts
	decant copy -a zoo/* parts
	touch -r zoo parts
	same_listing whole parts
}

@test "a copy onto a copy that was changed brings it back" {
	# Others may not remove what is in directories without write permission, with cp neither.
	require_root
	decant copy -a zoo ours
	echo changed >>ours/basic/one
	rm -r ours/links/c
	chmod 0700 ours/basic/sub
	decant copy -aT --remove-destination zoo ours
	same_listing zoo ours
}
