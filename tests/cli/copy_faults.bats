#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Calls that fail, disks that are full, sources that cannot be read.

load helpers
load images

setup_file() {
	images_make ext4 xfs
	if [ ! -e "$IMAGES/ext4.reason" ]; then
		image_make ext4-small 8M >"$IMAGES/ext4-small.log" 2>&1 ||
			echo "no small image: $(tail -n 1 "$IMAGES/ext4-small.log")" >"$IMAGES/ext4-small.reason"
	else
		cp "$IMAGES/ext4.reason" "$IMAGES/ext4-small.reason"
	fi
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# survives SPEC [OPTION...]: with the fault injected the copy is right all the same
survives() {
	local spec=$1
	shift
	require_inject
	rm -rf dst
	inj "$spec" "$DECANT" copy -a "$@" src dst || fail "exit $? after $spec"
	assert_injected
	same_tree src dst || fail "after $spec"
}

# fails SPEC STATUS [OPTION...]: it ends with that status, names a file, and leaves no torn file
fails() {
	local spec=$1 expected=$2
	shift 2
	require_inject
	rm -rf dst
	run inj "$spec" "$DECANT" copy -a "$@" src dst
	assert_injected
	[[ $status =~ ^($expected)$ ]] || fail "$spec: exit $status, not $expected: $output"
	assert_output --regexp '^decant: '
	not_torn
}

not_torn() {
	local name
	for name in src/*; do
		name=${name##*/}
		[ ! -f "src/$name" ] || [ ! -e "dst/$name" ] || cmp "src/$name" "dst/$name"
	done
	names_of src >known
	[ ! -d dst ] || no_temporaries dst known
}

mega() {
	mkdir -p src
	data $((1 << 20)) >src/mega
	data $((3 << 20)) >src/more
}

@test "cloning that is refused falls back to copying" {
	on_fs xfs
	mega
	local error
	for error in EPERM EACCES EINVAL EXDEV EOPNOTSUPP ENOTTY ENOSYS EBADF ETXTBSY; do
		survives "ioctl:error=$error"
	done
}

@test "cloning that fails for good is not retried by other means" {
	on_fs xfs
	mega
	fails ioctl:error=ENOSPC 3
	fails ioctl:error=EIO '1|3'
}

@test "copy_file_range that is refused falls back" {
	on_fs ext4
	mega
	local error
	for error in EXDEV EINVAL ENOSYS EOPNOTSUPP EPERM ETXTBSY EBADF; do
		survives "copy_file_range:error=$error"
		survives "copy_file_range:error=$error:when=2+"
	done
	survives copy_file_range:retval=0
	survives copy_file_range:error=EINTR:when=1
}

@test "copy_file_range that fails for good is an error and no torn file" {
	on_fs ext4
	mega
	fails copy_file_range:error=EIO '1|3'
	fails copy_file_range:error=ENOSPC 3
	fails copy_file_range:error=EDQUOT 3
}

@test "EIO of copy_file_range on a local file system is not retried" {
	on_fs ext4
	require_inject
	mkdir src
	data $((1 << 20)) >src/mega
	run strace -f -qq -o trace -e trace=copy_file_range,sendfile,pread64,pwrite64 \
		-e inject=copy_file_range:error=EIO "$DECANT" copy -a src dst
	assert_failure
	assert_output --partial mega
	grep -q 'copy_file_range(' trace
	run grep -E '(sendfile|pwrite64)\(' trace
	assert_failure
}

@test "sendfile refused after copy_file_range leaves buffers" {
	on_fs ext4
	mega
	local error
	for error in EINVAL ENOSYS EXDEV; do
		rm -rf dst
		require_inject
		strace -f -qq -o /dev/null -e inject=copy_file_range:error=EXDEV -e inject=sendfile:error=$error \
			"$DECANT" copy -a --json src dst >events
		same_tree src dst
		assert_equal "$(how_of mega <events)" buffer
	done
}

@test "a read that fails is exit 1 and names the source; the others are copied" {
	require_inject
	on_fs ext4
	mega
	echo small >src/small
	run strace -f -qq -o "$BATS_TEST_TMPDIR/injected" -P "$PWD/src/mega" \
		-e inject=copy_file_range,sendfile:error=EXDEV -e inject=pread64:error=EIO "$DECANT" copy -a src dst
	assert_injected pread64
	assert_failure 1
	assert_output --partial mega
	assert_not_exist dst/mega
	cmp src/small dst/small
	cmp src/more dst/more
}

@test "a write that fails is reported and leaves no torn file" {
	on_fs ext4
	mega
	require_inject
	local error
	for error in EIO ENOSPC EDQUOT EFBIG; do
		rm -rf dst
		run strace -f -qq -o /dev/null -e inject=copy_file_range,sendfile:error=EXDEV \
			-e inject=pwrite64:error=$error "$DECANT" copy -a src dst
		assert_failure
		[ $error = EFBIG ] || assert_failure 3
		assert_output --regexp 'mega|more|full|stopped'
		not_torn
	done
}

