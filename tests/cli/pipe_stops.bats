#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# How pipelines stop: at once when nobody reads, at once when told to, and without leaving anything.
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	seq 100000 >in
}

# within MS COMMAND...: fails if COMMAND takes longer; its status is in STATUS
within() {
	local begin=${EPOCHREALTIME/./} took
	STATUS=0
	"${@:2}" || STATUS=$?
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ "$took" -le "$1" ] || fail "$took ms: ${*:2}"
}

# ends_soon COMMAND...: a second, which is much more than it needs, and less than what sleeps
ends_soon() {
	within 1000 "$@"
}

# gone N: no "sleep N" runs
gone() {
	! pgrep -f "^sleep $1$" >/dev/null
}

shell() {
	bash -c "$1"
}

@test "who feeds head ends with it (rows 43, 45)" {
	ends_soon shell '"$DECANT" pipe cmd yes | head -n 1 >out'
	assert_equal "$(cat out)" y
	ends_soon shell 'yes | "$DECANT" pipe - | head -n 1 >out'
	assert_equal "$(cat out)" y
	ends_soon shell 'yes | "$DECANT" pipe - ! count 2>said | head -n 1 >out'
	assert_equal "$(cat out)" y
	ends_soon shell '"$DECANT" pipe --ignore=pipe cmd yes ! copy ! cmd head -n 1 >out'
	assert_equal "$(cat out)" y
	ends_soon shell '"$DECANT" pipe cmd yes ! count ! limit 2 >out 2>said'
	assert_equal "$(cat out)" y
	ends_soon shell '"$DECANT" pipe cmd yes ! cmd cat ! cmd cat | head -n 1 >out'
	assert_equal "$(cat out)" y
}

@test "a reader that leaves is no failure of ours, and quiet (rows 34, 45)" {
	run bash -c '"$DECANT" pipe in | head -n 1; echo "${PIPESTATUS[0]}"'
	assert_output $'1\n0'
	run bash -c '"$DECANT" pipe cmd "seq 1000000" | head -n 1; echo "${PIPESTATUS[0]}"'
	assert_output --partial "stage 'seq 1000000' nobody reads its output"
	run bash -c '"$DECANT" pipe --ignore=pipe cmd "seq 1000000" | head -n 1; echo "${PIPESTATUS[0]}"'
	assert_output $'1\n0'
}

@test "an input that never ends does not hold a command that has ended (row 68)" {
	mkfifo never
	exec 6<>never
	ends_soon decant pipe cmd true <never
	assert_equal "$STATUS" 0
	# a FIFO by name is waited for until something comes of it
	echo something >&6
	ends_soon decant pipe never ! cmd true
	assert_equal "$STATUS" 0
	# past taps: it is a broken pipe of the last of them then
	ends_soon decant pipe - ! count ! cmd true <never
	assert_equal "$STATUS" 1
	ends_soon decant pipe --ignore=pipe - ! count ! copy ! hash md5=sum ! cmd true <never
	assert_equal "$STATUS" 1
	# a pipe of a shell that nobody closes for three seconds
	ends_soon "$DECANT" pipe cmd true < <(exec sleep 3)
	exec 6<&-
}

# stopped_by SIGNAL COMMAND...: start COMMAND, wait until FILE "ready" is there, stop it; it has 200 ms
stopped_by() {
	local pid
	"${@:2}" &
	pid=$!
	wait_until [ -e ready ]
	# past its start-up it has what it hears signals by
	hears() { find "/proc/$pid/fd" -lname '*signalfd*' | grep -q .; }
	wait_until hears
	kill "-$1" "$pid"
	within 400 wait "$pid"
	rm -f ready
}

@test "SIGTERM ends what is blocked, within 200 ms and a little for the test (rows 8, 71)" {
	mkfifo sink
	exec 6<>sink
	: >ready
	stopped_by TERM "$DECANT" pipe /dev/zero ! - >&6
	assert_equal "$STATUS" 143
	: >ready
	stopped_by TERM "$DECANT" pipe /dev/zero ! count ! - >&6 2>/dev/null
	assert_equal "$STATUS" 143
	stopped_by TERM "$DECANT" pipe cmd "sh -c ': >ready; exec yes'" ! cmd cat >&6
	assert_equal "$STATUS" 143
	: >ready
	stopped_by TERM "$DECANT" pipe /dev/zero ! rate 10 ! /dev/null
	assert_equal "$STATUS" 143
	exec 6>&-
}

@test "whoever is stopped leaves no file and no child (rows 57, 65)" {
	echo before >out
	stopped_by TERM "$DECANT" pipe cmd "sh -c ': >ready; sleep 4711'" ! tee other ! out
	assert_equal "$STATUS" 143
	assert_equal "$(cat out)" before
	assert_file_not_exists other
	assert_equal "$(find . -name '.*' -type f | wc -l)" 0
	wait_until gone 4711
}

@test "a command that is deaf to SIGTERM is killed after two seconds (row 65)" {
	local begin=$SECONDS
	run -1 decant pipe --timeout=100ms cmd "sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'"
	assert_output --partial "its time was up"
	[ $((SECONDS - begin)) -le 4 ]
}

@test "what we were started to ignore stays ignored" {
	# as nohup(1) does it, and shells for jobs in the background
	(
		trap '' HUP INT
		"$DECANT" pipe cmd "sh -c ': >ready; exec sleep 1; '" ! out &
		pid=$!
		wait_until [ -e ready ]
		kill -HUP "$pid"
		kill -INT "$pid"
		wait "$pid"
	)
	assert_file_exists out
}

@test "^C on a terminal reaches us and the commands, and leaves nothing (row 65)" {
	echo before >out
	"$PYTHON" -c 'import os, pty, sys, time, signal
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "pipe", "cmd", "sh -c \": >ready; exec sleep 4712\"", "!", "cmd", "cat", "!", "out"])
while not os.path.exists("ready"):
    time.sleep(0.01)
begin = time.monotonic()
os.write(master, b"\x03")
while True:
    try:
        if not os.read(master, 1024):
            break
    except OSError:
        break
status = os.waitpid(pid, 0)[1]
if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGINT:
    sys.exit("status %x" % status)
if time.monotonic() - begin > 1:
    sys.exit("too slow")' "$DECANT"
	assert_equal "$(cat out)" before
	assert_equal "$(find . -name '.*' -type f | wc -l)" 0
	wait_until gone 4712
}

@test "^C reaches commands that the terminal cannot reach, because they have a group of their own" {
	# not on a terminal: we are the only one who is told
	set -m
	stopped_by INT "$DECANT" pipe cmd "sh -c ': >ready; exec sleep 4713'" ! out </dev/null 2>/dev/null
	set +m
	assert_equal "$STATUS" 130
	wait_until gone 4713
}

@test "a second signal ends at once, whatever commands do" {
	"$DECANT" pipe cmd "sh -c 'trap \"\" TERM; : >ready; while :; do sleep 0.1; done'" &
	local pid=$! status=0
	wait_until [ -e ready ]
	kill -TERM "$pid"
	second() { kill -TERM "$pid" 2>/dev/null; ! kill -0 "$pid" 2>/dev/null; }
	wait_until second
	wait "$pid" || status=$?
	assert_equal "$status" 143
	pkill -KILL -f 'trap "" TERM; : >ready' || true
}

@test "the standard error of commands is theirs, and who keeps it open does not hold us (row 67)" {
	run --separate-stderr decant pipe cmd "sh -c 'echo words >&2'" ! out
	assert_success
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" words
	ends_soon decant pipe cmd "sh -c 'sleep 3 2>&1 </dev/null >/dev/null &'"
}
