#!/bin/sh
# Makes include/copilot.cdef.h: copilot.h without preprocessor lines, macros and comments, one declaration a line, for
# LuaJIT's ffi.cdef and Python's cffi. With an argument, writes there instead; "-" is stdout.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
output=${1:-$root/include/copilot.cdef.h}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The interpreters know these headers' types by themselves.
: >"$work/stddef.h"
: >"$work/stdint.h"

{
    echo '/* Generated from copilot.h by tests/header/make-cdef.sh, for LuaJIT and cffi. The manual is in copilot.h. */'
    "${CC:-cc}" -E -P -nostdinc -I"$work" \
        -DCOPILOT_API= -DCOPILOT_CALL= -DCOPILOT_MUST_USE= '-DCOPILOT_DEPRECATED(why)=' '-DCOPILOT_OWNED(free)=' \
        "$root/include/copilot.h" |
        tr -s '[:space:]' ' ' |
        sed -e 's/^ //' -e 's/ ;/;/g' -e 's/( \*/(*/g' -e 's/; /;\n/g' -e 's/{ /{\n  /g' \
            -e 's/\(= -\{0,1\}[0-9]*\), /\1,\n  /g' -e 's/ }/\n}/g' -e 's/ $//'
} >"$work/cdef"

if [ "$output" = - ]; then cat "$work/cdef"; else cat "$work/cdef" >"$output"; fi
