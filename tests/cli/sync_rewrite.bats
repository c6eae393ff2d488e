#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant sync that gives other modes and owners than the source's, judged by rsync.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p src/dir/deep src/empty
	for mode in 0644 0755 0600 4755 2711 0444 0; do
		echo "$mode" >"src/dir/$mode"
		chmod "$mode" "src/dir/$mode"
	done
	chmod 0750 src/dir/deep
	ln -s dir src/link
	mkfifo src/fifo
}

# listed DIR: modes, owners, types and names in it
listed() {
	(cd "$1" && find . -printf '%m %U %G %y %P\n' | sort -k5)
}

# agrees OPTION...: rsync does the same with these options, and a second run has nothing to do
agrees() {
	rm -rf mine theirs
	rsync -a "$@" src/ theirs/ || fail "rsync $*: $?"
	decant sync -a "$@" src/ mine/ || fail "$*: $?"
	run diff <(listed theirs) <(listed mine)
	assert_success || fail "$*: $output"
	decant sync -a -i "$@" src/ mine/ >again
	[ ! -s again ] || fail "$*: again: $(cat again)"
}

@test "modes are changed as rsync does it" {
	local spec
	for spec in 755 D755,F644 go-w a+rX u=rwX,go= Dg+s +w -w ug=rw,o= D+t F-x,Dg+s \
		go-rwx,F600 =r u+s,g-s; do
		agrees --chmod="$spec"
	done
	agrees --chmod=F600 --chmod=D700
}

@test "modes of files that are there change too, and their content is not copied" {
	decant sync -a src/ dst/
	stat -c %i dst/dir/0600 >before
	decant sync -a --chmod=F640 src/ dst/
	stat -c %i dst/dir/0600 | diff before -
	assert_equal "$(stat -c %a dst/dir/0600)" 640
}

@test "a mode that is none is refused" {
	run decant sync -a --chmod=u+q src/ dst/
	assert_failure 2
	assert_output --partial "--chmod"
	assert_output --partial "D755,F644"
}

@test "owners are given and mapped as rsync does it" {
	[ "$(id -u)" -eq 0 ] || skip "only root gives files away"
	chown 7:8 src/dir/0644
	chown 12345:54321 src/dir/0755
	chown 100 src/dir/deep
	agrees --chown=daemon:bin
	agrees --chown=daemon
	agrees --chown=:bin
	agrees --chown=77:88
	agrees --usermap=7:daemon
	agrees --usermap=0-99:1000,*:2000
	agrees --usermap=root:9,l*:10 --groupmap=root:11
	agrees --usermap=:31 --groupmap=:32
	agrees --usermap='?p:5,[r]oot:6'
	agrees --groupmap=54321:mail,8:33
}

@test "owners that are not known are refused, and maps that say nothing" {
	local map
	for map in --usermap=0:nobody-of-that-name --usermap=0 --usermap=5-3:1 --groupmap=x: \
		--chown=nobody-of-that-name --chown=: --chown=; do
		run decant sync -a "$map" src/ dst/
		assert_failure 2
		assert_output --partial "${map%%=*}"
	done
	run decant sync -a --chown=root --usermap=1:2 src/ dst/
	assert_failure 2
}
