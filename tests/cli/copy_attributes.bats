#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Everything that -a keeps, and what --preserve takes away; judged by rsync, by cp -a and by stat.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	let_go
}

# each KIND of tree by itself, so that a failure says which
keeps() {
	make_tree "$1" src
	decant copy -a src dst
	same_tree src dst
}

@test "-a keeps content, times with nanoseconds and empty directories" {
	keeps basic
	assert_equal "$(stat -c %y dst/one)" "$(stat -c %y src/one)"
	assert_equal "$(stat -c %y dst/empty)" "$(stat -c %y src/empty)"
	[[ $(stat -c %y dst/one) == *.123456789* ]]
}

@test "-a keeps every mode, set-id bits and owners, and goes through directories without write permission" {
	keeps perms
}

@test "-a keeps hard links as links of the copies, not of the sources" {
	keeps links
	assert_equal "$(stat -c %i dst/a/first)" "$(stat -c %i dst/c/second)"
	assert_equal "$(stat -c %h dst/c/second)" 3
	[ "$(stat -c %i dst/a/first)" != "$(stat -c %i src/a/first)" ]
}

@test "hard links between several operands are kept" {
	mkdir one two dst
	echo x >one/a
	ln one/a two/b
	ln one/a c
	decant copy -a one two c dst
	assert_equal "$(stat -c %h dst/c)" 3
	assert_equal "$(stat -c %i dst/one/a)" "$(stat -c %i dst/two/b)"
}

@test "-a keeps holes" {
	require_sparse .
	keeps sparse
	[ "$(stat -c %b dst/hole)" -lt 64 ]
	[ "$(stat -c %b dst/ends)" -lt 128 ]
}

@test "-a keeps extended attributes, empty and binary ones too" {
	require_xattr .
	keeps xattr
	run getfattr -n user.binary -e hex dst/file
	assert_line user.binary=0x00ff0a1b
	run getfattr -n user.empty dst/file
	assert_success
}

@test "-a keeps names of any bytes" {
	keeps odd-names
}

@test "-a keeps symbolic links as they are, dangling ones too, with their times" {
	ln -s nowhere/at/all soft
	touch -h -d '1999-12-31 23:59:59.25' soft
	decant copy -a soft copied
	assert_equal "$(readlink copied)" nowhere/at/all
	assert_equal "$(stat -c %y copied)" "$(stat -c %y soft)"
}

@test "-a keeps access and default ACLs, and a copy without one inherits none" {
	require_acl .
	mkdir src
	echo x >src/file
	setfacl -m u:12345:rw-,g:23456:r-- src/file
	setfacl -m u:12345:r-x -d -m u:12345:r-x src
	echo y >src/bare
	setfacl -b src/bare
	chmod 0640 src/bare
	decant copy -a src dst
	assert_equal "$(cd dst && getfacl -pnR .)" "$(cd src && getfacl -pnR .)"
	same_tree src dst
}

@test "-a keeps capabilities and set-id bits of programs with other owners" {
	require_root
	require_command setcap getcap
	mkdir src
	cp /bin/true src/program
	chown 1234:5678 src/program
	setcap cap_net_raw+ep src/program || skip "needs file capabilities"
	cp /bin/true src/suid
	chown 1234:5678 src/suid
	chmod 6755 src/suid
	decant copy -a src dst
	assert_equal "$(getcap dst/program | sed 's/^dst//')" "$(getcap src/program | sed 's/^src//')"
	assert_equal "$(stat -c '%a %u %g' dst/suid)" '6755 1234 5678'
	same_tree src dst
}

@test "-a recreates FIFOs, sockets and devices" {
	require_root
	mkdir src
	mkfifo -m 0604 src/fifo
	mknod -m 0620 src/char c 1 3 || skip "needs the right to make devices"
	mknod -m 0602 src/block b 7 42
	"$PYTHON" -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/socket")'
	chown 11:22 src/char
	touch -d '1971-01-01 00:00:00.5' src/fifo src/char src/socket
	timeout 10 "$DECANT" copy -a src dst
	assert_equal "$(stat -c '%F %a %t,%T %u:%g' dst/char)" 'character special file 620 1,3 11:22'
	assert_equal "$(stat -c '%F %a %t,%T' dst/block)" 'block special file 602 7,2a'
	assert_equal "$(stat -c '%F %a' dst/fifo)" 'fifo 604'
	assert_equal "$(stat -c '%F' dst/socket)" socket
	same_tree src dst
}

