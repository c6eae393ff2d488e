#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What pipelines cost: system calls on the data, descriptors, threads, and which open files are which.
load helpers

# The calls that have bytes pass through the memory of who makes them, and those that do not.
DATA_CALLS=read,pread64,readv,preadv,preadv2,write,pwrite64,writev,pwritev,pwritev2,recvfrom,recvmsg,sendto,sendmsg
KERNEL_CALLS=splice,tee,vmsplice,sendfile,copy_file_range,ioctl

setup() {
	require_calls
	cd "$BATS_TEST_TMPDIR" || return
	seq 400000 >in
}

# traced OPTION COMMAND...: run it; "calls" has its calls on data; OPTION -f: those of its threads, too, and
# of its children; -q: of neither
traced() {
	strace -qq -y -o calls -e "trace=$DATA_CALLS,$KERNEL_CALLS" "$@"
}

# calls_on A|B|...: those of the calls that were on a file, pipe or socket that the test made; but not the
# read that finds the end of a file, which may have grown
calls_on() {
	grep -E "^([0-9]+ +)?($1)\([0-9]+<($PWD/|pipe:|TCP|UNIX|socket:)" calls | grep -vE 'TCGETS|read.*, "", .* = 0$' | head -n 5 || true
}

# piped: what is in the file "in", through a pipe
piped() {
	cat in
}

