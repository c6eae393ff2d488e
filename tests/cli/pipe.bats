#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Pipelines: what passes, what is told, what stands afterwards.  Rows are those of tests/STAGES.md.
load helpers

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	data 300000 >in
	echo before >old
}

# only NAME...: the working directory has these entries and no others
only() {
	assert_equal "$(names_of . | sort)" "$(printf '%s\n' "$@" | sort)"
}

# piped: what is in the file "in", through a pipe
piped() {
	cat in
}

@test "no stage at all, or one that is -, is cat (row 61)" {
	decant pipe <in >out
	cmp in out
	decant pipe - <in >out
	cmp in out
	piped | decant pipe | cmp - in
	piped | decant pipe - ! copy ! - >out
	cmp in out
	decant pipe in | cmp - in
	decant pipe </dev/null >out
	[ ! -s out ]
}

@test "bytes pass through commands and stages in order" {
	decant pipe in ! cmd cat ! copy ! cmd "sh -c 'cat; echo end'" ! cmd tail -c 10 ! out
	assert_equal "$(tail -c 4 out)" end
	decant pipe in '|' cmd cat '|' out
	cmp in out
}

@test "a command that is missing is named, at each place of five (rows 57, 73)" {
	local i stages
	for i in 1 2 3 4 5; do
		stages=(in)
		for k in 1 2 3 4 5; do
			if [ "$k" = "$i" ]; then
				stages+=(! cmd no-such-command --option)
			else
				stages+=(! cmd cat)
			fi
		done
		run -127 decant pipe "${stages[@]}" ! old
		assert_output "decant: stage 'no-such-command --option' cannot start: No such file or directory"
		assert_equal "$(cat old)" before
	done
	only in old
}

@test "what is no program is exit 126 (row 57)" {
	run -126 decant pipe in ! cmd ./in ! out
	assert_output "decant: stage './in' cannot start: Permission denied"
	only in old
}

@test "a named file appears only when every stage succeeded (row 37)" {
	local i stages
	for i in 1 2 3; do
		stages=(in)
		for k in 1 2 3; do
			if [ "$k" = "$i" ]; then
				stages+=(! cmd "sh -c 'cat; exit 3'")
			else
				stages+=(! cmd cat)
			fi
		done
		run -1 decant pipe "${stages[@]}" ! tee other ! hash md5=sum ! old
		assert_output "decant: stage 'sh -c cat; exit 3' exited with status 3"
		assert_equal "$(cat old)" before
		run -1 decant pipe "${stages[@]}" ! new
		only in old
	done
	decant pipe in ! cmd cat ! old
	cmp in old
}

@test "a stage that crashes is a verdict with its name, and others end (row 55)" {
	ulimit -c 0
	local i
	for i in 1 2 3; do
		local before=() after=()
		[ "$i" = 1 ] || before=(cmd cat !)
		[ "$i" = 3 ] || after=(! cmd cat)
		run -1 decant pipe in ! "${before[@]}" cmd "$DECANT" --stage crash "${after[@]}" ! old
		assert_output "decant: stage '$DECANT --stage crash' killed by SIGSEGV (Segmentation fault)"
		assert_equal "$(cat old)" before
		only in old
	done
}

@test "stages that look tell what they saw" {
	run --separate-stderr decant pipe in ! count ! hash sha256 ! out
	assert_success
	assert_output "300000 bytes, $(wc -l <in) lines
$(sha256sum in)"
	cmp in out
	# data on standard output: results go elsewhere
	decant pipe in ! count 2>said | cmp - in
	assert_equal "$(cat said)" "300000 bytes, $(wc -l <in) lines"
	decant pipe - ! hash md5 <in 2>said >/dev/null
	assert_equal "$(cat said)" "$(md5sum <in)"
	decant pipe in ! hash sha1=sum ! tee copy ! out
	assert_equal "$(cat sum)" "$(sha1sum in)"
	cmp in copy
}

@test "limit and range pass what they say, before or after others (row 22)" {
	decant pipe in ! limit 1000 | cmp - <(head -c 1000 in)
	decant pipe in ! range 100K:70000 | cmp - <(tail -c +102401 in | head -c 70000)
	decant pipe in ! limit 0 | cmp - /dev/null
	decant pipe in ! limit 1G | cmp - in
	decant pipe in ! range 290000:1G | cmp - <(tail -c +290001 in)
	decant pipe in ! limit 1000 ! hash md5=sum ! cmd cat ! out
	assert_equal "$(cut -c1-32 sum)" "$(head -c 1000 in | md5sum | cut -c1-32)"
	decant pipe in ! cmd cat ! limit 10 ! limit 1000 ! cmd cat | cmp - <(head -c 10 in)
}

