#!/bin/sh
# Checks the headers as their users meet it: every C and C++ standard, the interpreters, the manual, the exports.
#
#   tests/header/check-header.sh [libcopilot.so]
#
# Compilers and interpreters that are not installed are named and left out; with COPILOT_CHECK_ALL=1 they fail it.
set -eu
cd "$(dirname "$0")/../.."
library=${1:-}
failed=0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    failed=1
}

have() {
    if command -v "$1" >/dev/null 2>&1; then return 0; fi
    if [ "${COPILOT_CHECK_ALL:-0}" = 1 ]; then fail "$1 is not installed"; else echo "left out: $1 is not installed"; fi
    return 1
}

strict='-Wall -Wextra -Wpedantic -Werror -Wundef'

# $1 compiler, $2 standard, $3 file, the rest further warnings
compile() {
    compiler=$1 standard=$2 file=$3
    shift 3
    # shellcheck disable=SC2086 # the options are words
    "$compiler" -std="$standard" $strict "$@" -Iinclude -fsyntax-only "$file" || fail "$compiler -std=$standard $file"
}

for standard in c89 c99 c11 c17 c2x; do
    if have gcc; then compile gcc $standard tests/header/inc.c -Wstrict-prototypes -Wc++-compat; fi
    if have clang; then compile clang $standard tests/header/inc.c -Wstrict-prototypes; fi
done
for standard in c++98 c++11 c++14 c++17 c++20 c++2b; do
    if have g++; then compile g++ $standard tests/header/inc.cc; fi
    if have clang++; then compile clang++ $standard tests/header/inc.cc; fi
done

for standard in c++14 c++17 c++20 c++2b; do
    for restriction in -fexceptions -fno-exceptions -fno-rtti; do
        if have g++; then compile g++ $standard tests/header/inc_hpp.cc $restriction -Wshadow -Wconversion; fi
        if have clang++; then compile clang++ $standard tests/header/inc_hpp.cc $restriction -Wshadow -Wconversion; fi
    done
done

sh tests/header/make-cdef.sh "$work/copilot.cdef.h"
cmp "$work/copilot.cdef.h" include/copilot.cdef.h ||
    fail 'include/copilot.cdef.h is not what copilot.h says; run tests/header/make-cdef.sh'
if grep -nwE 'bool|long|short|unsigned|float|va_list|union' include/copilot.cdef.h || grep -nF '...' include/copilot.cdef.h; then
    fail 'a type that some foreign function interface cannot pass'
fi
if grep -nE 'struct [a-z_]* *\{' include/copilot.cdef.h; then fail 'a struct with a body'; fi
if grep -nE 'enum [a-z_]+ [a-z_*]|_code [a-z*]' include/copilot.cdef.h; then fail 'an enum in a signature'; fi
if have luajit; then
    luajit -e 'require("ffi").cdef(io.open("include/copilot.cdef.h"):read("*a"))' || fail 'LuaJIT'
fi
if have python3; then
    if python3 -c 'import cffi' 2>/dev/null; then
        python3 -c 'import cffi; cffi.FFI().cdef(open("include/copilot.cdef.h").read())' || fail 'cffi'
    elif [ "${COPILOT_CHECK_ALL:-0}" = 1 ]; then
        fail 'cffi is not installed'
    else
        echo 'left out: cffi is not installed'
    fi
    if [ -n "$library" ]; then
        nm -D --defined-only "$library" | awk '{print $3}' >"$work/names"
        python3 tests/header/doccheck.py include/copilot.h "$work/names" || fail 'doccheck'
    else
        python3 tests/header/doccheck.py include/copilot.h || fail 'doccheck'
    fi
fi

if [ $failed = 0 ]; then echo 'the header is fine'; fi
exit $failed
