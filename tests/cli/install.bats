#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What make install puts where, and that make uninstall takes all of it away.

load helpers

setup() {
	build=$(dirname "$DECANT")
	[ -f "$build/Makefile" ] || skip "needs a build tree"
	require_command make
	# This make is its own, whoever runs the test.
	unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
	root=$BATS_TEST_TMPDIR/root
}

@test "make install with DESTDIR gives a program that runs, and a manual page" {
	make -s -C "$build" install prefix=/usr DESTDIR="$root"
	assert_file_executable "$root/usr/bin/decant"
	assert_file_not_empty "$root/usr/share/man/man1/decant.1"
	run "$root/usr/bin/decant" --version
	assert_success
	# Nothing is meant for the build only.
	assert_equal "$(find "$root" -name '*.a' -o -name 'count_*' -o -name 'test_*')" ''
}

@test "make uninstall with DESTDIR leaves nothing" {
	make -s -C "$build" install prefix=/usr DESTDIR="$root"
	[ "$(find "$root" ! -type d | wc -l)" -ge 2 ]
	make -s -C "$build" uninstall prefix=/usr DESTDIR="$root"
	assert_equal "$(find "$root" ! -type d)" ''
}
