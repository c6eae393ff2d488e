#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The command line itself: help, version, usage errors, and that table, help and manual agree.
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset DECANT_JOBS DECANT_PROGRESS POSIXLY_CORRECT SIMPLE_BACKUP_SUFFIX VERSION_CONTROL
	source_dir=$BATS_TEST_DIRNAME/../..
}

# refused SAYING ARGUMENT...: exit 2, SAYING and the hint on stderr, nothing on stdout
refused() {
	local saying=$1
	shift
	run --separate-stderr decant "$@"
	assert_equal "$status" 2
	assert_equal "$output" ''
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" "decant: $saying
Try 'decant --help'."
}

# The options, letters and names, one a line, that standard input has in any form.
sorted_options() {
	grep -oE -- '(^|[ ,])--?[a-zA-Z0-9][a-z0-9-]*' | tr -d ' ,' | LC_ALL=C sort -u
}

options_of_table() {
	sed -nE 's/^(OPT|FLAG|TEXT|WORD)\((NULL|"[^"]*"), (NULL|"[^"]*").*/\2 \3/p' \
		"$source_dir/src/cli/options.def" | tr -d '"' |
		while read -r letters name; do
			[ "$letters" = NULL ] || printf '%s\n' "$letters" | sed 's/./-&\n/g'
			[ "$name" = NULL ] || printf '%s\n' "$name"
		done | sorted_options
}

options_of_help() {
	decant --help=all | grep -E '^(  | {6})-' | cut -c1-32 | sed 's/\[\{0,1\}=.*//' | sorted_options
}

options_of_manual() {
	sed -n '/^\.Sh OPTIONS/,/^\.Sh PATTERNS/p' "$source_dir/man/decant.1" |
		sed -n '/^\.It Fl/{s/^\.It //;s/Fl Fl /--/g;s/Fl /-/g;s/ Ns .*//;p;}' | sorted_options
}

@test "--help fits a screen" {
	run --separate-stderr decant --help
	assert_success
	assert_equal "$stderr" ''
	[ "${#lines[@]}" -gt 20 ]
	[ "$(decant --help | wc -l)" -le 40 ]
	[ "$(decant --help | wc -L)" -le 79 ]
	[ "$(decant --help | sed -n '/^Common options:/,/^$/p' | grep -c '^  ')" -eq 12 ]
	[ "$(decant --help | sed -n '/^Examples:/,/^$/p' | grep -c '^  [^ ]')" -eq 5 ]
}

@test "--help is the same with and without the verb, and speaks of cp when called so" {
	assert_equal "$(decant copy --help)" "$(decant --help)"
	ln -s "$DECANT" cp
	run ./cp --help
	assert_success
	assert_line --index 0 'Usage: cp [OPTION]... SOURCE DEST'
	refute_output --partial 'decant copy'
}

@test "--help=all and --help=copy show every option on lines of 79 columns" {
	run decant --help=all
	assert_success
	assert_equal "$(decant --help=copy)" "$output"
	[ "$(decant --help=all | wc -L)" -le 79 ]
}

@test "the table, --help=all and the manual have the same options" {
	options_of_table >table
	[ "$(wc -l <table)" -gt 60 ]
	options_of_help >help
	options_of_manual >manual
	run diff table help
	assert_success
	run diff table manual
	assert_success
}

@test "the manual has the groups of --help=all in their order" {
	decant --help=all | sed -n 's/^\([A-Z][a-z ]*\):$/\1/p' >help
	sed -n 's/^\.Ss //p' "$source_dir/man/decant.1" >manual
	[ -s help ]
	run diff help manual
	assert_success
}

@test "the manual has its examples right after the description" {
	run sed -n 's/^\.Sh \([A-Z]*\).*/\1/p' "$source_dir/man/decant.1"
	assert_line --index 3 EXAMPLES
}

@test "--version begins with name and number, then license and features" {
	run --separate-stderr decant --version
	assert_success
	assert_equal "$stderr" ''
	assert_line --index 0 --regexp '^decant [0-9]+\.[0-9]+\.[0-9]+$'
	assert_line --index 1 --partial Copyright
	assert_line --index 2 --partial BSD-2-Clause
	assert_line --index 3 --regexp '^Features:'
}

@test "help that cannot be written is not a success" {
	run -2 bash -c '"$DECANT" --help >/dev/full'
}

@test "a misspelt option is answered with the right one" {
	refused "unknown option '--recursve'; did you mean '--recursive'?" copy --recursve a b
	refused "unknown option '--dryrun'; did you mean '--dry-run'?" copy a b --dryrun
	refused "unknown option '--xyz'" copy --xyz a b
}

@test "a wrong value is answered with the right ones" {
	refused "invalid value 'foo' for '--sparse' (use auto, always or never)" \
		copy --sparse=foo a b
	refused "invalid value '0' for '--jobs' (use 1 to 256)" copy -j0 a b
}

@test "options of other tools are named as such" {
	refused "'--delete' is not an option of copy, which never deletes" copy -a --delete a b
	refused "'--times' is not an option of copy; use '--preserve=timestamps'" copy --times a b
}

@test "missing and superfluous operands are named" {
	refused "missing verb (use 'decant copy SOURCE DEST')"
	refused 'missing file operand' copy
	refused "missing destination after 'x'" copy x
	refused "extra operand 'c'" copy -T a b c
	refused "unknown verb 'sync' (use 'copy')" sync a b
}

@test "options that exclude each other are refused" {
	refused 'options --backup and --no-clobber are mutually exclusive' copy -b -n a b
	refused 'options --link and --symbolic-link are mutually exclusive' copy -l -s a b
	refused 'options --reflink=always and --sparse=never are mutually exclusive' \
		copy --reflink --sparse=never a b
}

@test "a bad environment is a usage error that names the variable" {
	DECANT_JOBS=none refused "invalid value 'none' for 'DECANT_JOBS' (use 1 to 256)" copy a b
}

@test "a usage error touches nothing" {
	echo old >there
	run -2 decant copy -f --remove-destination /dev/null there --sparse=foo
	assert_equal "$(cat there)" old
}

@test "called as cp, complaints begin with cp" {
	ln -s "$DECANT" cp
	run -2 ./cp --recursve a b
	assert_line --index 0 "cp: unknown option '--recursve'; did you mean '--recursive'?"
	assert_line --index 1 "Try 'cp --help'."
}