@test "a digest of what was cut off by a later stage is a failure, not a lack" {
	run -1 decant pipe in ! hash md5=sum ! limit 1000 ! old
	assert_output "decant: stage 'hash md5' has no digest: a later stage ended before all bytes had passed"
	assert_equal "$(cat old)" before
	only in old
}

@test "rate holds bytes back" {
	local begin=${EPOCHREALTIME/./}
	decant pipe in ! rate 600000 ! out
	cmp in out
	[ $((${EPOCHREALTIME/./} - begin)) -ge 300000 ] || fail "too fast"
}

@test "commands get their environment and their directory (row 70)" {
	mkdir sub
	A=old B=old decant pipe --env=A=1 --env=A=2=3 --env=B --env=C= --chdir=sub \
		cmd "sh -c 'echo \${A} \${B-gone} \${C-unset}.; pwd; env | grep -c ^A='" ! out
	assert_equal "$(cat out)" "2=3 gone .
$PWD/sub
1"
	assert_file_not_exists sub/out
	run -1 decant pipe --chdir=nowhere cmd true
	assert_output "decant: cannot open 'nowhere': No such file or directory"
}

@test "ends that are ignored are successes (row 74)" {
	run -1 decant pipe in ! cmd 'grep nothing-like-this' ! old
	assert_output "decant: stage 'grep nothing-like-this' exited with status 1"
	decant pipe --ignore=exit:1 in ! cmd 'grep nothing-like-this' ! old
	[ ! -s old ]
	run -1 decant pipe --ignore=exit:2 in ! cmd 'grep nothing-like-this' ! out
	decant pipe --ignore=signal:TERM cmd "sh -c 'kill \$\$'"
	decant pipe --ignore=any cmd "sh -c 'kill \$\$'" ! cmd "sh -c 'exit 9'"
	run -127 decant pipe --ignore=any cmd no-such-command
}

@test "the texts of broken pipes (row 76)" {
	# more than a pipe holds: it learns that nobody reads
	run -1 decant pipe cmd 'seq 1000000' ! cmd true
	assert_output "decant: stage 'seq 1000000' nobody reads its output"
	# so little, and so late, that it is written to nobody
	run -1 decant pipe cmd "sh -c 'sleep 0.3; echo foo; exec echo foo'" ! cmd true
	assert_output --partial "nobody reads its output"
	# ignored
	decant pipe --ignore=pipe cmd 'seq 1000000' ! cmd true
	decant pipe --ignore=pipe cmd yes ! cmd 'head -n 1' ! out
	assert_equal "$(cat out)" y
	# SIGPIPE is as it should be in commands, whatever we were started with
	(trap '' PIPE; run -1 decant pipe cmd yes ! cmd true; assert_output "decant: stage 'yes' nobody reads its output")
}

@test "a full device is named (rows 28, 53)" {
	run -3 bash -c '"$DECANT" pipe in >/dev/full'
	assert_output --partial "error writing 'stdout': No space left on device"
	run -3 decant pipe in ! count ! /dev/full
	assert_output --partial "/dev/full is full"
	run -3 decant pipe in ! tee /dev/full ! out
	assert_output --partial "/dev/full"
	assert_output --partial "No space left on device"
	only in old
}

@test "commands have descriptors 0, 1 and 2 and no others (row 77)" {
	run bash -c 'exec 7<in 9>&1; "$DECANT" pipe cmd cat ! hash md5=/dev/null ! cmd "sh -c '\''ls /proc/self/fd && exec cat'\''" ! cmd cat </dev/null'
	# ls has one of its own, which it looks with
	assert_output '0
1
2
3'
}

@test "appending is found out and kept (rows 6, 18)" {
	cp in log
	decant pipe in >>log
	cat in in | cmp - log
	piped | decant pipe >>log
	cat in in in | cmp - log
	decant pipe in ! count 2>/dev/null >>log
	decant pipe cmd 'echo end' >>log
	cat in in in in <(echo end) | cmp - log
	# the flag is on a description that others share, too: it must be there afterwards
	exec 6>>log
	sed -n 's/^flags:\t//p' /proc/self/fdinfo/6 >flags
	decant pipe in >&6
	sed -n 's/^flags:\t//p' /proc/self/fdinfo/6 | cmp - flags
	exec 6>&-
}