@test "a user's file is handed to a command: we never touch a byte (rows 44, 49)" {
	traced -q "$DECANT" pipe cmd cat <in >out
	cmp in out
	assert_equal "$(calls_on "${DATA_CALLS//,/|}|${KERNEL_CALLS//,/|}")" ''
	traced -q "$DECANT" pipe in ! cmd cat ! out
	cmp in out
	assert_equal "$(calls_on "${DATA_CALLS//,/|}|splice|sendfile|copy_file_range")" ''
}

@test "file to file is the ladder, and no read or write (rows 1, 16, 61)" {
	traced -f "$DECANT" pipe in ! out
	cmp in out
	assert_equal "$(calls_on "${DATA_CALLS//,/|}")" ''
	grep -qE '(ioctl\(.*FICLONE|copy_file_range|sendfile)' calls
	rm out
	traced -f "$DECANT" pipe <in >out
	cmp in out
	assert_equal "$(calls_on "${DATA_CALLS//,/|}")" ''
	grep -qE '(ioctl\(.*FICLONE|copy_file_range|sendfile)' calls
}

@test "a pipe is spliced, unless somebody looks (rows 30, 31)" {
	piped | traced -f "$DECANT" pipe - ! out
	cmp in out
	assert_equal "$(calls_on "${DATA_CALLS//,/|}")" ''
	grep -q ' splice(' calls
	piped | traced -f "$DECANT" pipe - ! hash xxh128 ! out
	cmp in out
	assert_equal "$(calls_on 'splice|tee|vmsplice|sendfile')" ''
	traced -f "$DECANT" pipe in ! hash xxh128=/dev/null ! cmd sed '' ! out
	cmp in out
	assert_equal "$(calls_on 'splice|tee|vmsplice|sendfile')" ''
}

@test "the descriptors of the user are those of the first and the last command (rows 44, 100)" {
	cat >same.py <<'P'
import ctypes, os, platform, sys
number = {"x86_64": 312, "aarch64": 272}[platform.machine()]
kcmp = ctypes.CDLL(None, use_errno=True).syscall
KCMP_FILE = 0
for fd in sys.argv[1:]:
    same = kcmp(number, os.getpid(), os.getppid(), KCMP_FILE, int(fd), int(fd))
    if same < 0:
        sys.exit(77)
    os.write(2, b"fd %s: %s\n" % (fd.encode(), b"same" if same == 0 else b"other"))
P
	local status=0
	decant pipe cmd "$PYTHON" same.py 0 1 <in >out 2>said || status=$?
	[ "$status" -ne 77 ] || skip "kcmp(2) is not to be had here"
	assert_equal "$(cat said)" $'fd 0: same\nfd 1: same'
	decant pipe cmd "$PYTHON" same.py 0 ! cmd cat <in >out 2>said
	assert_equal "$(cat said)" 'fd 0: same'
	decant pipe cmd true ! cmd "$PYTHON" same.py 1 <in >out 2>said
	assert_equal "$(cat said)" 'fd 1: same'
}

@test "what a command left of a shared input is there for the next one (row 44)" {
	decant pipe cmd 'dd bs=1000 count=3 status=none' <in >/dev/null
	exec 5<in
	decant pipe cmd 'dd bs=1000 count=3 status=none' <&5 >/dev/null
	# limit reads no further ahead than it must where it can go back: not promised, so not tested
	cat <&5 | cmp - <(tail -c +3001 in)
	exec 5<&-
}

# pipes_of PID FIND-ARGUMENT...: the pipes that the process has open, "pipe:[INODE]" one a line, sorted
pipes_of() {
	find "/proc/$1/fd" -type l -lname 'pipe:*' "${@:2}" -printf '%l\n' | sort -u
}

@test "between two commands we hold no end, and have no thread (rows 43, 51, 97)" {
	mkfifo go
	"$DECANT" pipe cmd cat ! cmd cat ! cmd cat <go >out &
	local pid=$!
	exec 6>go
	has_children() { [ "$(pgrep -c -P "$pid")" -eq 3 ]; }
	wait_until has_children
	# started: the last of them is a cat already
	is_cat() { [ "$(pgrep -c -P "$pid" cat)" -eq 3 ]; }
	wait_until is_cat
	local child
	for child in $(pgrep -P "$pid"); do
		pipes_of "$child" '(' -name 0 -o -name 1 ')' >>theirs
	done
	assert_equal "$(sort -u theirs | wc -l)" 2
	assert_equal "$(comm -12 <(sort -u theirs) <(pipes_of "$pid"))" ''
	assert_equal "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" 1
	cat in >&6
	exec 6>&-
	wait "$pid"
	cmp in out
}

@test "threads are the functions and movers there are (row 43)" {
	mkfifo go
	"$DECANT" pipe - ! count ! cmd cat ! count ! out <go 2>/dev/null >/dev/null &
	local pid=$!
	exec 6>go
	has_three() { [ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" -eq 3 ]; }
	wait_until has_three
	exec 6>&-
	wait "$pid"
}

@test "a read or a write of a stream is one call, without a question before it" {
	piped | strace -f -qq -o calls -e 'trace=fstat,newfstatat,statx,read,preadv2,write' \
		"$DECANT" pipe - ! count ! out
	local asked moved
	asked=$(grep -cE ' (fstat|newfstatat|statx)\(' calls)
	moved=$(grep -cE ' (read|preadv2|write)\(' calls)
	[ "$moved" -ge 80 ] || fail "only $moved calls moved data"
	[ "$asked" -le 40 ] || fail "$asked calls asked what a descriptor is"
}

@test "blocks go whole to a device (row 85)" {
	strace -f -qq -o calls -e trace=write -P /dev/zero "$DECANT" pipe in ! count ! /dev/zero 2>/dev/null
	[ "$(grep -c 'write(' calls)" -le 100 ] || fail "$(grep -c 'write(' calls) writes"
}

@test "a means that refuses is followed by another at the right byte (rows 5, 10, 19, 21)" {
	require_inject
	local error
	for error in EINVAL ENOSYS EXDEV EOPNOTSUPP EPERM; do
		inj "copy_file_range:error=$error" "$DECANT" pipe in ! out
		cmp in out
		piped | inj "splice:error=$error:when=2+" "$DECANT" pipe - ! out
		cmp in out
	done
	inj "splice:error=EINVAL" "$DECANT" pipe in ! - | cmp - in
	inj "splice:error=EINVAL:when=3" "$DECANT" pipe in | cmp - in
}

@test "a file that cannot be put on disk does not appear (row 37)" {
	require_inject
	echo before >out
	run inj 'fsync,fdatasync:error=EIO:when=1' "$DECANT" pipe --fsync=end in ! out
	[ "$status" -ne 0 ]
	assert_output --partial "'out'"
	assert_equal "$(cat out)" before
	assert_equal "$(find . -name '*out*' | wc -l)" 1
}
