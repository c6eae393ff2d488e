#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What decant sync leaves out, judged by git and by rsync.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p src
	(
		cd src || exit
		mkdir -p build/keep sub/build sub/deep/build foo/bar doc/sub logs/old x/y/z .cfg 'di r' a+b
		touch a.o b.c main.c build/x.o build/keep/y.c sub/a.o sub/b.c sub/build/z sub/deep/a.o \
			sub/deep/build/w foo/bar/baz.txt foo/bar.txt foo/keep.txt 'with space' 'trail ' '#hash' \
			'!bang' '*star' doc/a.html doc/sub/b.html logs/debug.log logs/old/debug.log debug.log \
			x/y/z/deep.txt x/y/mid.txt x/top.txt .hidden .cfg/rc 'di r/f' '[br]' file1 file2 fileA \
			'back\slash' a+b/c foo.d foobar abc aXc a-c
	)
}

# The contents of .gitignore, one case a line: \n ends a line, | begins that of sub/.gitignore.
git_cases() {
	cat <<'END'
*.o
*.o\n!a.o
/a.o
/*.o
sub/a.o
/sub/a.o
build
build/
/build
/build/
build/*
build/*\n!build/keep
build/\n!build/keep
!build/keep\nbuild/
**/build
**/build/
build/**
**/a.o
sub/**
sub/**/a.o
sub/**/build
foo/*
foo/*\n!foo/keep.txt
foo/**\n!foo/bar/
foo/**\n!foo/bar/\n!foo/bar/baz.txt
foo/bar
foo/bar/
foo/bar.txt
bar
bar.txt
*.txt
*.txt\n!mid.txt
*.txt\n!/x/y/mid.txt
x/**/deep.txt
x/**/*.txt
/x/*.txt
x/*/mid.txt
**
*
*\n!*.c
*\n!*/\n!*.c
/*
/*\n!/sub
/*\n!/sub\n/sub/*\n!/sub/deep
with space
with\ space
trail\x20
trail\\\x20
#hash
\#hash
!bang
\!bang
\*star
*star
[br]
\[br]
file[12]
file[!12]
file[1-9]
file[A-Z]
file[[:digit:]]
file[[:alpha:]]
file?
a?c
a[!X]c
.*
.cfg
.hidden
logs/*.log
logs/**/*.log
**/debug.log
debug.log
debug.log\n!logs/
/logs/old/
di r/
a+b
back\\\\slash
foo.d
foo*
foo*/
fo?
doc/**/*.html
doc/*.html
/doc/sub
*.html\n!doc/sub/b.html
*.o|!a.o
*.o|!/a.o
|*.o
|/a.o
|/deep/a.o
|deep/
|build\n
a.o|!*.o
*.c\n!b.c|b.c
sub/b.c|!b.c
|*\n!deep
|/build/
END
}

@test "--gitignore leaves out what git ignores" {
	local case root sub n=0
	git -C src init -q
	while IFS= read -r case; do
		n=$((n + 1))
		root=${case%%|*} sub=
		[ "$case" = "$root" ] || sub=${case#*|}
		printf '%b\n' "$root" >src/.gitignore
		rm -f src/sub/.gitignore
		[ -z "$sub" ] || printf '%b\n' "$sub" >src/sub/.gitignore
		rm -rf dst
		decant sync -a --gitignore --exclude=/.git src/ dst/
		(cd src && find . -path ./.git -prune -o ! -type d -print | sed 's|^\./||' | sort) >all
		git -C src -c core.quotePath=false check-ignore --stdin --no-index <all 2>/dev/null |
			sed 's/^"\(.*\)"$/\1/;s/\\\\/\\/g' | sort >ignored || :
		(cd dst 2>/dev/null && find . ! -type d | sed 's|^\./||' | sort) >got
		run diff <(LC_ALL=C comm -23 all ignored) got
		assert_success || fail "case '$case': $output"
	done < <(git_cases)
	[ "$n" -ge 60 ]
}

# Filter options, one case a line, as the shell reads them.
rsync_cases() {
	cat <<'END'
--exclude='*.o'
--exclude=/a.o
--exclude=a.o --include='*'
--include='*.c' --exclude='*.?'
--include='*/' --include='*.c' --exclude='*'
--include=/sub/ --include='/sub/**' --exclude='*'
--exclude=build
--exclude=build/
--exclude=/build/
--exclude=/build/***
--include=/build/*** --exclude='*'
--exclude=sub/a.o
--exclude='sub/**/a.o'
--exclude='**/a.o'
--exclude='foo/**'
--exclude='foo/*'
--include=/foo/ --include=/foo/keep.txt --exclude='/foo/*'
--exclude='**build**'
--exclude='b**d'
--exclude='file[12]'
--exclude='file[!12]'
--exclude='file[1-9]' --include='fileA'
--exclude='?.c'
--exclude='.*'
--exclude='with space'
--filter='- *.o'
--filter='+ *.c' --filter='- *'
--filter='exclude *.o'
--filter='include *.c' --filter='exclude *.?'
--filter='-! */'
--filter='+ */' --filter='-! *.c'
-f '- /sub/deep'
-f 'P *.o'
-f 'H *.o'
-f 'protect /extra'
-f 'S a.o' -f 'H *.o'
-f 'R a.o' -f 'P *.o'
--exclude-from=excludes
--include-from=includes --exclude='*'
-f '. rules'
-f 'merge rules'
-f ': .rules'
-f 'dir-merge .rules'
-f ':n .rules'
-f ':e .rules'
-f ':- .ignored'
-f ':-n .ignored'
-f '- *.txt' -f '!' -f '- *.o'
-F
--delete-excluded --exclude='*.o'
--delete-excluded -f 'P a.o' --exclude='*.o'
--delete-excluded --exclude=build/
--exclude='x/y'
--exclude='/x/y/z/'
--exclude='y/z'
--exclude='*/mid.txt'
--exclude='x/*/mid.txt'
--exclude='\*star'
--exclude='*star'
--exclude='back\slash'
--exclude='a-c' --exclude='a[X]c'
END
}

