#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Which symbolic links are followed, as operands and inside of trees, against the cp that is installed.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p src/sub src/real
	echo file >src/file
	echo deeper >src/sub/deeper
	echo real >src/real/inside
	ln -s file src/soft
	ln -s ../file src/sub/up
	ln -s real src/to-directory
	ln -s soft src/soft-soft
	mkfifo src/fifo
}

# told DIR: every name below DIR, what it is, where it leads, and which names of src are the same file
told() {
	awk 'NR == FNR { names[$1] = names[$1] " " $2; next } { $1 = names[$1]; print }' \
		<(find src -printf '%i %p\n' | sort -k 2) \
		<(find "$1" -mindepth 1 -printf '%i %P %y %l\n' | sort -k 2)
}

# like_cp OPTION SOURCE...: ours and cp's copies are the same, and so is the success
like_cp() {
	local theirs=0 ours=0
	rm -rf theirs ours
	mkdir theirs ours
	cp "$@" theirs 2>theirs.err || theirs=$?
	decant copy "$@" ours 2>ours.err || ours=$?
	diff -u <(told theirs) <(told ours) || fail "differs: $*"
	assert_equal "$ours" "$theirs"
}

@test "-l follows symbolic links where cp -l does" {
	local option source
	for option in -l -lP -lL -lH -ld -al -alL -lr -lrP -lrH -lrL -lR; do
		for source in src src/soft src/to-directory src/to-directory/ src/soft-soft \
			src/file src/fifo; do
			like_cp "$option" "$source"
		done
		like_cp "$option" src/soft src/sub/up src/file
	done
}

@test "a link that leads nowhere is an error where links are followed, and a link where not" {
	local option
	ln -s nowhere src/dangling
	for option in -r -rL -rH -rP -a -aL -l -lr -lrP -alL -lL -lP; do
		like_cp "$option" src/dangling
		like_cp "$option" src
	done
	rm -rf ours
	run decant copy -rL src/. ours
	assert_failure 1
	assert_output --partial "'src/./dangling': No such file or directory"
}
