#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The command line of pipe: what is said of mistakes, before anything is touched; inner stages.
load helpers

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	unset DECANT_JOBS DECANT_PROGRESS POSIXLY_CORRECT
	echo data >in
}

# refused SAYING ARGUMENT...: exit 2, SAYING and the hint on stderr, nothing on stdout, no file made
refused() {
	local saying=$1
	shift
	run --separate-stderr decant pipe "$@"
	assert_equal "$status" 2
	assert_equal "$output" ''
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" "decant: $saying
Try 'decant pipe --help'."
	assert_equal "$(ls)" in
}

@test "a stage that is missing is said to be" {
	refused "missing stage before '|'" '|' out
	refused "missing stage after '!'" in '!'
	refused "missing stage between '|' and '|'" in '|' '|' out
	refused 'a stage is empty' in '|' '' '|' out
}

@test "a misspelt stage is answered with the right one" {
	refused "unknown stage 'hsah'; did you mean 'hash'?" in '|' hsah sha256 '|' out
	refused "unknown stage 'hsah sha256'; did you mean 'hash'? (a file's name needs a slash then: ./NAME)" \
		in '|' 'hsah sha256'
	refused "unknown stage 'sort' (use 'cmd' to run a command; only the first and the last can be a file)" \
		in '|' sort '|' out
}

@test "ends are refused in the middle" {
	refused "'-' can only be the first or the last stage" in '|' - '|' out
	refused "'fd:3' can only be the first or the last stage" in '|' fd:3 '|' out
	refused "'listen' can only be the first or the last stage" in '|' listen 9000 '|' out
}

@test "compression of our own is refused with the cure" {
	refused "there is no stage 'zstd' yet; use cmd zstd" in '|' zstd -3 '|' out
	refused "there is no stage 'gunzip' yet; use cmd 'gzip -dc'" in '|' gunzip '|' out
}

@test "wrong values are answered with right ones" {
	refused "invalid value '1X' for 'limit' (use a size such as 4096 or 10M)" in '|' limit 1X '|' out
	refused "invalid value '5' for 'range' (use OFF:LEN, sizes such as 1M:4096)" in '|' range 5
	refused "invalid value '0' for 'rate' (use a size a second such as 10M)" in '|' 'rate 0'
	refused "invalid value 'sha3' for 'hash' (use xxh128, xxh64, sha256, sha512, blake2b, sha1, md5)" \
		in '|' hash sha3=sums '|' tee copy '|' out
	refused "invalid value '=f' for 'hash' (use ALGO or ALGO=FILE)" in '|' hash =f
	refused "invalid value 'host' for 'connect' (use HOST:PORT or unix:PATH)" connect host
	refused "stage 'hash' needs a value (ALGO[=FILE])" in '|' hash
	refused "extra word '|' in the stage 'hash'" in '|' 'hash md5 | cmd zstd'
	refused "stage 'cmd' needs a value (COMMAND)" in '|' cmd '|' out
	run -2 decant pipe in '|' cmd "sed 's/a" '|' out
	assert_line --index 0 --partial "decant: cannot split"
}

@test "wrong options are answered with right ones" {
	refused "unknown option '--timout'; did you mean '--timeout'?" --timout=3 in
	refused "'-r' is not an option of pipe, but of copy" -r in
	refused "'-v' is not an option of pipe; use '--explain'" -v in
	refused "'--bwlimit' is not an option of pipe; use the stage 'rate'" --bwlimit=1M in
	refused "invalid value 'soon' for '--timeout' (use a time such as 1.5, 500ms, 10s, 2m or 1h)" \
		--timeout=soon in
	refused "invalid value '1Q' for '--mem-limit' (use a size such as 64M or 2G)" --mem-limit=1Q in
	refused "invalid value '=b' for '--env' (use NAME=VALUE, or NAME to remove it)" --env==b in
	refused "data and --json would both go to standard output (use --report=FILE)" --json in
}

@test "what could drive a terminal is quoted" {
	refused "invalid descriptor 'fd:'\$'\\033''[1m' (use fd:N)" $'fd:\e[1m'
}

@test "an inner stage copies its input" {
	head -c 300000 /dev/zero | tr '\0' y >big
	decant --stage cat <big >out
	run cmp big out
	assert_success
	run decant --stage cat </dev/null
	assert_success
	assert_output ''
}

@test "an inner stage that cannot write fails" {
	run -1 bash -c '"$DECANT" --stage cat <in >/dev/full'
}

@test "an inner stage that nobody reads dies quietly" {
	run bash -c 'yes | "$DECANT" --stage cat | head -n 1; echo "${PIPESTATUS[1]}"'
	assert_output 'y
141'
}

@test "the inner stage for crashes crashes" {
	ulimit -c 0
	run -139 --separate-stderr bash -c '"$DECANT" --stage crash; exit $?'
}

@test "an inner stage that is not there is not found" {
	run -127 decant --stage frobnicate
	assert_output ''
	run -127 decant --stage
}
