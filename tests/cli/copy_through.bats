#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# copy --through: each file's content through commands, all or nothing.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# children: the processes that have this test's mark, a number of seconds to sleep
children() {
	pgrep -f "sleep $1" || true
}

@test "--through: content goes through the command, names and attributes stay" {
	make_tree basic src
	chmod 640 src/one
	decant copy -a --through='gzip -9n' src dst
	assert_equal "$(cd dst && find . | sort)" "$(cd src && find . | sort)"
	for file in one nothing sub/two sub/deeper/five sub/mega; do
		gzip -dc "dst/$file" | cmp - "src/$file"
		assert_equal "$(stat -c '%a %Y %u' "dst/$file")" "$(stat -c '%a %Y %u' "src/$file")"
	done
	[ -L dst/pointer ]
	no_temporaries dst <(names_of src)
	# what comes back is what was there
	decant copy -a --through='gzip -d' dst back
	same_tree src back
}

@test "--through: several commands, given apart or joined by bars, no shell" {
	printf 'b\na\nb\n' >a
	decant copy --through='sort | uniq -c' --through="tr -d ' '" a b
	assert_equal "$(cat b)" "1a
2b"
	decant copy --through="tr b '|'" a c
	assert_equal "$(head -n 1 c)" '|'
	decant copy --through='echo $HOME * \| "x|y"|cat' a d
	# shellcheck disable=SC2016 # as it is
	assert_equal "$(cat d)" '$HOME * | x|y'
}

@test "--through: a command that fails leaves what was there, and is named with its status" {
	mkdir src dst
	echo new >src/a
	echo fine >src/b
	echo new >src/c
	echo old >dst/a
	run --separate-stderr decant copy -r -T --through="sh -c 'case \$DECANT_SRC in */b) cat ;; *) echo half; echo why >&2; exit 3 ;; esac'" src dst
	assert_equal "$status" 1
	assert_equal "$(cat dst/a)" old
	assert_equal "$(cat dst/b)" fine
	assert_not_exists dst/c
	no_temporaries dst <(names_of src)
	[[ $stderr == *"cannot copy 'src/a': stage 'sh -c "*" exited with status 3: why"* ]]
	[[ $stderr == *"command failed  2 "* ]]
}

@test "--through: how a command failed, in JSON" {
	echo a >a
	run --separate-stderr decant copy --json --through=false a b
	assert_equal "$status" 1
	assert_equal "$(jq -r 'select(.type == "error") | .class + " " + .op + " " + .result + " " + (.code | tostring)' <<<"${lines[1]}")" \
		"command stage exit 1"
	run --separate-stderr decant copy --json --through="sh -c 'kill -9 \$\$'" a b
	assert_equal "$(jq -r 'select(.type == "error") | .result + " " + (.code | tostring)' <<<"${lines[1]}")" "signal 9"
	run --separate-stderr decant copy --json --through='cat | no-such-command | cat' a b
	assert_equal "$status" 1
	assert_equal "$(jq -r 'select(.type == "error") | .result' <<<"${lines[1]}")" start
	assert_not_exists b
}

@test "--through: a failure anywhere in the pipeline counts" {
	echo a >a
	run decant copy --through='false | cat' a b
	assert_equal "$status" 1
	run decant copy --through='cat | false' a b
	assert_equal "$status" 1
	assert_not_exists b
}

@test "--through: what the command is told" {
	mkdir -p src/sub
	data 12345 >src/sub/a
	# shellcheck disable=SC2016 # for the command
	decant copy -r --through='sh -c "echo $DECANT_SRC; echo $DECANT_DST; echo $DECANT_SIZE"' src dst
	assert_equal "$(cat dst/sub/a)" "src/sub/a
dst/sub/a
12345"
}

@test "--through: standard error is kept for failures" {
	echo a >a
	run --separate-stderr decant copy --through="sh -c 'echo noise >&2; cat'" a b
	assert_equal "$stderr" ''
	run --separate-stderr decant copy --through="sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo line \$i of a long story; done >&2; exit 1'" a b
	[[ $stderr == *"line 8 of a long story; line 9 of a long story"* ]]
	[[ $stderr != *"line 1 "* ]]
}

