#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --atomic: a name that is there is there at every moment, whatever else was asked for.

load helpers

setup() {
	require_command strace
	cd "$BATS_TEST_TMPDIR" || return
	mkdir src dst
	echo new >src/file
	data 2000000 >src/big
	ln -s new-target src/soft
	mkfifo src/fifo
	ln src/file src/other
}

# fill_old: what is to be replaced, of the type that the source has, and not
fill_old() {
	rm -rf dst
	mkdir dst
	for name in file big other; do echo "old $name" >"dst/$name"; done
	ln -s old-target dst/soft
	mkfifo dst/fifo
}

# never_absent OPTION...: no call of the copy takes away, or moves away, a name of src below dst
never_absent() {
	strace -f -qq -o trace -e trace=unlink,unlinkat,rename,renameat,renameat2 \
		"$DECANT" copy --atomic "$@" src/. dst
	run grep -E '(unlink|unlinkat|rename|renameat|renameat2)\([^"]*"(file|big|soft|fifo|other)"' trace
	assert_output ''
	grep -q 'rename.*"file"' trace
}

@test "--atomic takes no name away, with backups and without" {
	local option
	for option in -a '-a --remove-destination' '-a --backup=simple' '-a --backup=numbered' \
		'-a --backup=existing --remove-destination' '-rlP --remove-destination' '-rlP -b'; do
		fill_old
		# shellcheck disable=SC2086
		never_absent $option
		assert_equal "$(cat dst/file)" new
		cmp src/big dst/big
		assert_equal "$(readlink dst/soft)" new-target
		[ -p dst/fifo ]
		assert_equal "$(find dst -name '.decant*')" ''
	done
}

@test "--atomic --backup saves what was there, as without --atomic" {
	local round
	for round in 1 2 3; do
		fill_old
		rm -rf theirs
		cp -a dst theirs
		case $round in
		1) set -- -a --backup=simple ;;
		2) set -- -a --backup=numbered ;;
		3) set -- -rp -b -S .old ;;
		esac
		decant copy --atomic "$@" src/. dst
		decant copy --atomic "$@" src/. dst
		decant copy "$@" src/. theirs
		decant copy "$@" src/. theirs
		diff <(tree_py list theirs) <(tree_py list dst)
	done
}

@test "a name stays there while it is copied over again and again" {
	fill_old
	"$PYTHON" - dst/file <<-'END' &
		import os, sys
		gone = 0
		while not os.path.exists("stop"):
		    for _ in range(1000):
		        try:
		            os.lstat(sys.argv[1])
		        except FileNotFoundError:
		            gone += 1
		open("gone", "w").write(str(gone))
	END
	for ((i = 0; i < 40; i++)); do
		decant copy -a --atomic --backup=simple src/file dst/file
		decant copy -a --atomic --remove-destination src/file dst/file
	done
	touch stop
	wait
	assert_equal "$(cat gone)" 0
}

@test "what could not be replaced is there, and no backup of it" {
	fill_old
	run inj renameat,renameat2:error=EXDEV "$DECANT" copy --atomic --backup=simple src/file dst/file
	assert_failure 1
	assert_equal "$(cat dst/file)" 'old file'
	assert_equal "$(names_of dst | sort | paste -sd ' ')" 'big fifo file other soft'
}