@test "EINTR and short transfers are gone on with" {
	on_fs ext4
	mega
	survives copy_file_range:error=EINTR:when=1
	# strace counts in each thread; a worker opens 4 files and 2 directories.
	survives openat:error=EINTR:when=2+2 -j1
	require_inject
	rm -rf dst
	# The loader reads with pread64 too, so only calls on this file are interrupted.
	strace -f -qq -o /dev/null -P "$PWD/src/mega" -e inject=copy_file_range,sendfile:error=EXDEV \
		-e inject=pread64,read:error=EINTR:when=1 "$DECANT" copy -a src dst
	same_tree src dst
	rm -rf dst
	strace -f -qq -o /dev/null -e inject=copy_file_range,sendfile:error=EXDEV \
		-e inject=pwrite64:error=EINTR:when=1 "$DECANT" copy -a src dst
	same_tree src dst
}

@test "a close that fails is reported" {
	require_inject
	on_fs ext4
	mkdir -p src dst
	echo small >src/small
	run inj_at "$PWD/dst/small" close:error=EIO "$DECANT" copy -aT src dst
	assert_injected close
	assert_failure
	assert_output --partial small
}

@test "an owner that cannot be kept is named, exit 1" {
	require_root
	on_fs ext4
	mkdir src
	echo x >src/owned
	chown 1234:1234 src/owned
	require_inject
	run inj fchown,fchownat:error=EIO "$DECANT" copy -a src dst
	assert_injected
	[[ $status =~ ^[13]$ ]]
	assert_output --partial owned
	rm -rf dst
	run inj fchown,fchownat:error=EPERM "$DECANT" copy -a src dst
	assert_failure 1
	assert_output --partial owned
}

@test "times that cannot be kept are named, exit 1" {
	on_fs ext4
	mkdir src
	echo x >src/timed
	touch -d 2001-01-01 src/timed
	require_inject
	run inj utimensat:error=EPERM "$DECANT" copy -a src dst
	assert_failure 1
	assert_output --partial timed
}

@test "set-id bits are dropped when the owner cannot be kept" {
	require_root
	on_fs ext4
	mkdir src
	cp /bin/true src/suid
	chown 1234:1234 src/suid
	chmod 6755 src/suid
	require_inject
	run inj fchown,fchownat:error=EPERM "$DECANT" copy -a src dst
	assert_failure 1
	cmp src/suid dst/suid
	[ ! -u dst/suid ]
	[ ! -g dst/suid ]
}

@test "publishing that fails leaves neither file nor temporary" {
	on_fs ext4
	mega
	fails linkat:error=EIO '1|3' --atomic
	fails linkat:error=ENOSPC 3 --atomic
}

@test "publishing without linkat finds another way" {
	on_fs ext4
	mega
	survives linkat:error=ENOENT:when=1 --atomic
}

@test "replacing that fails keeps the old file whole, and no temporary" {
	on_fs ext4
	mega
	require_inject
	mkdir dst
	echo old >dst/mega
	echo old >dst/more
	run inj renameat2,renameat,rename:error=EIO "$DECANT" copy -aT --atomic src dst
	assert_failure
	assert_output --regexp '(mega|more).*Input/output error'
	assert_equal "$(cat dst/mega)" old
	names_of src >known
	no_temporaries dst known
}

@test "O_TMPFILE that is not supported is no obstacle" {
	on_fs ext4
	mega
	require_inject
	# The one open with O_TMPFILE that comes first fails; strace counts in each thread.
	strace -f -qq -o trace -e trace=openat,openat2 "$DECANT" copy -a --atomic -j1 src dst
	local call thread nth
	read -r thread call < <(sed -n '/O_TMPFILE/s/^\([0-9]*\) *\(openat2*\)(.*/\1 \2/p' trace | head -n 1)
	[ -n "$call" ]
	nth=$(awk -v thread="$thread" -v call="$call(" \
		'$1 == thread && index($0, call) { n++ } /O_TMPFILE/ { print n; exit }' trace)
	survives "$call:error=EOPNOTSUPP:when=$nth" --atomic -j1
	grep -q '"\.decant-.*O_CREAT' "$BATS_TEST_TMPDIR/injected"
}

@test "a full disk is exit 3, one clear sentence, and no partial file" {
	on_fs ext4-small
	mkdir -p "$BATS_TEST_TMPDIR/src"
	data $((20 << 20)) >"$BATS_TEST_TMPDIR/src/big"
	run --separate-stderr decant copy -a "$BATS_TEST_TMPDIR/src/big" "$FS/big"
	assert_failure 3
	assert_equal "$output" ''
	[[ $stderr =~ full|"No space left" ]]
	assert_one_line "$(head -n 1 <<<"$stderr")"
	[ "${#stderr_lines[@]}" -le 3 ]
	assert_not_exist "$FS/big"
	rm -rf "$FS"
}

