#!/bin/sh
# Watches the signatures and the enums of the ABI: compares the header with tests/abi/witness.abi, by abidiff.
#
#   tests/abi/check-witness.sh              fails when they differ
#   tests/abi/check-witness.sh --update     writes the reference anew; not for a break under the same ABI number
#
# The debug information of a Rust library tells abidiff no signatures, so a witness is compared: a C library with an
# empty definition of every function of copilot.cdef.h (witness.awk). Its soname carries the ABI number.
set -eu
cd "$(dirname "$0")/../.."
scripts/require gcc abidiff abidw
reference=tests/abi/witness.abi
cdef=include/copilot.cdef.h
abi=$(sed -n 's/^#define COPILOT_ABI_VERSION //p' include/copilot.h)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "FAILED: $*" >&2
    exit 1
}

# witness CDEF NAME: makes $work/NAME.abi. Nothing in it depends on where it was made.
witness() {
    mkdir "$work/$2"
    awk -f tests/abi/witness.awk "$1" >"$work/$2/witness.c"
    (
        cd "$work/$2"
        gcc -std=gnu11 -g -shared -fPIC "-Wl,-soname,witness.so.$abi" witness.c -o witness.so
        abidw --no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
            --no-parameter-names --out-file "../$2.abi" witness.so
    )
}

# differs OPTIONS… OLD NEW: whether abidiff sees a change; what it sees goes to $work/report.
differs() {
    status=0
    abidiff --no-default-suppression --no-architecture "$@" >"$work/report" 2>&1 || status=$?
    # Bits 1 and 2 are errors of abidiff's own.
    [ $((status & 3)) = 0 ] || die "abidiff: $(cat "$work/report")"
    [ $status != 0 ]
}

# verdict OLD NEW: "broken" when a program made for OLD may not run with NEW, "grown" when it does but they differ
# (a new function, a new value in an enum, a const, another name for a type), else "same".
verdict() {
    if differs --no-added-syms "$1" "$2"; then
        echo broken
    elif differs --harmless "$1" "$2"; then
        echo grown
    else
        echo same
    fi
}

# finds VERDICT WHAT SED-SCRIPT REPORTED…: a copy of the header with this edit must be found out, and for what it is.
finds() {
    wanted=$1 what=$2
    planted=$((planted + 1))
    sed "$3" "$cdef" >"$work/planted.h"
    shift 3
    cmp -s "$cdef" "$work/planted.h" && [ "$wanted" != same ] && die "self-test: nothing was edited: $what"
    witness "$work/planted.h" "planted$planted"
    found=$(verdict "$work/now.abi" "$work/planted$planted.abi")
    [ "$found" = "$wanted" ] || die "self-test: '$found' instead of '$wanted': $what"
    for reported in "$@"; do
        grep -q "$reported" "$work/report" || die "self-test: abidiff does not tell '$reported': $(cat "$work/report")"
    done
}

witness "$cdef" now
[ "$(grep -c '<function-decl name=.copilot_' "$work/now.abi")" = "$(grep -c '^[^t}/ ].*);$' "$cdef")" ] ||
    die 'the witness does not have every function of the header'

planted=0
finds same 'nothing' ''
finds broken 'a parameter changed and a function gone' \
    '/ copilot_shutdown(/s/int32_t/int64_t/; / copilot_queue_wake(/d' \
    'function copilot_status copilot_shutdown(' 'name changed from int32_t to int64_t' \
    '1 Removed function' 'void copilot_queue_wake('
finds broken 'a parameter changed' '/ copilot_shutdown(/s/int32_t/int64_t/'
finds broken 'a result changed' 's/^int64_t copilot_debug_live_objects/int32_t copilot_debug_live_objects/'
finds broken 'a parameter more' 's/ copilot_queue_wake(/&int32_t more, /'
finds broken 'another handle' '/ copilot_queue_wake(/s/copilot_queue \*/copilot_client */'
finds broken 'a function gone' '/ copilot_queue_wake(/d'
finds broken 'an enum renumbered' 's/COPILOT_OP_DONE = 1/COPILOT_OP_DONE = 9/'
finds broken 'a value of an enum gone' '/COPILOT_OP_DONE = 1/d'
finds broken 'a parameter of a callback changed' '/(\*copilot_wakeup_cb)/s/void \*user_data/int32_t user_data/'
finds broken 'the integer of an enum changed' 's/^typedef int32_t copilot_op_state;/typedef int64_t copilot_op_state;/'
finds grown 'a function more' '$s/$/\nvoid copilot_planted(void);/' 'copilot_planted'
finds grown 'a value of an enum more' 's/COPILOT_OP_DONE = 1/&, COPILOT_OP_PLANTED = 9/' 'COPILOT_OP_PLANTED'
finds grown 'a const less' '/copilot_error_message(/s/const copilot_error/copilot_error/'
echo "self-test: $planted of $planted planted changes told rightly"

update=no
[ "${1:-}" != --update ] || update=yes
again='run tests/abi/check-witness.sh --update and commit the reference'
if [ -e "$reference" ]; then
    old=$(sed -n "s/.*soname='witness\.so\.\([0-9]*\)'.*/\1/p" "$reference")
    [ "$abi" -ge "$old" ] || die "the ABI number fell from $old to $abi"
    found=$(verdict "$reference" "$work/now.abi")
    [ "$found" = same ] || cat "$work/report"
    if [ "$abi" != "$old" ]; then
        found="ABI $old is now $abi"
    elif [ "$found" = broken ]; then
        die "the ABI is broken, but its number is still $abi: take the change back, or raise ABI_VERSION in build.rs"
    fi
else
    found='there is no reference'
fi
if [ "$update" = yes ]; then
    cp "$work/now.abi" "$reference"
    echo "witness: $reference is of ABI $abi as it is now"
elif [ "$found" = same ]; then
    echo "witness: $(grep -c '<function-decl name=.copilot_' "$reference") functions, ABI $abi: same"
else
    die "$reference is not of this header ($found): $again"
fi