@test "--through with --hash: the digest is of what was written" {
	require_digest sha256
	mkdir src
	data 100000 >src/a
	: >src/b
	decant copy -a --json --hash=sha256,md5 --through='gzip -n' src dst >events
	for file in a b; do
		assert_equal "$(jq -r "select(.path == \"dst/$file\") | .hash" events)" \
			"sha256:$(sha256sum <dst/$file | cut -d' ' -f1),md5:$(md5sum <dst/$file | cut -d' ' -f1)"
		assert_equal "$(jq -r "select(.path == \"dst/$file\") | .bytes" events)" "$(stat -c %s dst/$file)"
	done
	assert_equal "$(jq -r 'select(.path == "dst/a") | .how' events)" command
	run decant copy --explain --hash=md5 --through='cat | cat' src/a c
	assert_line --index 1 "pipeline: file | cat | cat | hash md5 | file     links: pass, pipe, read, fused, write"
	run decant copy --explain --through='cat' src/a d
	assert_line --index 1 "pipeline: file | cat | file     links: pass, pass"
}

@test "--through: -u compares times only, hard links stay together" {
	mkdir src
	echo a >src/a
	ln src/a src/b
	decant copy -a -u --through='gzip -n' src dst
	[ dst/a -ef dst/b ]
	run decant copy -a -u --json -T --through=false src dst
	assert_success
}

@test "--through: what exists is replaced whole, and saved if asked" {
	echo new >a
	echo old >b
	exec 7<b
	decant copy --through=cat a b
	assert_equal "$(cat <&7)" old
	assert_equal "$(cat b)" new
	echo newer >a
	run decant copy --backup --through=false a b
	assert_equal "$status" 1
	assert_equal "$(cat b)" new
	assert_not_exists b~
	decant copy --backup --through=cat a b
	assert_equal "$(cat b b~)" "newer
new"
}

@test "--through: what has no size goes through too" {
	mkfifo fifo
	data 200000 >a
	cat a >fifo &
	decant copy --through=cat fifo b
	wait
	cmp a b
	# a link to what can never appear whole stays: many a /dev/stdout is one
	ln -s /proc/self/fd/1 out
	printf abc >a
	assert_equal "$(decant copy --through='tr a-z A-Z' a out | cat)" ABC
	assert_equal "$(decant copy --atomic a out | cat)" abc
	[ -L out ]
}

@test "--through: a source that changes meanwhile is passed once more, then named" {
	echo a >a
	# shellcheck disable=SC2016 # for the command
	run --separate-stderr decant copy --through='sh -c "cat; echo again >>$DECANT_SRC"' a b
	assert_equal "$status" 4
	[[ $stderr == *"changed while"* ]]
	echo a >a
	# shellcheck disable=SC2016 # for the command
	decant copy --through='sh -c "cat; [ -e once ] || echo b >>$DECANT_SRC; >once"' a c
	assert_equal "$(cat c)" "a
b"
}

@test "--through: many files and more stages than a pipe holds" {
	require_digest sha256
	mkdir src
	for i in {1..30}; do data $((i * 10007)) >"src/$i"; done
	decant copy -a -j4 --hash=md5 --through='cat|cat|cat' --through=cat src dst
	diff -r src dst
	(ulimit -n 64 && decant copy -a -j4 --hash=md5 --through='cat|cat|cat' src again)
	diff -r src again
}

@test "--through: a signal ends the commands, and leaves nothing" {
	local mark=31.$$ pid began
	mkdir src dst
	echo new >src/a
	echo old >dst/a
	"$DECANT" copy -rT --through="sleep $mark" src dst &
	pid=$!
	wait_until eval "[ -n \"\$(children $mark)\" ]"
	began=$(date +%s%N)
	kill -TERM "$pid"
	wait "$pid" && fail "it goes on" || assert_equal $? 143
	[ $((($(date +%s%N) - began) / 1000000)) -lt 1500 ]
	assert_equal "$(children "$mark")" ''
	assert_equal "$(cat dst/a)" old
	no_temporaries dst <(names_of src)
}

@test "--through: options that cannot go with it" {
	echo a >a
	for option in --link --symbolic-link --attributes-only --reflink=always --sparse=always; do
		run --separate-stderr decant copy "$option" --through=cat a b
		assert_equal "$status" 2
		[[ $stderr == *"mutually exclusive"* ]]
	done
	for command in '' ' ' 'a |' '| a' 'a || b' "a 'b"; do
		run --separate-stderr decant copy --through="$command" a b
		assert_equal "$status" 2
		[[ $stderr == *"invalid command"* ]]
	done
	assert_not_exists b
}
