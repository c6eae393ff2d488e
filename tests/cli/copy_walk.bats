#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Trees of every shape: deep, wide, across mounts, into themselves.

load helpers
load images

# Tens of thousands of entries are made and removed much faster in memory.
setup_file() {
	images_make tmpfs
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	cd / || return
	local mounted
	while read -r mounted; do
		umount "$mounted"
	done < <(awk -v top="$BATS_TEST_TMPDIR/" 'index($2, top) == 1 { print $2 }' /proc/self/mounts | sort -r)
}

@test "10,000 levels are copied, on two workers and then with 32 descriptors on one, and are the same" {
	prefer_fs tmpfs
	tree_py deep src 10000
	decant copy -a -j2 src dst
	(ulimit -n 32 && decant copy -a -j1 dst again)
	same_listing src again
	rm -rf src dst again
}

@test "32 descriptors suffice for a wide and deep tree on many workers" {
	local i
	for i in {1..40}; do
		make_tree links "src/a/$i/b/c"
		mkdir -p "src/a/$i/"{d,e,f}/{g,h}
	done
	make_tree_deep src/deep
	(ulimit -n 32 && decant copy -a -j8 src dst)
	same_tree src dst
}

@test "a directory of 20,000 entries arrives whole" {
	prefer_fs tmpfs
	tree_py wide src 20000
	decant copy -a src dst
	assert_equal "$(names_of dst | sort | cksum)" "$(names_of src | sort | cksum)"
}

@test "a tree of thousands of directories arrives whole on 8 workers" {
	local i
	prefer_fs tmpfs
	mkdir src
	for i in {1..60}; do
		mkdir -p "src/$i/"{1..50}
		echo "$i" | tee "src/$i/"{1..50}/f >/dev/null
	done
	decant copy -a -j8 src dst
	same_listing src dst
}

@test "-x makes mount points but does not enter them" {
	require_mount
	mkdir -p src/mounted src/plain
	mount -t tmpfs -o mode=0711 none src/mounted
	echo inside >src/mounted/file
	echo plain >src/plain/file
	decant copy -a -x src dst
	assert_dir_exist dst/mounted
	assert_not_exist dst/mounted/file
	assert_exist dst/plain/file
	decant copy -a --one-file-system src again
	assert_not_exist again/mounted/file
	decant copy -a src all
	assert_equal "$(cat all/mounted/file)" inside
}

@test "a bind mount inside of a tree is not a hard link of it and ends" {
	require_mount
	mkdir -p src/a src/b
	echo x >src/a/file
	mount --bind src/a src/b
	timeout 20 "$DECANT" copy -a src dst
	assert_equal "$(cat dst/a/file dst/b/file)" $'x\nx'
}

@test "a source into itself is refused before the first write" {
	make_tree basic src
	names_of src | sort >before
	run timeout 20 "$DECANT" copy -a src src/inside
	assert_failure
	assert_output --regexp '^decant: .*src.*itself'
	names_of src | sort >after
	diff before after
	mkdir src/into
	names_of src | sort >before
	run timeout 20 "$DECANT" copy -a src src/into
	assert_failure
	names_of src | sort >after
	diff before after
}

@test "a source into itself is seen through a symbolic link" {
	make_tree basic src
	ln -s src/sub alias
	names_of src | sort >before
	run timeout 20 "$DECANT" copy -a src alias/new
	assert_failure
	assert_output --regexp '^decant: .*src.*itself'
	names_of src | sort >after
	diff before after
}

@test "a path longer than PATH_MAX below an operand is reached, and one operand of it too long is named" {
	tree_py deep src 500
	decant copy -a src dst
	same_listing src dst
	run decant copy "$(printf 'x%.0s' {1..5000})" dst
	assert_failure 1
	assert_output --partial 'File name too long'
}

@test "what vanishes between listing and opening is no failure" {
	require_inject
	mkdir src
	echo 1 >src/a
	echo 2 >src/b
	echo 3 >src/c
	# A plain run tells which call of the worker opens the second of them: strace counts in each
	# thread, and the order is the same every time.
	local thread nth call
	strace -f -qq -o trace -e trace=openat,openat2 "$DECANT" copy -a -j1 src dst
	thread=$(sed -n "s/^\\([0-9]*\\) .*\"b\", O_RDONLY.*/\\1/p" trace)
	call=$(sed -n 's/.* \(openat2*\)(.*"b", O_RDONLY.*/\1/p' trace)
	[ -n "$thread" ]
	nth=$(awk -v thread="$thread" -v call="$call(" \
		'$1 == thread && index($0, call) { n++ } /"b", O_RDONLY/ { print n; exit }' trace)
	rm -rf dst
	run --separate-stderr inj "$call:error=ENOENT:when=$nth" "$DECANT" copy -a -j1 --stats src dst
	assert_injected
	assert_success
	assert_equal "$(names_of dst | sort | tr '\n' ' ')" 'a c '
	assert_equal "$(cat dst/a dst/c)" $'1\n3'
}

@test "an unreadable directory is exit 1 and named, the rest is copied" {
	require_inject
	mkdir -p src/bad src/good
	echo x >src/good/f
	run inj_at "$PWD/src/bad" getdents64:error=EIO "$DECANT" copy -a src dst
	assert_injected
	assert_failure 1
	assert_output --partial bad
	assert_equal "$(cat dst/good/f)" x
}
