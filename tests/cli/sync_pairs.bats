#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant sync on random pairs of trees, judged by rsync: equal, and nothing to do afterwards.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# writes FILE: the system calls of an strace log that change a file system
writes() {
	grep -E ' (open|openat)\(.*O_(WRONLY|RDWR|CREAT|TRUNC)|(mkdir|mknod|unlink|rename|link|symlink)(at2?)?\(|(chmod|chown|utimens|setxattr|removexattr|syscall_0x1(cf|d2)|truncate|fallocate|copy_file_range|sendfile|pwrite64|FICLONE)' "$1" |
		grep -vE 'readlink|O_RDONLY'
}

# checked SEED [OPTION...]: sync makes the pair of SEED equal, as a dry run said, and then has nothing to do
checked() {
	local seed=$1
	shift
	rm -rf A B
	"$PYTHON" "$BATS_TEST_DIRNAME/pairs.py" "$seed" A B
	decant sync -a -n --delete --max-delete=100% "$@" A/ B/ >dry || fail "seed $seed: dry run: $?"
	timeout 60 "$DECANT" sync -a -i --delete --max-delete=100% "$@" A/ B/ >real 2>err ||
		fail "seed $seed: $(cat err)"
	run rsync -aHAXni --delete --checksum A/ B/
	[ -z "$output" ] || fail "seed $seed: rsync finds: $output"
	run diff <(grep -v '^dry run' dry | sort) <(sort real)
	assert_success || fail "seed $seed: $output"
	decant sync -a -i --delete "$@" A/ B/ >again
	[ ! -s again ] || fail "seed $seed: again: $(cat again)"
	# sanitizers make calls of their own
	if [ "${DECANT_SANITIZERS:-no}" = no ]; then
		strace -f -o calls "$DECANT" sync -a -i --delete "$@" A/ B/
		run writes calls
		[ -z "$output" ] || fail "seed $seed: it wrote: $output"
	fi
	find B -name '.decant-*' >left
	[ ! -s left ] || fail "seed $seed: left: $(cat left)"
}

@test "random trees become equal, as the dry run said, and stay so" {
	local seed last=20
	[ -z "${CHECK_SLOW:-}" ] || last=200
	for seed in $(seq "$last"); do
		checked "$seed" -j1
	done
}

@test "likewise by several workers" {
	local seed last=5
	[ -z "${CHECK_SLOW:-}" ] || last=50
	for seed in $(seq 1001 $((1000 + last))); do
		rm -rf A B
		"$PYTHON" "$BATS_TEST_DIRNAME/pairs.py" "$seed" A B
		decant sync -a --delete --max-delete=100% -j4 A/ B/
		run rsync -aHAXni --delete --checksum A/ B/
		[ -z "$output" ] || fail "seed $seed: rsync finds: $output"
		run decant sync -ai --delete -j4 A/ B/
		assert_success
		assert_output ''
	done
}
