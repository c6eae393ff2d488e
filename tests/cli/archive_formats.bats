#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The module of archives and other tools read each other's archives, attribute by attribute.
load helpers

setup() {
	: "${DECANT_ARC:=$(dirname "$DECANT")/tests/client/arc}"
	[ -x "$DECANT_ARC" ] || skip 'archive.so was not built'
	cd "$BATS_TEST_TMPDIR" || return
	mkdir t
	make_zoo t
}

# make_zoo DIR: what tar can hold
make_zoo() {
	mkdir -p "$1/d/e"
	echo hello >"$1/f"
	data 3000000 >"$1/big"
	data 512 >"$1/block"
	: >"$1/empty"
	ln "$1/f" "$1/hard"
	ln -s e "$1/d/sym"
	mkfifo "$1/fifo"
	truncate -s 5M "$1/sparse"
	printf x | dd of="$1/sparse" bs=1 seek=1000000 conv=notrunc status=none
	truncate -s 3M "$1/hole"
	touch "$1/"$'new\nline' "$1/"$'\xc3\xa9'
	chmod 2750 "$1/d"
	chmod 4755 "$1/f"
	find "$1" -exec touch -h -d '2001-02-03 04:05:06.123456789' {} +
}

# listing FILE [FIELD-TO-DROP]...: type, name, mode, times in seconds, size and sum of each member
listing() {
	"$DECANT_ARC" list -m "$1" 2>listing.err | sed -E 's/(mtime=[0-9]+)\.[0-9]+/\1/; s/ [ug]name=[^ ]*//g' |
		sort >"listing.$$.${1//\//_}"
	cat "listing.$$.${1//\//_}"
}

# same_listing A B: both archives hold the same
same_listing() {
	diff <(listing "$1") <(listing "$2")
}

# facts DIR FORMAT: what find says of everything below it; FORMAT 'ns' with fractions of seconds
facts() {
	local time=%Ts
	[ "${2-}" != ns ] || time=%T@
	(cd "$1" && find . -mindepth 1 -printf "%P %y %m %n %l $time\\n" | sort)
}

# same_facts A B [ns]: two trees have the same names, attributes and content
same_facts() {
	diff <(facts "$1" "${3-}") <(facts "$2" "${3-}")
	(cd "$1" && find . -type f -print0) | while IFS= read -r -d '' name; do
		cmp "$1/$name" "$2/$name" || return 1
	done
}

@test "what GNU tar writes is read alike in every format of it" {
	tar --format=pax -cf pax.tar -C t .
	for format in gnu ustar oldgnu; do
		tar --format=$format -cf $format.tar -C t .
		same_listing pax.tar $format.tar
	done
	for sparse in 0.0 0.1 1.0; do
		tar --format=pax -S --sparse-version=$sparse -cf sparse$sparse.tar -C t .
		same_listing pax.tar sparse$sparse.tar
	done
	tar --format=gnu -S -cf sparsegnu.tar -C t .
	same_listing pax.tar sparsegnu.tar
}

@test "what comes by a pipe is read as from a file" {
	tar -cf pax.tar -C t .
	for pack in cat gzip zstd xz bzip2 lz4; do
		$pack <pax.tar >packed
		listing packed >whole
		diff <(listing pax.tar) whole
		"$DECANT_ARC" list -m - <packed 2>pipe.err |
			sed -E 's/(mtime=[0-9]+)\.[0-9]+/\1/; s/ [ug]name=[^ ]*//g' | sort >piped
		diff whole piped
	done
}

@test "what bsdtar, cpio, zip and 7z write is read with the attributes that they have" {
	require_command bsdtar cpio zip 7z
	tar --format=pax -cf gnu.tar -C t .
	bsdtar --format pax -cf bsd.tar -C t .
	diff <(listing gnu.tar | sed 's/ link=[^ ]*//') <(listing bsd.tar | sed 's/ link=[^ ]*//') ||
		diff <(listing gnu.tar | wc -l) <(listing bsd.tar | wc -l)
	(cd t && find . -print0 | cpio -0 -o -H newc --quiet) >a.cpio
	assert_equal "$(listing a.cpio | wc -l)" "$(listing gnu.tar | wc -l)"
	listing gnu.tar | grep -E '^file name=(./|)(big|sparse|block)' >want
	diff want <(listing a.cpio | sed 's/name=\([^.]\)/name=.\/\1/' |
		grep -E '^file name=(./|)(big|sparse|block)')
	rm t/fifo
	(cd t && zip -qry ../a.zip . && 7z a ../a.7z . >/dev/null)
	for archive in a.zip a.7z; do
		diff <(grep -oE 'size=.*' want | sort) \
			<(listing $archive | grep -E 'name=(./|)(big|sparse|block)' | grep -oE 'size=.*' | sort)
	done
	listing a.zip | grep -q 'symlink name=d/sym link=e mode=0777'
}