@test "a full disk in a tree of small files is exit 3, stops early, and leaves whole files only" {
	on_fs ext4-small
	mkdir "$BATS_TEST_TMPDIR/src"
	(cd "$BATS_TEST_TMPDIR/src" && data $((20 << 20)) | split -a 4 -b 20000)
	run --separate-stderr decant copy -a -j4 "$BATS_TEST_TMPDIR/src" "$FS/dst"
	assert_failure 3
	[ "${#stderr_lines[@]}" -le 8 ]
	local name torn=0
	for name in "$FS"/dst/*; do
		cmp -s "$name" "$BATS_TEST_TMPDIR/src/${name##*/}" || torn=$((torn + 1))
	done
	assert_equal "$torn" 0
	[ "$(names_of "$FS/dst" | wc -l)" -gt 10 ]
	rm -rf "$FS"
}

@test "a file that does not fit leaves the old one when it is replaced atomically" {
	on_fs ext4-small
	data $((20 << 20)) >"$BATS_TEST_TMPDIR/big"
	echo old >big
	run decant copy --atomic "$BATS_TEST_TMPDIR/big" big
	assert_failure 3
	assert_equal "$(cat big)" old
	assert_equal "$(names_of .)" big
	rm -rf "$FS"
}

@test "no inodes left is exit 3" {
	require_mount
	mkdir small src
	mount -t tmpfs -o size=4M,nr_inodes=20 none small
	tree_py wide src 100
	run decant copy -a src small
	umount small
	assert_failure 3
	assert_output --regexp 'full|No space left'
}

@test "a read-only destination is exit 3, once" {
	require_mount
	mkdir ro
	make_tree basic src
	mount -t tmpfs none ro
	mount -o remount,ro ro
	run --separate-stderr decant copy -a src ro
	umount ro
	assert_failure 3
	[[ $stderr == *"Read-only file system"* ]] || [[ $stderr == *"read-only"* ]]
	[ "${#stderr_lines[@]}" -le 2 ]
}

@test "an unreadable source is exit 1, named, and the others are copied" {
	require_nobody
	local dir=$BATS_TEST_TMPDIR/nobody
	mkdir -p "$dir/src/closed"
	local up=$dir
	while [ "$up" != / ]; do chmod go+x "$up"; up=$(dirname "$up"); done
	cp "$DECANT" "$dir/decant"
	echo 1 >"$dir/src/a"
	echo 2 >"$dir/src/secret"
	echo 3 >"$dir/src/z"
	echo 4 >"$dir/src/closed/f"
	chmod 0644 "$dir"/src/[az]
	chmod 0600 "$dir/src/secret"
	chmod 0700 "$dir/src/closed"
	chmod 0755 "$dir/src"
	chown 65534:65534 "$dir"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/decant" copy -a "$dir/src" "$dir/dst"
	assert_failure 1
	assert_line --regexp "^decant: cannot .*src/secret'?: Permission denied"
	assert_line --regexp "^decant: cannot .*src/closed'?: Permission denied"
	assert_equal "$(cat "$dir/dst/a" "$dir/dst/z")" $'1\n3'
	assert_not_exist "$dir/dst/secret"
}

@test "no descriptors left for a moment is not an end" {
	local i
	mkdir src
	for i in {1..30}; do mkdir "src/$i" && echo "$i" >"src/$i/f"; done
	(ulimit -n 20 && decant copy -a -j2 src dst)
	same_tree src dst
}

@test "any single failure of any call is reported or overcome" {
	require_inject
	mkdir src
	local i
	for i in {1..9}; do echo "small $i" >"src/$i"; done
	data $((1 << 20)) >src/mega
	ln src/1 src/linked
	ln -s 1 src/soft
	mkdir src/d
	echo x >src/d/f
	local call n error base struck=0 overcome=0
	for call in openat newfstatat copy_file_range fchmod utimensat mkdirat linkat symlinkat getdents64 \
		flistxattr pread64 pwrite64 close; do
		# strace counts in each thread; the loader's calls come first in the main one, and what
		# happens when they fail is not ours to judge.
		strace -f -qq -o trace -e "trace=$call" "$DECANT" --version >version
		base=$(wc -l <trace)
		for error in EIO ENOMEM; do
			for n in 1 3; do
				rm -rf dst
				run timeout 20 strace -f -qq -o trace -e "trace=$call" \
					-e "inject=$call:error=$error:when=$((base + n))" "$DECANT" copy -a -j1 src dst
				[ "$status" -ne 124 ] || fail "$call $error $n hangs"
				! grep -q INJECTED trace || struck=$((struck + 1))
				if [ "$status" -eq 0 ]; then
					! grep -q INJECTED trace || overcome=$((overcome + 1))
					same_tree src dst || fail "$call $error $n: exit 0, and not the same"
				else
					[ "$status" -lt 127 ] || fail "$call $error $n: exit $status: $output"
					[ -n "$output" ] || fail "$call $error $n: exit $status without a word"
					[ ! -e dst/mega ] || cmp src/mega dst/mega || fail "$call $error $n: torn"
				fi
			done
		done
	done
	echo "# $struck calls failed, $overcome of them without harm" >&3
	# Some calls are not made three times.
	[ "$struck" -ge 35 ]
}
