#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What happens to what is there already.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	echo new >src
	echo old >dst
	touch -d 2010-01-01 src
	touch -d 2005-01-01 dst
}

@test "an existing file is overwritten in place: inode and links stay" {
	ln dst other
	local inode
	inode=$(stat -c %i dst)
	decant copy src dst
	assert_equal "$(cat other)" new
	assert_equal "$(stat -c %i dst)" "$inode"
}

@test "a longer destination is cut" {
	data 3000000 >dst
	data 1500000 >src
	decant copy src dst
	cmp src dst
}

@test "-n leaves existing files alone and copies the others" {
	mkdir d
	echo kept >d/src
	echo two >two
	run decant copy -n src two d
	assert_success
	assert_equal "$(cat d/src d/two)" $'kept\ntwo'
}

@test "-n does not write through a dangling symbolic link, and fails as cp -n does" {
	ln -s nowhere soft
	run decant copy -n src soft
	assert_failure 1
	assert_output --partial soft
	assert_equal "$(readlink soft)" nowhere
	assert_not_exist nowhere
}

@test "-u overwrites what is older, and leaves what is newer or the same age" {
	decant copy -u src dst
	assert_equal "$(cat dst)" new
	echo newer >dst
	touch -d 2015-01-01 dst
	decant copy -u src dst
	assert_equal "$(cat dst)" newer
	echo same >dst
	touch -r src dst
	decant copy -u src dst
	assert_equal "$(cat dst)" same
}

@test "-u tells ages apart by nanoseconds" {
	touch -d '2010-01-01 00:00:00.000000002' src
	touch -d '2010-01-01 00:00:00.000000001' dst
	decant copy -u src dst
	assert_equal "$(cat dst)" new
	echo old >dst
	touch -d '2010-01-01 00:00:00.000000003' dst
	decant copy -u src dst
	assert_equal "$(cat dst)" old
}

@test "--update=all, none, none-fail and older" {
	decant copy --update=none src dst
	assert_equal "$(cat dst)" old
	run decant copy --update=none-fail src dst
	assert_failure 1
	assert_output --partial dst
	assert_equal "$(cat dst)" old
	decant copy --update=older src dst
	assert_equal "$(cat dst)" new
	echo newest >dst
	decant copy --update=older src dst
	assert_equal "$(cat dst)" newest
	decant copy --update=all src dst
	assert_equal "$(cat dst)" new
	run decant copy --update=sometimes src dst
	assert_failure 2
	assert_output --partial sometimes
}

@test "-i asks: n keeps, y overwrites, end of input keeps" {
	run decant copy -i src dst <<<n
	assert_output --partial dst
	assert_equal "$(cat dst)" old
	run decant copy -i src dst </dev/null
	assert_equal "$(cat dst)" old
	run decant copy -i src dst <<<y
	assert_success
	assert_equal "$(cat dst)" new
}

@test "-i asks once a file, whatever the number of workers" {
	mkdir a b
	for i in {1..20}; do echo new >"a/$i"; echo old >"b/$i"; done
	run decant copy -rTi -j8 a b < <(yes | head -n 20)
	assert_success
	run diff -r a b
	assert_success
}

@test "-i with --backup asks, then saves, as cp does" {
	local answer
	for answer in y n; do
		rm -f dst* theirs*
		echo old | tee dst >theirs
		decant copy -ib src dst <<<"$answer" 2>ours.asked
		cp -ib src theirs <<<"$answer" 2>theirs.asked
		assert_equal "$(cat ours.asked)" "decant: overwrite 'dst'? "
		assert_equal "$(cat dst)" "$(cat theirs)"
		assert_equal "$(cat dst~ 2>/dev/null)" "$(cat theirs~ 2>/dev/null)"
	done
}

@test "-f replaces what cannot be opened" {
	require_nobody
	local dir=$BATS_TEST_TMPDIR/nobody
	mkdir "$dir"
	local up=$dir
	while [ "$up" != / ]; do chmod go+x "$up"; up=$(dirname "$up"); done
	cp "$DECANT" "$dir/decant"
	echo new >"$dir/new"
	echo locked >"$dir/locked"
	chmod 0444 "$dir/locked"
	chmod 0644 "$dir/new"
	chown -R 65534:65534 "$dir"
	cd "$dir"
	run setpriv --reuid=65534 --regid=65534 --clear-groups ./decant copy new locked
	assert_failure 1
	assert_output --partial locked
	assert_equal "$(cat locked)" locked
	run setpriv --reuid=65534 --regid=65534 --clear-groups ./decant copy -f new locked
	assert_success
	assert_equal "$(cat locked)" new
}

@test "-b saves what it replaces under a suffix" {
	decant copy -b src dst
	assert_equal "$(cat dst dst~)" $'new\nold'
	decant copy -b -S .orig dst~ dst
	assert_equal "$(cat dst dst.orig)" $'old\nnew'
	echo third >src
	decant copy --suffix=.bak src dst
	assert_equal "$(cat dst dst.bak)" $'third\nold'
}

