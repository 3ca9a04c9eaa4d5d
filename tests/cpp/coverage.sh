#!/bin/sh
# Fails when copilot.h has a function that copilot.hpp neither calls nor leaves out for a reason (tests/cpp/unwrapped.txt),
# or when a reason is given for one that is called, or is none.
#
#   tests/cpp/coverage.sh
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# missing CDEF HPP LIST: a line for each fault.
missing() {
    sed -n 's/.*\b\(copilot_[a-z0-9_]*\)(.*);$/\1/p' "$1" | grep -v '_cb$' | sort -u >"$work/declared"
    # Comments name functions without calling them.
    sed 's|//.*||' "$2" | grep -o '\bcopilot_[a-z0-9_]*\b' | sort -u >"$work/named"
    grep -v '^#' "$3" | sed '/^$/d' | sort -u >"$work/reasons"
    awk '{print $1}' "$work/reasons" >"$work/left-out"
    sort -u "$work/named" "$work/left-out" | comm -23 "$work/declared" - | sed 's/$/: copilot.hpp neither calls it nor says why/'
    comm -12 "$work/named" "$work/left-out" | sed 's/$/: is left out, and called all the same/'
    comm -13 "$work/declared" "$work/left-out" | sed 's/$/: is left out, but there is no such function/'
    awk 'NF < 4 {print $1 ": is left out without a reason"}' "$work/reasons"
}

# What it is for must be found by it, or its silence means nothing.
mkdir "$work/planted"
{ cat include/copilot.cdef.h; echo 'void copilot_planted(void);'; } >"$work/planted/cdef"
{ cat include/copilot.hpp; echo '// copilot_planted() in a comment'; } >"$work/planted/hpp"
printf 'copilot_client_new because this is planted\ncopilot_no_such because this is planted\ncopilot_unreasoned\n' >"$work/planted/list"
missing "$work/planted/cdef" "$work/planted/hpp" "$work/planted/list" >"$work/found"
for planted in 'copilot_planted: .*neither' 'copilot_client_new: .*called' 'copilot_no_such: .*no such' 'copilot_unreasoned: .*reason'; do
    grep -q "^$planted" "$work/found" || { echo "coverage.sh does not find what was planted: $planted"; exit 1; }
done

missing include/copilot.cdef.h include/copilot.hpp tests/cpp/unwrapped.txt | tee "$work/faults"
[ ! -s "$work/faults" ] || exit 1
echo "copilot.hpp has all $(wc -l <"$work/declared") functions of copilot.h"