@test "rsync's rules leave out, and protect, what they do in rsync" {
	local case n=0
	printf '%s\n' '# comment' '; comment' '*.o' '' '+ main.c' '*.c' >excludes
	printf '%s\n' '*/' '*.txt' '- /x/y/mid.txt' >includes
	printf '%s\n' '- *.o' '+ /sub/' '+ *.c' '- /foo/bar/' >rules
	printf '%s\n' '- a.o' '- /deep/' >src/sub/.rules
	printf '%s\n' '+ a.o' '- *.o' >src/.rules
	printf '%s\n' '*.o' '/b.c' >src/.ignored
	printf '%s\n' '*.txt' >src/x/.ignored
	printf '%s\n' '- *.html' >src/doc/.rsync-filter
	while IFS= read -r case; do
		n=$((n + 1))
		rm -rf ours theirs
		mkdir theirs
		cp -a src/. theirs
		(cd theirs && touch new.o extra sub/more.o build/more && mkdir -p gone/build && touch gone/a.o gone/b)
		cp -a theirs ours
		eval "rsync -a --delete $case src/ theirs/" >/dev/null 2>&1 ||
			fail "case $case: rsync refuses it"
		eval "decant sync -a --delete --max-delete=100% $case src/ ours/" || fail "case $case: $?"
		run diff <(cd theirs && find . | sort) <(cd ours && find . | sort)
		assert_success || fail "case $case: $output"
	done < <(rsync_cases)
	[ "$n" -ge 40 ]
}

@test "directories with a mark are left out" {
	printf 'Signature: 8a477f597d28d172789f06886806bc55\n' >src/build/CACHEDIR.TAG
	echo no >src/logs/CACHEDIR.TAG
	touch src/doc/.nobackup
	decant sync -a --exclude-caches --exclude-if-present=.nobackup src/ dst/
	[ ! -e dst/build ]
	[ -e dst/logs/debug.log ]
	[ ! -e dst/doc ]
}

@test "sizes and ages leave files out, and keep what is there" {
	mkdir s dst
	data 10 >s/small
	data 5000 >s/large
	touch -d 2001-01-01 s/small
	echo kept >dst/large
	decant sync -a --delete --max-size=1K s/ dst/
	assert_equal "$(ls dst)" 'large
small'
	assert_equal "$(cat dst/large)" kept
	decant sync -a --min-size=1K s/ two/
	assert_equal "$(ls two)" large
	decant sync -a --newer-than=2002-01-01 s/ three/
	assert_equal "$(ls three)" large
}

@test "--why names the rule that decides" {
	printf '*.log\n!keep.log\n' >src/logs/.gitignore
	run decant sync --why logs/debug.log --gitignore src/ dst/
	assert_success
	assert_line 'logs: kept, no rule matches'
	assert_line "logs/debug.log: left out by src/logs/.gitignore, line 1"
	run decant sync --why sub/a.o --exclude='*.o' src/ dst/
	assert_line "sub/a.o: left out by '*.o' of --exclude"
	[ ! -e dst ]
}

@test "a rule that is none is refused before anything is done" {
	run decant sync -a --filter='x y' src/ dst/
	assert_failure 3
	assert_output --partial "it is no filter rule"
	[ ! -e dst ]
}