@test "-b makes no backup where nothing is replaced" {
	decant copy -b src fresh
	assert_exist fresh
	assert_not_exist fresh~
}

@test "--backup=numbered counts up" {
	decant copy --backup=numbered src dst
	decant copy --backup=t src dst
	decant copy --backup=numbered src dst
	assert_equal "$(cat 'dst.~1~')" old
	assert_equal "$(cat 'dst.~2~' 'dst.~3~')" $'new\nnew'
	touch 'dst.~9~'
	decant copy --backup=numbered src dst
	assert_exist 'dst.~10~'
}

@test "--backup=existing is numbered where numbered ones are, else simple" {
	decant copy --backup=existing src dst
	assert_exist dst~
	assert_not_exist 'dst.~1~'
	echo again >dst
	touch 'dst.~4~'
	decant copy --backup=nil src dst
	assert_equal "$(cat 'dst.~5~')" again
}

@test "--backup=simple, never, none, off" {
	touch 'dst.~1~'
	decant copy --backup=simple src dst
	assert_equal "$(cat dst~)" old
	rm dst~
	decant copy --backup=never src dst
	assert_exist dst~
	rm dst~
	decant copy --backup=none src dst
	decant copy --backup=off src dst
	assert_not_exist dst~
	assert_not_exist 'dst.~2~'
	run decant copy --backup=often src dst
	assert_failure 2
	assert_output --partial often
}

@test "VERSION_CONTROL and SIMPLE_BACKUP_SUFFIX are heard as by cp" {
	VERSION_CONTROL=numbered decant copy -b src dst
	assert_equal "$(cat 'dst.~1~')" old
	rm 'dst.~1~'
	SIMPLE_BACKUP_SUFFIX=.s decant copy --backup=simple src dst
	assert_exist dst.s
}

@test "--remove-destination breaks hard links and replaces symbolic ones" {
	ln dst other
	decant copy --remove-destination src dst
	assert_equal "$(cat dst other)" $'new\nold'
	ln -s other soft
	decant copy --remove-destination src soft
	[ ! -L soft ]
	assert_equal "$(cat other)" old
}

@test "--attributes-only leaves content, makes empty files" {
	chmod 0601 src
	decant copy -p --attributes-only src dst
	assert_equal "$(cat dst)" old
	assert_equal "$(stat -c '%a %y' dst)" "$(stat -c '%a %y' src)"
	decant copy -p --attributes-only src fresh
	[ -f fresh ] && [ ! -s fresh ]
	assert_equal "$(stat -c '%a' fresh)" 601
}

@test "-l links files and makes directories" {
	make_tree basic tree
	decant copy -rl tree linked
	assert_equal "$(stat -c %i linked/one)" "$(stat -c %i tree/one)"
	[ "$(stat -c %i linked/sub)" != "$(stat -c %i tree/sub)" ]
	run decant copy -l src dst
	[ "$(cat dst)" = old ] || [ "$(stat -c %i dst)" = "$(stat -c %i src)" ]
	decant copy -lf src dst
	assert_equal "$(stat -c %i dst)" "$(stat -c %i src)"
}

@test "-s makes symbolic links" {
	decant copy -s "$PWD/src" "$PWD/soft"
	assert_equal "$(readlink soft)" "$PWD/src"
	mkdir d
	decant copy -rs "$PWD/src" d
	assert_equal "$(readlink d/src)" "$PWD/src"
}

@test "--parents recreates the way to the source" {
	mkdir -p a/b d
	echo x >a/b/c
	chmod 0750 a/b
	touch -d 2003-03-03 a/b
	decant copy -p --parents a/b/c d
	assert_equal "$(cat d/a/b/c)" x
	assert_equal "$(stat -c '%a %y' d/a/b)" "$(stat -c '%a %y' a/b)"
	run decant copy --parents a/b/c file-that-is-no-directory
	assert_failure
}

@test "--strip-trailing-slashes makes of a link to a directory the link" {
	mkdir real out
	ln -s real soft
	decant copy -a --strip-trailing-slashes soft/ out
	[ -L out/soft ]
}

@test "--atomic over an existing file replaces it whole" {
	ln dst other
	decant copy --atomic src dst
	assert_equal "$(cat dst other)" $'new\nold'
	names_of . >after
	assert_equal "$(sort after | tr '\n' ' ')" 'after dst other src '
}

@test "-u replaces by a whole file, keeping the mode that was there" {
	chmod 0604 dst
	decant copy -u src dst
	assert_equal "$(cat dst)" new
	assert_equal "$(stat -c %a dst)" 604
}

@test "two sources of one name into one directory: the second is refused, as by cp" {
	mkdir a b d
	echo 1 >a/x
	echo 2 >b/x
	run decant copy a/x b/x d
	assert_failure 1
	assert_output --partial x
	assert_equal "$(cat d/x)" 1
}
