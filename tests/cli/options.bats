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
# The hint is about the verb, or about all when there is none.
refused() {
	local saying=$1 help=decant
	shift
	case ${1-} in
	copy | hash | pipe) help="decant $1" ;;
	esac
	run --separate-stderr decant "$@"
	assert_equal "$status" 2
	assert_equal "$output" ''
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" "decant: $saying
Try '$help --help'."
}

# The options, letters and names, one a line, that standard input has in any form.
sorted_options() {
	grep -oE -- '(^|[ ,])--?[a-zA-Z0-9][a-z0-9-]*' | tr -d ' ,' | LC_ALL=C sort -u
}

# def VERB: the rows of its table, those of included files too
def() {
	local line
	while IFS= read -r line; do
		case $line in
		'#include "'*) line=${line#'#include "cli/'} && def "${line%.def*}" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$source_dir/src/cli/$1.def"
}

options_of_table() {
	def "$1" | sed -nE 's/^(OPT|TAKE|FLAG|TEXT|WORD)\((NULL|LETTER_[A-Z]*|"[^"]*"), (NULL|"[^"]*").*/\2 \3/p' |
		sed 's/LETTER_QUIET/"q"/;s/LETTER_JOBS/"j"/' | tr -d '"' |
		while read -r letters name; do
			[ "$letters" = NULL ] || printf '%s\n' "$letters" | sed 's/./-&\n/g'
			[ "$name" = NULL ] || printf '%s\n' "$name"
		done | sorted_options
}

options_of_help() {
	decant --help="$1" | sed '/^Stages/,$d' | grep -E '^(  | {6})-' | cut -c1-32 |
		sed 's/\[\{0,1\}=.*//' | sorted_options
}

# section VERB: its section of the manual
section() {
	sed -n "/^\.Sh ${1^^}\$/,/^\.Sh /p" "$source_dir/man/decant.1"
}

options_of_manual() {
	{
		section options
		section "$1"
	} | sed -n '/^\.It Fl/{s/^\.It //;s/Fl Fl /--/g;s/Fl /-/g;s/ Ns .*//;p;}' | sorted_options
}

@test "--help fits a screen" {
	run --separate-stderr decant --help
	assert_success
	assert_equal "$stderr" ''
	[ "${#lines[@]}" -gt 20 ]
	[ "$(decant --help | wc -l)" -le 40 ]
	[ "$(decant --help | wc -L)" -le 79 ]
	[ "$(decant --help | sed -n '/^Common options:/,/^$/p' | grep -cE '^(  | {6})-')" -eq 12 ]
	[ "$(decant --help | sed -n '/^Examples:/,/^$/p' | grep -c '^  [^ ]')" -eq 5 ]
}

@test "--help shows each verb, and speaks of cp when called so" {
	run decant --help
	assert_line --index 0 'Usage: decant copy [OPTION]... SOURCE DEST'
	assert_line --index 1 '  or:  decant hash [OPTION]... PATH...'
	assert_line --partial "  or:  decant pipe [OPTION]..."
	ln -s "$DECANT" cp
	run ./cp --help
	assert_success
	assert_line --index 0 'Usage: cp [OPTION]... SOURCE DEST'
	refute_output --partial 'decant copy'
	assert_equal "$(./cp --help=all)" "$output"
}

@test "--help of a verb shows every option on lines of 79 columns" {
	for verb in copy hash verify pipe; do
		run decant "$verb" --help
		assert_success
		assert_line --index 0 --partial "Usage: decant $verb [OPTION]..."
		assert_equal "$(decant --help="$verb")" "$output"
		[ "$(decant --help="$verb" | wc -L)" -le 79 ]
	done
	assert_equal "$(decant --help=cp)" "$(decant copy --help)"
}

@test "--help=all is the help of all verbs" {
	decant --help=all >all
	{
		decant --help=copy
		echo
		decant --help=hash
		echo
		decant --help=verify
		echo
		decant --help=pipe
	} >each
	run diff all each
	assert_success
	assert_equal "$(decant pipe --help=all)" "$(cat all)"
}

@test "the table, the help and the manual of each verb have the same options" {
	for verb in copy hash verify pipe; do
		options_of_table "$verb" >table
		[ "$(wc -l <table)" -gt 14 ]
		options_of_help "$verb" >help
		options_of_manual "$verb" >manual
		run diff table help
		assert_success
		run diff table manual
		assert_success
	done
}

@test "the manual has the groups of the help in their order" {
	for verb in copy hash verify pipe; do
		{
			section "$verb"
			section options
		} | sed -n 's/^\.Ss //p' >manual
		decant "$verb" --help | sed -n 's/^\([A-Z][a-z ]*\):$/\1/p' >help
		[ -s help ]
		run diff help manual
		assert_success
	done
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
	refused 'missing verb (use copy, hash, verify or pipe)'
	refused 'missing file operand' copy
	refused "missing destination after 'x'" copy x
	refused "extra operand 'c'" copy -T a b c
	refused "unknown verb 'sync' (use copy, hash, verify or pipe)" sync a b
	refused "unknown verb 'pip'; did you mean 'pipe'?" pip a b
	refused "missing verb before '-r' (use 'decant copy')" -r a b
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
