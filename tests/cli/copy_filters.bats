#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What is left out, and lists of names.  The pattern language is gitignore's.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p src/build src/lib/build src/docs
	echo 1 >src/a.o
	echo 2 >src/a.c
	echo 3 >src/build/out
	echo 4 >src/lib/b.o
	echo 5 >src/lib/build/deep
	echo 6 >src/docs/keep.o
}

teardown() {
	[ -z "${HELD:-}" ] || kill -9 "$HELD" 2>/dev/null || true
}

# left: what stands in dst, sorted, on one line
left() {
	(cd dst && find . -type f | sort | sed 's,^\./,,' | tr '\n' ' ' | sed 's/ $//')
}

@test "--exclude by base name holds at any depth" {
	decant copy -a --exclude='*.o' src dst
	assert_equal "$(left)" 'a.c build/out lib/build/deep'
}

@test "--exclude with a slash in front is anchored to the source" {
	decant copy -a --exclude=/build src dst
	assert_equal "$(left)" 'a.c a.o docs/keep.o lib/b.o lib/build/deep'
	assert_not_exist dst/build
}

@test "--exclude with a slash at the end takes directories only" {
	echo file >src/docs/build
	decant copy -a --exclude=build/ src dst
	assert_equal "$(left)" 'a.c a.o docs/build docs/keep.o lib/b.o'
}

@test "the last rule that matches decides: --include after --exclude brings back" {
	decant copy -a --exclude='*.o' --include=keep.o src dst
	assert_equal "$(left)" 'a.c build/out docs/keep.o lib/build/deep'
	rm -r dst
	decant copy -a --include=keep.o --exclude='*.o' src dst
	assert_equal "$(left)" 'a.c build/out lib/build/deep'
}

@test "nothing below an excluded directory comes back" {
	decant copy -a --exclude=lib --include='lib/b.o' src dst
	assert_not_exist dst/lib
	assert_exist dst/a.c
}

@test "** spans directories" {
	decant copy -a --exclude='lib/**/deep' src dst
	assert_equal "$(left)" 'a.c a.o build/out docs/keep.o lib/b.o'
}

@test "an excluded directory is not even opened" {
	mkdir src/locked
	echo x >src/locked/f
	chmod 0 src/locked
	run decant copy -a --exclude=locked src dst
	assert_success
	assert_output ''
	assert_not_exist dst/locked
	assert_exist dst/a.c
	chmod 755 src/locked
}

@test "--exclude-from reads gitignore lines: comments, blanks, ! and escapes" {
	echo 7 >'src/#hash'
	echo 8 >'src/!bang'
	printf '%s\n' '# comment' '' '*.o  ' '!keep.o' '\#hash' '\!bang' '/build' >rules
	decant copy -a --exclude-from=rules src dst
	assert_equal "$(left)" 'a.c docs/keep.o lib/build/deep'
}

@test "--exclude-from a file that is missing is an error before anything is written" {
	run decant copy -a --exclude-from=none src dst
	assert_failure
	assert_output --partial none
	assert_not_exist dst
}

@test "filters agree with git on a set of patterns" {
	require_command git
	printf '%s\n' '*.o' '!/docs/keep.o' 'lib/build/' '/a.[ch]' 'build/*' >rules
	git -C src init -q
	cp rules src/.git/info/exclude
	(cd src && git ls-files -o --exclude-standard | sort) >expected
	decant copy -a --exclude-from=rules --exclude=/.git src dst
	(cd dst && find . -type f | sed 's,^\./,,' | sort) >found
	diff expected found
}

@test "--files-from copies the names of a list, and nothing else" {
	printf '%s\n' a.c a.o >list
	mkdir dst
	(cd src && decant copy -a --files-from=../list -t ../dst)
	assert_equal "$(left)" 'a.c a.o'
}

@test "--from0 takes names with newlines, from stdin" {
	echo odd >$'src/new\nline'
	mkdir dst
	(cd src && printf 'new\nline\0a.c\0' | decant copy -a --files-from=- --from0 -t ../dst)
	assert_equal "$(cat $'dst/new\nline' dst/a.c)" $'odd\n2'
	assert_equal "$(names_of dst | wc -l)" 3
}

@test "the first name of a list is acted on before the list ends" {
	mkdir dst
	mkfifo list names
	(cd src && exec "$DECANT" copy -a --files-from=../list --from0 --print0=done -t ../dst) >names &
	local name
	HELD=$!
	exec 8<>list 9<>names
	printf 'a.c\0' >&8
	IFS= read -r -d '' -t 10 name <&9
	[[ $name == *a.c ]]
	# It stands complete while the list is still open.
	assert_equal "$(cat dst/a.c)" 2
	kill -0 "$HELD"
	printf 'a.o\0' >&8
	exec 8>&-
	IFS= read -r -d '' -t 10 name <&9
	[[ $name == *a.o ]]
	wait "$HELD"
	HELD=
	exec 9<&-
}

@test "a name of the list that is missing is exit 1, the others are copied" {
	mkdir dst
	run bash -c 'cd src && printf "%s\n" a.c gone a.o | "$DECANT" copy -a --files-from=- -t ../dst'
	assert_failure 1
	assert_output --partial gone
	assert_equal "$(left)" 'a.c a.o'
}

@test "a long list runs through" {
	mkdir many dst
	tree_py wide many 5000
	(cd many && find . -type f -printf '%P\0' | decant copy -a --files-from=- --from0 -t ../dst)
	assert_equal "$(find dst -type f | wc -l)" 5000
}