@test "-a keeps times before 1970 and after 2038" {
	mkdir src
	echo x >src/past
	echo y >src/future
	touch -d '1935-06-07 08:09:10.000000001' src/past
	touch -d '2042-06-07 08:09:10.999999999' src/future
	mkdir src/dir
	touch -d '1960-01-02 03:04:05.5' src/dir
	decant copy -a src dst
	assert_equal "$(cd dst && stat -c '%n %y' past future dir)" "$(cd src && stat -c '%n %y' past future dir)"
}

@test "-a keeps the access time as it was before the file was read" {
	data 100000 >a
	touch -a -d '2005-05-05 05:05:05.555555555' a
	touch -m -d '2006-06-06 06:06:06.666666666' a
	decant copy -a a b
	assert_equal "$(stat -c '%x' b)" "$(date -d '2005-05-05 05:05:05.555555555' '+%F %T.%N %z')"
}

@test "times of a directory are set after its children are in" {
	mkdir -p src/d/e
	for i in {1..300}; do echo "$i" >"src/d/e/$i"; done
	touch -d '2010-10-10 10:10:10.101010101' src/d/e src/d src
	decant copy -a -j8 src dst
	assert_equal "$(stat -c %y dst dst/d dst/d/e)" "$(stat -c %y src src/d src/d/e)"
}

@test "a user without privileges copies a zoo as cp -a does" {
	require_nobody
	local dir=$BATS_TEST_TMPDIR/nobody
	mkdir "$dir"
	# Every directory above must let nobody through.
	local up=$dir
	while [ "$up" != / ]; do chmod go+x "$up"; up=$(dirname "$up"); done
	cp "$DECANT" "$dir/decant"
	chown 65534:65534 "$dir"
	cat >"$dir/script" <<-'END'
		cd "$1" && mkdir -p src/d && echo a >src/a && ln src/a src/d/b && mkfifo src/fifo &&
		ln -s a src/soft && chmod 0444 src/a && chmod 0555 src/d && touch -d 1965-01-01 src/d/b src &&
		./decant copy -a src ours && cp -a src theirs
	END
	run setpriv --reuid=65534 --regid=65534 --clear-groups sh "$dir/script" "$dir"
	assert_success
	assert_output ''
	same_tree "$dir/src" "$dir/ours"
	same_listing "$dir/theirs" "$dir/ours"
}

@test "owners that a user may not give are left, silently as with cp -a" {
	require_nobody
	local dir=$BATS_TEST_TMPDIR/nobody
	mkdir "$dir"
	local up=$dir
	while [ "$up" != / ]; do chmod go+x "$up"; up=$(dirname "$up"); done
	echo root >"$dir/file"
	chmod 0644 "$dir/file"
	cp "$DECANT" "$dir/decant"
	chown 65534:65534 "$dir"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/decant" copy -a "$dir/file" "$dir/mine"
	assert_success
	assert_output ''
	assert_equal "$(stat -c '%u %y' "$dir/mine")" "65534 $(stat -c %y "$dir/file")"
}

@test "--attributes-only reaches a file that its owner may not read, or not write" {
	require_nobody
	local dir=$BATS_TEST_TMPDIR/nobody mode
	mkdir "$dir"
	local up=$dir
	while [ "$up" != / ]; do chmod go+x "$up"; up=$(dirname "$up"); done
	cp "$DECANT" "$dir/decant"
	echo new >"$dir/src"
	touch -d 2001-02-03 "$dir/src"
	chmod 0641 "$dir/src"
	for mode in 0200 0400; do
		rm -f "$dir/dst"
		echo old >"$dir/dst"
		chmod "$mode" "$dir/dst"
		chown -R 65534:65534 "$dir"
		run setpriv --reuid=65534 --regid=65534 --clear-groups \
			"$dir/decant" copy -p --attributes-only "$dir/src" "$dir/dst"
		assert_success
		assert_output ''
		assert_equal "$(cat "$dir/dst")" old
		assert_equal "$(stat -c '%a %y' "$dir/dst")" "$(stat -c '%a %y' "$dir/src")"
	done
}

