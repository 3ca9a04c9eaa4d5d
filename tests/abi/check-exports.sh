#!/bin/sh
# Checks the library as linkers and loaders see it: its exports, its needs, its size, and that gcc warns of misuse.
#
#   tests/abi/check-exports.sh build/lib/libcopilot.so
#
# The static library is looked for beside it.
set -eu
cd "$(dirname "$0")/../.."
library=${1:-build/lib/libcopilot.so}
cc=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The oldest glibc that can load it: Debian 12, Ubuntu 22.04 and RHEL 9 have at least this one.
glibc_floor=2.34
# A stripped release is about half of this.
size_limit=4194304

passed=0 failed=0
ok() { passed=$((passed + 1)); }
fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}
# nothing WHAT FOUND: what was found should not be there.
nothing() {
    if [ -z "$2" ]; then ok; else fail "$1: $2"; fi
}
is() {
    if [ "$2" = "$3" ]; then ok; else fail "$1: '$3' instead of '$2'"; fi
}

nm -D --defined-only "$library" | awk '{print $NF}' | sort >"$work/exports"
sed -n 's/.*\b\(copilot_[a-z0-9_]*\)(.*);$/\1/p' include/copilot.cdef.h | grep -v '_cb$' | sort >"$work/declared"
nothing 'exports that are not ours' "$(grep -v '^copilot_' "$work/exports" || true)"
nothing "exports with the official runtime's prefix" "$(grep '^copilot_runtime_' "$work/exports" || true)"
nothing 'in the header, but not exported' "$(comm -23 "$work/declared" "$work/exports")"
nothing 'exported, but not in the header' "$(comm -13 "$work/declared" "$work/exports")"
if [ "$(wc -l <"$work/declared")" -gt 100 ]; then ok; else fail 'the header could not be read'; fi

archive=$(dirname "$library")/libcopilot.a
nothing 'names in the static library that are not ours' \
    "$(nm -g --defined-only "$archive" 2>/dev/null | grep ' [TDB] ' | grep -v copilot_ || true)"

readelf -dW "$library" >"$work/dynamic"
abi=$(sed -n 's/^#define COPILOT_ABI_VERSION //p' include/copilot.h)
is 'soname' "libcopilot.so.$abi" "$(sed -n 's/.*soname: \[\(.*\)\].*/\1/p' "$work/dynamic")"
is 'libraries needed' 'ld-linux-x86-64.so.2 libc.so.6 libgcc_s.so.1 ' \
    "$(sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' "$work/dynamic" | sort | tr '\n' ' ')"
is 'bound at load time' 1 "$(grep -c 'BIND_NOW' "$work/dynamic")"
is 'stays mapped' 1 "$(grep -c 'NODELETE' "$work/dynamic")"
nothing 'text relocations or search paths' "$(grep -E 'TEXTREL|RPATH|RUNPATH' "$work/dynamic")"
is 'read-only relocations' 1 "$(readelf -lW "$library" | grep -c 'GNU_RELRO')"
nothing 'memory that is writable and executable' "$(readelf -lW "$library" | grep -E 'GNU_STACK.* RWE|LOAD.* RWE')"
newest=$(objdump -T "$library" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
is 'glibc that is needed' "GLIBC_$glibc_floor" \
    "$(printf 'GLIBC_%s\n%s\n' "$glibc_floor" "$newest" | sort -V | tail -n 1)"

# An empty Rust library has two entries of std; a third would be a constructor that runs in every host.
entries=$((0x$(readelf -SW "$library" | sed -n 's/.* \.init_array *INIT_ARRAY *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\) .*/\1/p') / 8))
if [ "$entries" -le 2 ]; then ok; else fail "$entries constructors"; fi
nothing 'constructors' "$(nm "$library" 2>/dev/null | grep '_GLOBAL__sub_I' || true)"

# Only releases are held to the size: a debug build is what it is.
profile=$(python3 -c 'import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1])
library.copilot_build_info.restype = ctypes.c_char_p
print(json.loads(library.copilot_build_info())["profile"])' "$(realpath "$library")")
if [ "$profile" != release ]; then
    echo 'left out: the size of a debug build'
else
    strip -o "$work/stripped.so" "$library"
    size=$(stat -c %s "$work/stripped.so")
    echo "stripped: $size bytes"
    if [ "$size" -le $size_limit ]; then ok; else fail "$size bytes stripped, more than $size_limit"; fi
fi

# Several files, of both languages, include the header and make one program.
"$cc" -std=c99 -Iinclude -c tests/header/inc.c -o "$work/one.o"
printf '#include <copilot.h>\nint second(void);\nint second(void) { return copilot_abi_version(); }\n' >"$work/two.c"
"$cc" -std=c99 -Iinclude -c "$work/two.c" -o "$work/two.o"
printf '#include <copilot.h>\nextern "C" int second(void);\nint third() { return second() - copilot_abi_version(); }\n' >"$work/three.cc"
if g++ -Iinclude -c "$work/three.cc" -o "$work/three.o" &&
    g++ -shared "$work/one.o" "$work/two.o" "$work/three.o" -o "$work/several.so" -L"$(dirname "$library")" -lcopilot \
        -Wl,--no-undefined; then ok; else fail 'two files that include the header do not link'; fi

# Every function links from the static library too, and the program runs without the shared one.
archive=$(dirname "$library")/libcopilot.a
if [ -e "$archive" ]; then
    python3 tests/c/symbols.c.py >"$work/symbols.c"
    if "$cc" -std=c99 -Iinclude -Itests/c -DCOPILOT_STATIC "$work/symbols.c" -o "$work/symbols" "$archive" \
        -lgcc_s -lutil -lrt -lpthread -lm -ldl && "$work/symbols"; then ok; else fail 'the static library'; fi
else
    fail "there is no $archive"
fi

# COPILOT_OWNED at work: gcc from 11 on warns of each of these.
if gcc -dumpversion 2>/dev/null | awk -F. '{ exit !($1 >= 11) }'; then
    for misuse in tests/abi/misuse/*.c; do
        if gcc -fanalyzer -O1 -Wall -Werror -Iinclude -c "$misuse" -o /dev/null 2>/dev/null; then
            fail "gcc does not warn of $misuse"
        else
            ok
        fi
    done
    gcc -fanalyzer -O1 -Wall -Werror -Iinclude -c examples/c/02_ask.c -o /dev/null 2>"$work/warnings" ||
        fail "gcc warns of an example: $(cat "$work/warnings")"
else
    echo 'left out: gcc 11 or later is not installed'
fi

echo "exports: $passed passed, $failed failed"
[ $failed = 0 ]
