#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What pipelines begin and end with beside files: sockets, FIFOs, terminals, descriptors.
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	seq 400000 >in
}

# free_port: PORT is one that nobody listens on
free_port() {
	PORT=$("$PYTHON" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
}

# listening: somebody listens on $PORT
listening() {
	grep -qi ":$(printf %04X "$PORT") 00000000:0000 0A" /proc/net/tcp
}

# DATA: what a call that moves bytes through the memory of its caller is called
DATA='(read|pread64|readv|preadv2?|write|pwrite64|writev|pwritev2?|recvfrom|recvmsg|sendto|sendmsg)'

@test "a file goes to a socket by sendfile and from it by splice (rows 1, 7, 9, 85)" {
	require_calls
	local trace='trace=read,pread64,preadv2,write,pwrite64,pwritev2,recvfrom,sendto,sendfile,splice'
	free_port
	strace -f -qq -y -o received -e "$trace" "$DECANT" pipe listen "$PORT" ! out &
	local receiver=$!
	wait_until listening
	strace -f -qq -y -o sent -e "$trace" "$DECANT" pipe in ! connect "127.0.0.1:$PORT"
	wait "$receiver"
	cmp in out
	grep -q 'sendfile([0-9]*<socket' sent
	grep -q 'splice([0-9]*<socket.*pipe' received
	grep -q "splice([0-9]*<pipe.*<$PWD/" received
	# not one byte in either program
	run grep -E "$DATA\([0-9]+<($PWD|socket|pipe)" sent received
	assert_output ''
}

@test "sockets of the file system, in both directions (row 27)" {
	"$DECANT" pipe listen unix:sock ! hash md5=got ! out &
	local receiver=$!
	wait_until [ -S sock ]
	decant pipe in ! hash md5=sent ! connect unix:sock
	wait "$receiver"
	cmp in out
	assert_equal "$(cut -c1-32 got)" "$(cut -c1-32 sent)"
	assert_file_not_exists sock
	# who listens can be who sends
	"$DECANT" pipe in ! listen unix:sock &
	receiver=$!
	wait_until [ -S sock ]
	decant pipe connect unix:sock ! cmd cat ! again
	wait "$receiver"
	cmp in again
}

@test "a command gets the socket itself" {
	free_port
	"$DECANT" pipe listen "$PORT" ! cmd cat ! out &
	local receiver=$!
	wait_until listening
	decant pipe in ! cmd cat ! connect "localhost:$PORT"
	wait "$receiver"
	cmp in out
}

@test "what fails on the way is no end of the data: the peer publishes nothing (row 34)" {
	free_port
	echo before >out
	"$DECANT" pipe listen "$PORT" ! out 2>said &
	local receiver=$! status=0
	wait_until listening
	run -1 decant pipe in ! cmd "sh -c 'cat; exit 3'" ! connect "127.0.0.1:$PORT"
	wait "$receiver" || status=$?
	assert_equal "$status" 1
	grep -q "127.0.0.1\|$PORT" said
	grep -q 'Connection reset by peer' said
	assert_equal "$(cat out)" before
	assert_equal "$(find . -name '*out*' | wc -l)" 1
}

@test "a sender that is stopped is no end of the data either (row 34)" {
	free_port
	"$DECANT" pipe listen "$PORT" ! out 2>said &
	local receiver=$! status=0
	wait_until listening
	"$DECANT" pipe cmd yes ! copy ! connect "127.0.0.1:$PORT" &
	local sender=$!
	# shellcheck disable=SC2317 # wait_until calls it
	arrives() { find "/proc/$receiver/fd" -lname '*(deleted)' | grep -q .; }
	wait_until arrives
	kill -TERM "$sender"
	wait "$sender" || status=$?
	assert_equal "$status" 143
	status=0
	wait "$receiver" || status=$?
	assert_equal "$status" 1
	grep -q 'Connection reset by peer' said
	assert_file_not_exists out
}

@test "a receiver that is stopped leaves no file, and its sender learns of it (rows 34, 71)" {
	free_port
	"$DECANT" pipe listen "$PORT" ! out &
	local receiver=$! status=0
	wait_until listening
	"$DECANT" pipe cmd yes ! copy ! connect "127.0.0.1:$PORT" 2>said &
	local sender=$!
	arrives() { find "/proc/$receiver/fd" -lname '*(deleted)' -size +0 | grep -q . || find . -name '.*' -size +0 | grep -q .; }
	wait_until arrives
	kill -TERM "$receiver"
	wait "$receiver" || status=$?
	assert_equal "$status" 143
	status=0
	wait "$sender" || status=$?
	assert_equal "$status" 1
	assert_file_not_exists out
	assert_equal "$(find . -name '.*' -type f | wc -l)" 0
}

@test "what cannot be reached is said in the words of what was asked" {
	free_port
	run -1 decant pipe in ! connect "127.0.0.1:$PORT"
	assert_output "decant: cannot connect to '127.0.0.1:$PORT': Connection refused"
	run -1 decant pipe connect unix:none ! out
	assert_output "decant: cannot connect to 'unix:none': No such file or directory"
	run -1 decant pipe listen 192.0.2.1:9 ! out
	assert_output "decant: cannot listen on '192.0.2.1:9': Cannot assign requested address"
	: >sock
	run -1 decant pipe listen unix:sock ! out
	assert_output "decant: cannot listen on 'unix:sock': Address already in use"
	run -1 decant pipe --timeout=50ms listen "$PORT" ! out
	assert_output "decant: cannot listen on '$PORT': Connection timed out"
	assert_file_not_exists out
}

@test "who waits for a peer can be stopped" {
	free_port
	"$DECANT" pipe listen "$PORT" ! out &
	local pid=$! status=0
	wait_until listening
	kill -TERM "$pid"
	wait "$pid" || status=$?
	assert_equal "$status" 143
	assert_file_not_exists out
}

@test "FIFOs are waited for at both ends" {
	mkfifo from to
	"$DECANT" pipe from ! to &
	local pid=$!
	cat to >out &
	local reader=$!
	cat in >from
	wait "$pid" "$reader"
	cmp in out
	"$DECANT" pipe in ! to &
	pid=$!
	cmp to in
	wait "$pid"
	# nobody comes
	"$DECANT" pipe in ! to &
	pid=$!
	local status=0
	has_loop() { find "/proc/$pid/fd" -lname '*signalfd*' | grep -q .; }
	wait_until has_loop
	kill -TERM "$pid"
	wait "$pid" || status=$?
	assert_equal "$status" 143
}

@test "inherited descriptors of every kind are ends (rows 3, 11, 27)" {
	exec 5<in 6>out
	decant pipe fd:5 ! cmd cat ! fd:6
	exec 5<&- 6>&-
	cmp in out
	run -1 decant pipe fd:77 ! out
	assert_output "decant: cannot stat 'fd:77': Bad file descriptor"
	# a pair of sockets, non-blocking, as some parents leave them to their children
	"$PYTHON" -c 'import socket, subprocess, sys, threading
ours, theirs = socket.socketpair()
theirs.setblocking(False)
with open("in", "rb") as f:
    text = f.read()
child = subprocess.Popen([sys.argv[1], "pipe", "-", "!", "-"], stdin=theirs, stdout=theirs)
theirs.close()
def send():
    ours.sendall(text)
    ours.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
got = b""
while True:
    part = ours.recv(65536)
    if not part:
        break
    got += part
sys.exit(0 if child.wait() == 0 and got == text else 1)' "$DECANT"
}

@test "a slow reader of a non-blocking pipe gets all, and we do not spin (rows 3, 12)" {
	"$PYTHON" -c 'import os, resource, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
child = subprocess.Popen([sys.argv[1], "pipe", "in"], stdout=w)
os.close(w)
time.sleep(1)
got = b""
while True:
    part = os.read(r, 65536)
    if not part:
        break
    got += part
used = os.wait4(child.pid, 0)
cpu = used[2].ru_utime + used[2].ru_stime
with open("in", "rb") as f:
    sys.exit(0 if used[1] == 0 and got == f.read() and cpu < 0.1 else 1)' "$DECANT"
}

@test "a terminal is read and written, and nothing else is tried on it (rows 7, 8)" {
	require_calls
	script -qec "strace -f -qq -o calls -e trace=splice,sendfile,copy_file_range '$DECANT' pipe in ! limit 20 ! -" \
		/dev/null </dev/null | tr -d '\r' | cmp - <(head -c 20 in)
	[ ! -s calls ]
}

@test "two pipelines move much over TCP without a byte in either (row 41)" {
	require_slow
	require_calls
	require_space . 4500
	local trace='trace=read,pread64,preadv2,write,pwrite64,pwritev2,recvfrom,sendto'
	head -c 2G /dev/urandom >big
	free_port
	strace -f -qq -y -o received -e "$trace" "$DECANT" pipe listen "$PORT" ! out &
	local receiver=$!
	wait_until listening
	strace -f -qq -y -o sent -e "$trace" "$DECANT" pipe big ! connect "127.0.0.1:$PORT"
	wait "$receiver"
	cmp big out
	run grep -E "$DATA\([0-9]+<($PWD|socket|pipe)" sent received
	assert_output ''
}
