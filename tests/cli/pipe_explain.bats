#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# How pipelines are laid out: what --explain prints of each, against files in golden/pipe_explain.
# UPDATE_GOLDEN=1 writes these files anew.
load helpers

# NAME: ARGUMENTS, where "!" stands between stages; stdin is a pipe unless NAME begins with "file-in"
# or "null"; stdout is a pipe unless it ends in "file-out" or "null-out".
PIPELINES='
file-to-file: in ! out
file-to-stdout: in
file-in-to-file-out: -
file-in-to-pipe: -
pipe-to-pipe: -
pipe-to-file: - ! out
pipe-to-null-out: -
nothing-file-in-file-out:
identity-elided: in ! copy ! out
identity-between-commands: in ! cmd cat ! copy ! cmd cat ! out
file-to-command: in ! cmd cat ! out
file-in-to-command-file-out: cmd cat
pipe-to-command-to-pipe: cmd cat
command-to-file: cmd true ! out
commands: in ! cmd cat ! cmd cat ! cmd cat ! out
hash-between-files: in ! hash xxh128 ! out
hash-then-command: in ! hash xxh128 ! cmd cat ! out
command-then-hash: in ! cmd cat ! hash xxh128 ! out
taps-in-a-row: in ! hash xxh128 ! count ! tee other ! out
taps-on-both-sides: in ! count ! cmd cat ! hash xxh64 ! out
limit-on-pipes: - ! limit 5 ! -
limit-then-command: in ! limit 1K ! cmd cat ! out
range-between-files: in ! range 5:10 ! out
rate-between-files: in ! rate 100M ! out
tee-to-stdout: in ! tee other
count-only-null-out: in ! count
copy-and-tap: in ! copy ! count ! copy ! out
descriptors: fd:0 ! fd:1
'

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	seq 1000 >in
}

# explained NAME ARGUMENT...: what --explain prints, without results of stages
explained() {
	local name=$1
	shift
	case $name in
	file-in-* | nothing-file-in-*) exec 5<in ;;
	*) exec 5< <(cat in) ;;
	esac
	case $name in
	*file-out) decant pipe --explain "$@" <&5 2>said >printed ;;
	*null-out) decant pipe --explain "$@" <&5 2>said >/dev/null ;;
	*) decant pipe --explain "$@" <&5 2>said | cat >printed ;;
	esac
	exec 5<&-
	# What stdout is not for data, it is for this.
	cat said printed 2>/dev/null | grep -aE '^pipeline: | -> '
}

@test "each pipeline is laid out as it was (rows 25, 26, 47, 50, 96, 98)" {
	local name arguments golden count=0 different=0
	golden=$BATS_TEST_DIRNAME/golden/pipe_explain
	while IFS=: read -r name arguments; do
		[ -n "$name" ] || continue
		rm -f out other said printed
		# shellcheck disable=SC2086 # "cmd cat" is two words of one stage
		explained "$name" $arguments >now || fail "$name: no explanation: $(cat said)"
		if [ -n "${UPDATE_GOLDEN:-}" ]; then
			mkdir -p "$golden"
			cp now "$golden/$name"
		fi
		diff -u --label "$name as it was" --label now "$golden/$name" now || different=1
		count=$((count + 1))
	done <<<"$PIPELINES"
	[ "$count" -ge 20 ]
	assert_equal "$different" 0
}

@test "each golden file is of a pipeline here" {
	local file
	for file in "$BATS_TEST_DIRNAME"/golden/pipe_explain/*; do
		grep -q "^$(basename "$file"):" <<<"$PIPELINES" || fail "nobody writes $file"
	done
}

@test "a pipeline that cannot be laid out would start nothing (row 48)" {
	# The command line knows no stage that takes no input; that such stages are refused is proved
	# by test_pipeline.  What it does know is refused before anything is made.
	run -2 decant pipe in ! - ! out
	assert_file_not_exists out
}