@test "files that lie about their size are copied whole (rows 17, 20)" {
	local f
	for f in /proc/cmdline /proc/version /sys/kernel/mm/transparent_hugepage/enabled \
		/proc/filesystems /proc/mounts; do
		[ -r "$f" ] || continue
		decant pipe "$f" ! out
		cmp out <(cat "$f") || fail "$f"
		decant pipe "$f" | cmp - <(cat "$f") || fail "$f into a pipe"
	done
}

@test "a command that passes its memory limit is killed, and its peak told once (rows 89-93)" {
	# shellcheck disable=SC2016 # Python
	run -1 --separate-stderr decant pipe --mem-limit=20M --stats \
		cmd sh -c "$PYTHON -c 'import time
x = bytearray(b\"y\") * 100000000
time.sleep(20)'; :"
	# shellcheck disable=SC2154 # set by run
	assert_equal "$(grep -c 'more than its limit of 20.0 MiB: killed' <<<"$stderr")" 1
	assert_equal "$(grep -c 'had at most .* of memory' <<<"$stderr")" 1
	assert_equal "$(grep -c 'killed: it passed its memory limit of 20 MiB' <<<"$stderr")" 1
	decant pipe --mem-limit=500M --stats in ! cmd cat ! out 2>said
	assert_equal "$(grep -c 'had at most' said)" 1
}

@test "a memory limit without a command is a mistake, not a run without a limit (row 94)" {
	run -2 decant pipe --mem-limit=1M in ! count ! out
	assert_line --index 0 "decant: '--mem-limit' is for commands, and no stage is one"
	only in old
}

@test "what becomes of stages is told as JSON, too (row 80)" {
	require_command jq
	run -1 --separate-stderr decant pipe --json in ! cmd "sh -c 'cat >/dev/null; exit 3'" ! out
	assert_equal "$(printf '%s\n' "${lines[@]}" | jq -r 'select(.type == "stage") | "\(.result) \(.code)"')" 'exit 3'
}

@test "much takes no more requests for memory than little (row 86)" {
	require_count
	local few
	truncate -s 1M little
	truncate -s 100M much
	counted "$DECANT" pipe little ! count ! cmd cat ! hash xxh64=sum ! /dev/null >/dev/null
	few=$ALLOCS
	counted "$DECANT" pipe much ! count ! cmd cat ! hash xxh64=sum ! /dev/null >/dev/null
	[ "$ALLOCS" -le $((few + 2)) ] || fail "$ALLOCS, and $few for little"
}

@test "a pipeline whose time is up says so (row 66)" {
	run -1 decant pipe --timeout=50ms cmd 'sleep 10' ! out
	assert_output "decant: stage 'sleep 10' stopped: its time was up"
	only in old
	mkfifo never
	run -1 decant pipe --timeout=50ms never ! out
	assert_output "decant: cannot read 'never': Connection timed out"
}

@test "statistics count what was moved (row 39)" {
	run --separate-stderr decant pipe --stats in ! out
	assert_success
	[[ $stderr == *"293.0 KiB"* ]] || fail "$stderr"
}

# flips SECONDS: rewrite the file src in place, all ones, all zeros, as fast as it goes
flips() {
	exec "$PYTHON" -c 'import os, sys, time
fd = os.open("src", os.O_WRONLY)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    for byte in b"\x00", b"\xff":
        os.pwrite(fd, byte * 262144, 0)' "$1"
}

@test "a digest is of the bytes that stand at the destination, whatever the source does (row 31)" {
	local i runs=40 seconds=30 flipper
	[ -z "${CHECK_SLOW:-}" ] || runs=1000 seconds=600
	head -c 262144 /dev/zero >src
	flips "$seconds" &
	flipper=$!
	for ((i = 0; i < runs; i++)); do
		if ((i % 2)); then
			decant pipe src ! hash xxh128=sum ! out
		else
			decant pipe src ! hash xxh128=sum ! cmd cat ! out
		fi
		decant pipe out ! hash xxh128=again ! /dev/null
		[ "$(cut -d' ' -f1 sum)" = "$(cut -d' ' -f1 again)" ] || fail "run $i: the digest is of other bytes"
	done
	kill "$flipper" 2>/dev/null || true
	wait "$flipper" || true
}

@test "4 GiB past three taps take 16 MiB of memory (row 41)" {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers take memory of their own"
	local size=4G bytes=4294967296
	[ -n "${CHECK_SLOW:-}" ] || size=512M bytes=536870912
	truncate -s "$size" sparse
	"$PYTHON" -c 'import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
		"$DECANT" pipe sparse ! count ! hash xxh64=sum ! tee /dev/null ! /dev/null >used
	read -r code kib <used
	assert_equal "$code" 0
	[ "$kib" -le $((16 << 10)) ] || fail "$kib KiB"
	: "$bytes"
}
