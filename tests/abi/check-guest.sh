#!/bin/sh
# The library is a guest: no thread of a test program writes to stdin, stdout or stderr, changes what a signal does, the
# working directory or the umask, as strace sees it. Needs what tests/c/run needs.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/require gcc strace

# They print nothing themselves unless something is wrong.
programs='version arguments bad_input bad_cli tools requests destroy shutdown reentry threads dlopen'
tests/c/run --cc gcc $programs >"$work/log" || { cat "$work/log"; exit 1; }
export FAKE_RUNTIME_PROGRAM="${FAKE_RUNTIME_PROGRAM:-$PWD/target/debug/fake-runtime}"
export TEST_LIBRARY="$build/lib/libcopilot.so"

# threads_of FOLDER ID: this thread and all that it and they have started in the same process.
threads_of() {
    echo "$2"
    for started in $(sed -n 's/^clone.*CLONE_THREAD.* = \([0-9]*\)$/\1/p' "$1/trace.$2"); do
        threads_of "$1" "$started"
    done
}

# offences PROGRAM: what its threads, but not the processes that it starts, have done.
offences() {
    folder=$work/traces-$(basename "$1")
    mkdir -p "$folder/test"
    # One file for each thread and process.
    TEST_DIR=$folder/test timeout 300 strace -ff -qq -o "$folder/trace" \
        -e trace=write,writev,pwrite64,pwritev2,rt_sigaction,execve,chdir,umask,clone,clone3 "$1" >/dev/null 2>&1 ||
        echo "it failed"
    main=$(grep -l "execve(\"$1\"" "$folder"/trace.* | sed 's/.*\.//')
    for thread in $(threads_of "$folder" "$main"); do
        # glibc's own signal for setuid() in threads is installed by the first pthread_create().
        grep -E 'write[v0-9]*\([012],|rt_sigaction\(.*, \{|chdir\(|umask\(' "$folder/trace.$thread" |
            grep -v 'SIGRT_1' || true
    done
}

gcc -o "$work/noisy-program" tests/abi/noisy.c -lpthread
found=$(offences "$work/noisy-program" | grep -c -E 'write\(2|SIGPIPE' || true)
[ "$found" = 2 ] || { echo "FAILED: the noise that was planted is not found"; exit 1; }

passed=0 failed=0
for program in $programs; do
    found=$(offences "$build/c/plain-gcc/$program")
    if [ -z "$found" ]; then
        passed=$((passed + 1))
    else
        echo "FAILED: $program: $found"
        failed=$((failed + 1))
    fi
done
echo "guest: $passed passed, $failed failed"
[ $failed = 0 ]
