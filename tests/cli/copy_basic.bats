#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The forms of operands, and what happens when they do not fit.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "one file is copied to a new name, silently" {
	echo content >a
	run decant copy a b
	assert_success
	assert_output ''
	assert_equal "$(cat b)" content
}

@test "one file is copied into an existing directory" {
	echo content >a
	mkdir d
	decant copy a d
	assert_equal "$(cat d/a)" content
}

@test "several sources go into the last operand" {
	echo 1 >a
	echo 2 >b
	mkdir d
	decant copy a b d
	assert_equal "$(cat d/a d/b)" $'1\n2'
}

@test "several sources with a destination that is no directory are refused before anything is written" {
	echo 1 >a
	echo 2 >b
	run decant copy a b missing
	[ "$status" -ne 0 ]
	assert_output --partial missing
	assert_not_exist missing
	echo 3 >file
	run decant copy a b file
	[ "$status" -ne 0 ]
	assert_output --partial file
	assert_equal "$(cat file)" 3
}

@test "-t names the directory first" {
	echo 1 >a
	echo 2 >b
	mkdir d
	decant copy -t d a b
	decant copy --target-directory=d a
	assert_equal "$(cat d/a d/b)" $'1\n2'
}

@test "-t that is no directory fails and writes nothing" {
	echo 1 >a
	run decant copy -t missing a
	[ "$status" -ne 0 ]
	assert_output --partial missing
	assert_not_exist missing
}

@test "-T takes the destination as the thing itself" {
	mkdir src dst
	echo 1 >src/a
	decant copy -rT src dst
	assert_exist dst/a
	assert_not_exist dst/src
}

@test "-T does not put a file into a directory" {
	echo 1 >a
	mkdir d
	run decant copy -T a d
	assert_failure 1
	assert_output --partial d
	assert_not_exist d/a
}

@test "-r copies a directory under its name, and to a new name" {
	make_tree basic src
	mkdir into
	decant copy -r src into
	decant copy -r src new
	run diff -r src into/src
	assert_success
	run diff -r src new
	assert_success
}

@test "source/. copies the contents into an existing directory" {
	make_tree basic src
	mkdir dst
	decant copy -a src/. dst
	assert_not_exist dst/src
	same_tree src dst
}

@test "a second copy merges into what is there" {
	mkdir -p src/d dst/src/d
	echo new >src/d/new
	echo old >dst/src/d/old
	decant copy -a src dst
	assert_equal "$(cat dst/src/d/new dst/src/d/old)" $'new\nold'
}

@test "a missing source is exit 1 and named, and the others are copied" {
	echo 1 >a
	mkdir d
	run decant copy missing a d
	assert_failure 1
	assert_output --regexp "^decant: cannot .*'?missing'?: No such file or directory"
	assert_exist d/a
}

@test "a directory without -r is omitted, the message says -r, exit 1" {
	mkdir src d
	echo 1 >a
	run decant copy src a d
	assert_failure 1
	assert_output --partial -- -r
	assert_output --partial src
	assert_not_exist d/src
	assert_exist d/a
}

@test "no operands, and one alone, are usage errors" {
	run decant copy
	assert_failure 2
	assert_output --regexp '^decant: '
	echo 1 >a
	run decant copy a
	assert_failure 2
	assert_output --partial a
}

@test "an unknown option is exit 2 with the nearest name" {
	run decant copy --recursve a b
	assert_failure 2
	assert_line --index 0 "decant: unknown option '--recursve'; did you mean '--recursive'?"
}

@test "an invalid value is exit 2 and says which are valid" {
	run decant copy --sparse=foo a b
	assert_failure 2
	assert_output --partial "invalid value 'foo' for '--sparse' (use auto, always or never)"
}

@test "an unknown verb is exit 2" {
	run decant cpoy a b
	assert_failure 2
	assert_output --partial cpoy
}

@test "-- ends the options" {
	echo 1 >-dash
	decant copy -- -dash --target-directory
	assert_equal "$(cat ./--target-directory)" 1
}

@test "cp is an alias of copy, and the program called as cp is copy" {
	echo 1 >a
	decant cp a b
	assert_equal "$(cat b)" 1
	ln -s "$DECANT" cp
	./cp a c
	assert_equal "$(cat c)" 1
	run ./cp missing d
	assert_failure 1
	assert_output --regexp '^cp: '
}

@test "an empty file and an empty directory arrive" {
	: >empty
	mkdir none
	decant copy -r empty none "$(mkdir d && echo d)"
	assert_exist d/empty
	[ ! -s d/empty ]
	assert_dir_exist d/none
}

@test "a file over a directory and a directory over a file are refused, exit 1" {
	mkdir -p one/x two
	echo f >two/x
	run decant copy -r two/x one
	assert_failure 1
	assert_output --partial one/x
	assert_dir_exist one/x
	run decant copy -rT one two
	assert_failure 1
	assert_output --partial two/x
	assert_equal "$(cat two/x)" f
}

@test "--version begins with the name and the number" {
	run decant --version
	assert_success
	assert_line --index 0 --regexp '^decant [0-9]+\.[0-9]+\.[0-9]+'
}

@test "--help fits 40 lines of 79 columns" {
	run decant --help
	assert_success
	[ "${#lines[@]}" -le 40 ]
	[ "$(wc -L <<<"$output")" -le 79 ]
	assert_output --partial 'copy'
}
