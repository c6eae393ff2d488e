#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant sync of parts of trees: -R with its pivot, --prune-empty-dirs, judged by rsync.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p src/a/b/c src/x/y src/z src/excluded
	echo deep >src/a/b/c/file
	echo z >src/z/file
	echo out >src/excluded/file.o
	touch -d '2020-01-02' src/a src/a/b src/x src
}

# listed DIR: what is in it, with times of all but DIR itself
listed() {
	(cd "$1" && find . -mindepth 1 -printf '%y %m %TY-%Tm-%Td %P\n' | sort -k4)
}

# agrees OPTION... -- OPERAND...: rsync does the same, a dry run says what is done, and a second run has nothing
# to do; DEST may stand prepared as "old"
agrees() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	rm -rf mine theirs
	mkdir mine theirs
	if [ -d old ]; then
		cp -a old/. mine
		cp -a old/. theirs
	fi
	rsync -a "${options[@]}" "$@" theirs/
	decant sync -a -n "${options[@]}" "$@" mine/ | sed '/^dry run/d' >dry
	decant sync -a -i "${options[@]}" "$@" mine/ >real || fail "${options[*]} $*: $?"
	run diff <(listed theirs) <(listed mine)
	assert_success || fail "${options[*]} $*: $output"
	run diff <(sort dry) <(sort real)
	assert_success || fail "dry run: ${options[*]} $*: $output"
	decant sync -a -i "${options[@]}" "$@" mine/ >again
	[ ! -s again ] || fail "${options[*]} $*: again: $(cat again)"
}

@test "what stands before a pivot is not made" {
	agrees -R -- src/./a/b/c
	agrees -R -- src/./a/b/c/file
	agrees -R -- src/a/b/./c/file
	agrees -R -- src/a/./b
	agrees -R -- src/a/b/c/./
	agrees -R -- "$PWD/src/./a/b"
	agrees -R -- src/./a/b src/./z src/a/b/./c
	[ ! -e mine/src ]
}

@test "directories without files are not made" {
	agrees -m -- src/
	[ ! -e mine/x ]
	agrees -m -- src
	agrees -m -- src/x
	agrees -m '--exclude=*.o' -- src/
	[ ! -e mine/excluded ]
}

@test "directories without files that were there stay, but with --delete go" {
	mkdir -p old/x/y old/x/more old/q old/excluded/deeper
	echo old >old/x/old
	echo kept >old/excluded/kept.o
	agrees -m -- src/
	[ -e mine/x/old ]
	agrees -m --delete -- src/
	[ ! -e mine/x ]
	agrees -m --delete '--exclude=*.o' -- src/
	[ -e mine/excluded/kept.o ]
}

@test "a brake keeps directories without files, too" {
	mkdir -p many/x/y
	touch many/{1..150}
	run decant sync -a -m --delete src/ many/
	assert_failure 5
	[ -d many/x/y ]
}