@test "what we write in tar, GNU tar and bsdtar unpack to the same tree" {
	require_command bsdtar
	tar --format=pax -S -cf in.tar -C t .
	for way in '' -h; do
		for kind in .tar .tar.gz .tar.zst .tar.xz .tar.bz2; do
			[ "$kind" = .tar ] || [ -z "$way" ] || continue
			# shellcheck disable=SC2086 # a flag or nothing
			"$DECANT_ARC" convert $way in.tar "x$kind" "out$kind"
			for tool in tar bsdtar; do
				rm -rf x
				mkdir x
				# bsdtar wants to know that names are UTF-8.
				LC_ALL=C.UTF-8 $tool -xpf "out$kind" -C x
				same_facts t x ns
			done
		done
	done
	# Holes stay holes.
	[ "$(stat -c %b x/sparse)" -lt 2000 ]
}

@test "what we write in cpio, zip and 7z, their tools unpack" {
	require_command cpio unzip 7z
	rm t/fifo t/hard
	tar --format=pax -S -cf in.tar -C t .
	"$DECANT_ARC" convert in.tar x.cpio out.cpio
	"$DECANT_ARC" convert -h in.tar x.cpio hand.cpio
	cmp out.cpio hand.cpio
	mkdir c z s
	(cd c && cpio -idm --quiet <../out.cpio)
	# cpio does not keep the times of directories and links.
	diff <(facts t | grep -v ' [dl] ') <(facts c | grep -v ' [dl] ')
	diff -r --no-dereference t c
	"$DECANT_ARC" convert in.tar x.zip out.zip
	unzip -qq -K out.zip -d z || unzip -qq out.zip -d z
	"$DECANT_ARC" convert in.tar x.7z out.7z
	7z x -os out.7z >/dev/null
	for tree in z s; do
		cmp t/big $tree/big
		cmp t/sparse $tree/sparse
		assert_equal "$(readlink $tree/d/sym)" e
	done
}

@test "attributes of root's survive our writing: owners, devices, xattrs, ACLs" {
	require_root
	require_xattr .
	require_acl .
	mknod t/null c 1 3
	chown 1234:70000 t/d t/big
	setfattr -n user.x -v value t/big
	# GNU tar and libarchive write %25%3D for the end of this name, and only GNU tar reads that.
	setfattr -n 'user.odd%=' -v $'a\nb' t/f
	setfacl -m u:1005:rwx,g:2000:r-x,m::rx t/d/e
	setfacl -d -m u:1005:r-x t/d/e
	tar --numeric-owner --acls --xattrs --format=pax -S -cf in.tar -C t .
	"$DECANT_ARC" convert in.tar x.tar out.tar
	diff <("$DECANT_ARC" list in.tar 2>/dev/null | sort) <("$DECANT_ARC" list out.tar 2>/dev/null | sort)
	for tool in 'tar --acls --xattrs' 'bsdtar --acls --xattrs'; do
		rm -rf x
		mkdir x
		LC_ALL=C.UTF-8 $tool -xpf out.tar -C x
		same_facts t x ns
		diff <(cd t && getfacl -Rn . ) <(cd x && getfacl -Rn .)
		[[ $tool == bsd* ]] || diff <(cd t && getfattr -Rd .) <(cd x && getfattr -Rd .)
		diff <(cd t && getfattr -R -n user.x . 2>/dev/null) <(cd x && getfattr -R -n user.x . 2>/dev/null)
		diff <(cd t && stat -c '%n %u %g %t %T' null big d) <(cd x && stat -c '%n %u %g %t %T' null big d)
	done
}

@test "streams are packed and unpacked as the tools do" {
	for kind in gzip zstd xz bzip2 lz4; do
		require_command $kind
		# shellcheck disable=SC2094 # cmp only reads
		"$DECANT_ARC" deflate $kind <t/big | $kind -dc | cmp - t/big
		# shellcheck disable=SC2094
		$kind -c <t/big | "$DECANT_ARC" inflate $kind | cmp - t/big
		run -2 --separate-stderr bash -c "$kind -c <t/big | head -c 100000 | '$DECANT_ARC' inflate $kind >/dev/null"
		# shellcheck disable=SC2154 # set by run
		[[ $stderr == *EBADMSG* ]]
	done
}

@test "a hundred thousand members need no more memory than ten" {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers take memory of their own"
	"$PYTHON" - >many.tar <<-'END'
		import io, sys, tarfile
		with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as t:
		    for i in range(int(100000)):
		        t.addfile(tarfile.TarInfo("d%d/f%d" % (i % 100, i)))
	END
	# 64 MiB of address space beyond what the libraries map.
	assert_equal "$(gzip -1 <many.tar | (ulimit -v 131072 && "$DECANT_ARC" count -))" 100000
}

@test "the program itself is not linked with libarchive" {
	run ldd "$DECANT"
	refute_output --partial libarchive
	run ldd "$(dirname "$DECANT")/archive.so"
	assert_output --partial libarchive
}