@test "without -p mode follows the umask and times are new" {
	echo x >a
	chmod 0777 a
	touch -d 2001-01-01 a
	(umask 027 && decant copy a b)
	assert_equal "$(stat -c %a b)" 750
	[ "$(stat -c %Y b)" -gt "$(date -d 2020-01-01 +%s)" ]
}

@test "without -p set-id bits are not given to a copy" {
	echo x >a
	chmod 6755 a
	decant copy a b
	assert_equal "$(stat -c %a b)" 755
}

@test "-p keeps mode, owner and times, not links" {
	mkdir src
	echo x >src/a
	ln src/a src/b
	chmod 0604 src/a
	touch -d '2001-01-01 01:01:01.5' src/a
	[ "$(id -u)" -ne 0 ] || chown 77:88 src/a
	decant copy -rp src dst
	assert_equal "$(stat -c '%a %u %g %y' dst/a)" "$(stat -c '%a %u %g %y' src/a)"
	assert_equal "$(stat -c %h dst/a)" 1
}

@test "-d keeps symbolic and hard links only" {
	echo x >a
	ln a b
	ln -s a soft
	mkdir dst
	touch -d 2001-01-01 a
	decant copy -d a b soft dst
	assert_equal "$(stat -c %i dst/a)" "$(stat -c %i dst/b)"
	[ -L dst/soft ]
	[ "$(stat -c %Y dst/a)" -gt "$(date -d 2020-01-01 +%s)" ]
}

@test "--preserve=timestamps keeps times only" {
	echo x >a
	chmod 0600 a
	touch -d '2001-01-01 01:01:01.000000001' a
	(umask 022 && chmod 0666 a && decant copy --preserve=timestamps a b)
	assert_equal "$(stat -c %y b)" "$(stat -c %y a)"
	assert_equal "$(stat -c %a b)" 644
}

@test "--preserve=mode,links and a bad word" {
	mkdir src
	echo x >src/a
	chmod 0606 src/a
	ln src/a src/b
	decant copy -r --preserve=mode,links src dst
	assert_equal "$(stat -c '%a %h' dst/a)" '606 2'
	run decant copy --preserve=colour src/a c
	assert_failure 2
	assert_output --partial colour
	assert_not_exist c
}

@test "-a --no-preserve=links,xattr keeps the rest" {
	mkdir src
	echo x >src/a
	ln src/a src/b
	touch -d '2001-01-01 01:01:01.5' src/a
	if has_xattr .; then setfattr -n user.x -v 1 src/a; fi
	decant copy -a --no-preserve=links,xattr src dst
	assert_equal "$(stat -c '%h %y' dst/a)" "1 $(stat -c %y src/a)"
	run getfattr -d dst/a
	refute_output --partial user.x
}

@test "-P -H -L choose which symbolic links are followed" {
	mkdir real
	echo x >real/file
	ln -s file real/inner
	ln -s real outer
	decant copy -rP outer p
	decant copy -rH outer h
	decant copy -rL outer l
	[ -L p ]
	[ -d h ] && [ ! -L h ] && [ -L h/inner ]
	[ -d l ] && [ ! -L l ] && [ -f l/inner ] && [ ! -L l/inner ]
	assert_equal "$(cat l/inner)" x
	# Without -r a link that is named is followed.
	ln -s real/file soft
	decant copy soft copied
	[ ! -L copied ]
}

@test "-L with a link that leads up to itself ends" {
	mkdir -p src/d
	echo x >src/d/f
	ln -s .. src/d/up
	run timeout 20 "$DECANT" copy -rL src dst
	[ "$status" -ne 124 ]
	assert_failure
	assert_equal "$(cat dst/d/f)" x
}
