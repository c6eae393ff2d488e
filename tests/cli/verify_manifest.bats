#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# verify MANIFEST [DIRECTORY]: each entry is as the manifest says, nothing is missing, nothing extra.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# of LINES: mark and name of each itemized line, sorted
of() {
	cut -c1,25- <<<"$1" | sed 's/  .*//' | sort
}

@test "a tree is as its manifest says" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	run decant verify m a
	assert_success
	assert_output ""
	run decant verify -p m a
	assert_success
	cp m a/m
	cd a
	run decant verify m
	assert_success
	assert_output ""
}

@test "a copy is as the manifest that was written with it says" {
	make_tree basic a
	decant copy -a --manifest=m a/. b
	run decant verify -a m b
	assert_success
	assert_output ""
}

@test "every kind of difference is named" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	printf X | dd of=a/sub/mega bs=1 seek=777777 conv=notrunc status=none
	echo more >>a/one
	rm -r a/nothing a/empty
	ln -sf elsewhere a/pointer
	mkdir a/new
	rm -r a/sub/deeper
	: >a/sub/deeper
	run --separate-stderr decant verify m a
	assert_failure 1
	assert_equal "$stderr" ""
	diff <(tr -s ' ' <<<"$output" | sort) <(sort <<'END'
~ content 1.0 MiB sub/mega xxh128 differs
~ content 4 B one size 4 -> 9
- missing 0 B nothing
- missing empty
~ content pointer target sub/two -> elsewhere
+ extra new
~ content sub/deeper type directory -> file
END
	)
	run decant verify --ignore-extra m a
	refute_output --partial extra
}

@test "attributes count when they are asked for" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	chmod 600 a/one
	run decant verify m a
	assert_success
	run decant verify --preserve=mode m a
	assert_failure 1
	assert_output --partial "mode 0644 -> 0600"
}

@test "--quick reads nothing" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	touch -r a/sub/mega stamp
	printf X | dd of=a/sub/mega bs=1 conv=notrunc status=none
	touch -r stamp a/sub/mega
	run decant verify --quick m a
	assert_success
	touch a/sub/mega
	run decant verify --quick m a
	assert_failure 1
}

@test "other digests, and several" {
	make_tree basic a
	decant hash --hash=sha256,xxh64 --manifest=m a >/dev/null
	decant verify m a
	echo tow >a/sub/two
	run decant verify m a
	assert_failure 1
	assert_output --partial "sha256 differs, xxh64 differs"
}

@test "a damaged manifest is exit 6, and not believed" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	sed 's/ 0644 / 0645 /' m >flipped
	head -n -1 m >short
	local bad
	for bad in flipped short; do
		run --separate-stderr decant verify "$bad" a
		assert_failure 6
		echo "$stderr" | grep -F "the manifest is damaged"
	done
	echo "no manifest" >text
	run decant verify text
	assert_failure 6
}

@test "what is missing altogether is exit 3" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	run decant verify m b
	assert_failure 3
	run decant verify n
	assert_failure 3
	run decant verify a
	assert_failure 3
	assert_output --partial "a single operand has to be a manifest"
}

@test "a manifest beside a file is a file" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	cp m n
	run decant verify m n
	assert_success
	echo >>n
	run decant verify m n
	assert_failure 1
	assert_output --partial "size"
}

@test "directories that are not listed may have more in them" {
	make_tree basic a
	decant hash --manifest=m a/one a/sub/two >/dev/null
	run decant verify m a
	[ "$status" -le 1 ]
	refute_output --partial extra
}

@test "patterns hold on both sides" {
	make_tree basic a
	decant hash --manifest=m a >/dev/null
	rm -r a/sub/deeper
	: >a/new.o
	run decant verify --exclude=deeper --exclude='*.o' m a
	assert_success
	assert_output ""
}

@test "a manifest of A says of B what A does" {
	local seed seeds=10
	[ -z "${CHECK_SLOW:-}" ] || seeds=100
	for ((seed = 0; seed < seeds; seed++)); do
		rm -rf A B m
		"$PYTHON" - "$seed" <<'END'
import os, random, sys
r = random.Random(int(sys.argv[1]))
names = ["a", "a-", "a.b", "ab", "b", "C", "\u00e9", " x", "z"]
def make(path, depth, other):
    os.mkdir(path)
    if other: os.mkdir(other)
    for name in names:
        kind = r.choice("-fffdd l".replace(" ", "")) if depth < 3 else r.choice("-ffl")
        for top in (path, other):
            if not top or (kind == "d" and top is other): continue
            k = kind if r.random() < 0.9 else r.choice("-fl")
            at = os.path.join(top, name)
            if k == "f":
                open(at, "w").write(r.choice(["one", "two"]) if r.random() < 0.1 else "one")
            elif k == "l":
                os.symlink("to" if r.random() < 0.9 else "ot", at)
            elif k == "d" and top is path:
                there = os.path.join(other, name) if other and r.random() < 0.9 else None
                if other and not there and r.random() < 0.5: open(os.path.join(other, name), "w")
                make(at, depth + 1, there)
make("A", 0, "B")
END
		decant hash --manifest=m A >/dev/null
		run decant verify -v A B
		direct=$(of "$output" | sed 's/^\(.\)B$/\1./' | sort)
		run decant verify -v m B
		diff <(echo "$direct") <(of "$output")
	done
}
