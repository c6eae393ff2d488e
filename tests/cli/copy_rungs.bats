#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# EIO, EXDEV and EINVAL on each rung of the ladder: FICLONE, copy_file_range, sendfile, read, write.
# EIO is an error of the device: it is said and not tried again.  EXDEV and EINVAL of the first three
# say that the means does not fit: the next is taken.

load helpers
load images

setup_file() {
	images_make ext4 xfs
}

teardown_file() {
	images_drop
}

# The rungs above one are refused, so that it is reached.
NO_KERNEL=copy_file_range,sendfile:error=EXDEV

# on_rung CALL ERROR [STRACE-OPTION...]: copy one file of 1 MiB with that call failing
on_rung() {
	local call=$1 error=$2
	shift 2
	rm -rf src dst
	mkdir src
	data $((1 << 20)) >src/mega
	run --separate-stderr strace -f -qq -o "$BATS_TEST_TMPDIR/injected" "$@" \
		-e "inject=$call:error=$error" \
		"$DECANT" copy -a --json src dst
	assert_injected "$call"
	echo "$output" >events
}

# goes_on CALL ERROR MEANS [STRACE-OPTION...]: the copy is right, and was made by MEANS
goes_on() {
	local call=$1 error=$2 means=$3
	shift 3
	on_rung "$call" "$error" "$@"
	assert_success
	assert_equal "$stderr" ''
	cmp src/mega dst/mega
	[[ $(how_of mega <events) =~ ^($means)$ ]] || fail "$call $error: by $(how_of mega <events)"
}

# ends CALL ERROR STATUS NAME [STRACE-OPTION...]: one sentence about NAME, and no file
ends() {
	local call=$1 error=$2 expected=$3 name=$4
	shift 4
	on_rung "$call" "$error" "$@"
	[ "$status" -eq "$expected" ] || fail "$call $error: exit $status, not $expected: $stderr"
	assert_one_line "$stderr"
	[[ $stderr == *"'$name'"* ]] || fail "$call $error: $name is not named: $stderr"
	# Another means would hide what is wrong, or write damaged data.
	[ "$(grep -cE "(copy_file_range|sendfile|pwrite64)(\(| resumed>).* = [1-9]" "$BATS_TEST_TMPDIR/injected")" -eq 0 ] ||
		fail "$call $error: went on"
	assert_equal "$(find dst -type f)" ''
	assert_equal "$(jq -r 'select(.type == "summary") | .exit' events)" "$expected"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	require_inject
	require_command jq
}

@test "FICLONE: EIO ends, EXDEV and EINVAL go on by copying" {
	on_fs xfs
	local copied='copy_file_range|sendfile|buffer'
	ends ioctl EIO 3 dst/mega
	goes_on ioctl EXDEV "$copied"
	goes_on ioctl EINVAL "$copied"
}

@test "copy_file_range: EIO ends, EXDEV and EINVAL go on by sendfile or buffers" {
	on_fs ext4
	ends copy_file_range EIO 3 dst/mega
	goes_on copy_file_range EXDEV 'sendfile|buffer'
	goes_on copy_file_range EINVAL 'sendfile|buffer'
}

@test "copy_file_range: EIO of a source that cannot be read is the source's, exit 1" {
	on_fs ext4
	ends copy_file_range EIO 1 src/mega -P "$FS/src/mega" -e inject=pread64:error=EIO
}

@test "sendfile: EIO ends, EXDEV and EINVAL go on by buffers" {
	on_fs ext4
	ends sendfile EIO 3 dst/mega -e inject=copy_file_range:error=EXDEV
	goes_on sendfile EXDEV buffer -e inject=copy_file_range:error=EXDEV
	goes_on sendfile EINVAL buffer -e inject=copy_file_range:error=EXDEV
}

@test "read: EIO, EXDEV and EINVAL are exit 1 and name the source" {
	on_fs ext4
	local error
	for error in EIO EXDEV EINVAL; do
		# The loader reads with pread64 too, so only calls on this file fail.
		ends pread64 "$error" 1 src/mega -P "$FS/src/mega" -e "inject=$NO_KERNEL"
	done
}

@test "write: EIO is exit 3, EXDEV and EINVAL exit 1, and name the destination" {
	on_fs ext4
	ends pwrite64 EIO 3 dst/mega -e "inject=$NO_KERNEL"
	ends pwrite64 EXDEV 1 dst/mega -e "inject=$NO_KERNEL"
	ends pwrite64 EINVAL 1 dst/mega -e "inject=$NO_KERNEL"
}

@test "a small file that cannot be read or written is named likewise" {
	on_fs ext4
	mkdir src
	echo small >src/small
	echo other >src/other
	run --separate-stderr strace -f -qq -o "$BATS_TEST_TMPDIR/injected" -P "$FS/src/small" -e inject=pread64:error=EIO \
		"$DECANT" copy -a src dst
	assert_injected pread64
	assert_failure 1
	assert_one_line "$stderr"
	[[ $stderr == *"'src/small'"* ]]
	assert_equal "$(names_of dst)" other
	rm -r dst
	run --separate-stderr strace -f -qq -o "$BATS_TEST_TMPDIR/injected" -e inject=pwrite64:error=EIO:when=1 \
		"$DECANT" copy -a -j1 src dst
	assert_injected pwrite64
	assert_failure 3
	assert_one_line "$stderr"
	assert_equal "$(find dst -type f)" ''
}
