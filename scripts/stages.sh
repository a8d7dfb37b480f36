# shellcheck shell=bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The stages of scripts/test, in the order in which they run. doc/decisions.md says why which test runs
# in which of them.

# shellcheck disable=SC2034,SC2154 # its variables are those of scripts/test
stages=(build check clang distcheck address thread valgrind fuzz soak crash lint demo interop lab
  package bookworm trixie i386)
declare -A about=(
  [build]='with gcc, every warning an error'
  [check]='make check: unit tests, structure, integration with a real broker'
  [clang]='build with clang, every warning an error'
  [distcheck]='make distcheck: the tarball builds, passes make check, installs, uninstalls'
  [address]='make check with the address and undefined behaviour sanitizers'
  [thread]='what has threads with the thread sanitizer'
  [valgrind]='unit tests under valgrind'
  [fuzz]='libFuzzer looks for input that breaks something, 20 s per target (tests/fuzz)'
  [soak]='30 s of broken brokers and networks, then what got lost (tests/soak)'
  [crash]='the daemon killed before every write, on disks of every kind (tests/crash)'
  [lint]='scripts/lint: format, static analysis, scripts, words'
  [demo]='scripts/demo starts, shows readings and leaves nothing behind'
  [interop]='with RabbitMQ, Aedes and MQTT.js (tests/interop; needs Node.js)'
  [lab]='a real kernel with GPIO lines, I2C and 1-Wire (tests/lab)'
  [package]='the Debian package: build, lintian, install, purge (tests/package)'
  [bookworm]='build and check on Debian 12, in a clean system of its own'
  [trixie]='build and check on Debian 13, in a clean system of its own'
  [i386]='build and check with 32 bits, on Debian 12 for i386 in a clean system of its own'
)

# All integration tests run in distcheck (plain) and under the address sanitizer. A stage that finds
# another kind of fault leaves out those that cannot have it; what is new runs everywhere.
#
# thread: the main loop decides alone, and its threads do what they do in the scripts that stay; and
# quiet counts wake-ups, and that sanitizer has a thread that wakes up
declare -A left_out=(
  [thread]='check-layers check-headers check-style check-faults check-self examples manual scan
    button events expiry failsafe home_assistant info interlock limits publish pulses quiet secrets
    start stored time validity'
  # rules of our own, which no library and no broker knows of
  [trixie]='check-layers check-headers check-style check-faults check-self
    button events failsafe info interlock limits pulses record time trouble validity'
  # neither counts nor measures anything, and the libraries are those of the stages above
  [i386]='check-layers check-headers check-style check-faults check-self
    button home_assistant interlock network outage refused secrets stored websocket'
)

# what each stage needs on this machine, beyond what all need
declare -A stage_packages=(
  [clang]=clang
  [valgrind]=valgrind
  [fuzz]=clang
  # Debian has them under these names; those that a release lacks are skipped by scripts/lint
  [lint]='git shellcheck cppcheck codespell clang-tidy clang-format'
  [lab]='gcc make xz-utils flex bison bc libelf-dev linux-source gpiod i2c-tools'
  [package]=debootstrap
  [bookworm]=debootstrap
  [trixie]=debootstrap
  [i386]=debootstrap
)

# needs STAGE PACKAGE...: false, with the reason told, if they are not here and cannot be
needs() {
  local stage=$1
  shift
  need_packages "$@" >>"$logs/packages.log" 2>&1 ||
    { skip "$stage" "cannot install $(missing_packages "$@" | tr '\n' ' ')" && false; }
}

# needs_its STAGE: the same with those of the table
needs_its() {
  local packages
  read -r -d '' -a packages <<<"${stage_packages[$1]}"
  needs "$1" "${packages[@]}"
}

# run_counted STAGE COMMAND...
run_counted() {
  local stage=$1 status=0
  shift
  "$@" >"$logs/$stage.log" 2>&1 </dev/null || status=$?
  take_counts "$stage" "$logs/$stage.log" "$status"
}

# what the tests of FOLDER said that failed
show_failed() {
  find "$1" -path '*/tests/*' -name '*.log' -exec grep -lE '^(not ok|Bail out)' {} + | head -n 5 |
    while read -r log; do
      say "--- $log"
      grep -vE '^ok ' "$log" | head -n 150
    done
}

# first_try STAGE FOLDER LOG: names what failed and tells what it said, which a second try writes over;
# false if no test has failed
first_try() {
  local line
  grep -qE '^(FAIL|ERROR): ' "$3" || return
  while IFS= read -r line; do
    needed_again "$1" "$line"
  done < <(grep -E '^(FAIL|ERROR): ' "$3")
  show_failed "$2" | tr -d '\000' | sed 's/^/# /'
}

# make_check STAGE FOLDER [ARGUMENT...]: make check with ARGUMENTs; $wrapper is put before make.
# $at_a_time tests for each processor, many: most of them wait for something.
# Programs that failed are tried once more, alone, to tell a fault from a deadline that passed on a
# busy machine. What needed it is listed at the end, and what fails twice has failed.
wrapper=()
at_a_time=6
make_check() {
  local stage=$1 folder=$2 status=0 log=$logs/$1-check.log
  shift 2
  "${wrapper[@]}" make -C "$folder" -j$((jobs * at_a_time)) check "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ] && first_try "$stage" "$folder" "$log"; then
    status=0
    "${wrapper[@]}" make -C "$folder" recheck "$@" >"$logs/$stage-again.log" 2>&1 </dev/null ||
      status=$?
    {
      grep -vE '^(# (FAIL|ERROR|XPASS):|FAIL:|ERROR:)' "$log"
      grep -vE '^# (PASS|SKIP):' "$logs/$stage-again.log"
    } >"$logs/$stage-both.log"
    mv "$logs/$stage-both.log" "$log"
  fi
  count_check "$stage" "$log" "$status" && return
  show_failed "$folder"
}

# tests_of STAGE FOLDER: all tests but those that the stage leaves out
tests_of() {
  local test name
  for test in $(make -s -C "$2" list-tests); do
    name=${test##*/}
    [[ " $(tr -s '[:space:]' ' ' <<<"${left_out[$1]:-}") " == *" ${name%.sh} "* ]] ||
      printf '%s ' "$test"
  done
}

# build_in STAGE [CONFIGURE OPTION...]: in a folder of the stage's own; false if that fails
build_in() {
  local stage=$1
  shift
  try "$stage: configure" "$logs/$stage-configure.log" \
    configure_in "$work/$stage" --enable-werror "$@" &&
    try "$stage: build" "$logs/$stage-build.log" make -C "$work/$stage" -j"$jobs"
}

# build_tests STAGE FOLDER
build_tests() {
  try "$1: build the tests" "$logs/$1-tests.log" make -C "$2" -j"$jobs" check TESTS=
}

# ---- this machine ---------------------------------------------------------------------------------

# with what a distribution adds: it makes the compiler see more
stage_build() {
  build_in build CPPFLAGS=-D_FORTIFY_SOURCE=2
}

# the stages below need the build
built() {
  [ -x "$work/build/pinferry" ] || stage_build
}

# CHECK: which release's or architecture's tests; all of them, if not set
stage_check() {
  built && make_check check "$work/build" TESTS="$(tests_of "${CHECK:-all}" "$work/build")"
}

stage_clang() {
  needs_its clang || return
  build_in clang CC=clang && build_tests clang "$work/clang"
}

# The check of the tarball is the plain check. Once more, with fewer tests at a time, to tell a fault
# from a deadline that passed on a busy machine; see make_check.
stage_distcheck() {
  local log=$logs/distcheck-check.log status=0
  built || return
  make -C "$work/build" -j$((jobs * at_a_time)) distcheck >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ] && first_try distcheck "$work/build" "$log"; then
    status=0
    make -C "$work/build" -j"$jobs" distcheck >"$log" 2>&1 </dev/null || status=$?
  fi
  count_check distcheck "$log" "$status" || show_failed "$work/build"
}

stage_address() {
  build_in address --enable-sanitizers=address,undefined CFLAGS='-O1 -g' &&
    PATIENCE_S=40 make_check address "$work/address"
}

# a fixed layout of the address space: the sanitizer of gcc 12 cannot cope with all random ones
stage_thread() {
  local wrapper=(setarch "$(uname -m)" -R)
  build_in thread --enable-sanitizers=thread CFLAGS='-O1 -g' &&
    PATIENCE_S=40 make_check thread "$work/thread" TESTS="$(tests_of thread "$work/thread")"
}

# What waits or repeats has done so in other stages: here each line that runs once counts.
stage_valgrind() {
  local kinds=definite,indirect at_a_time=1 tests
  needs_its valgrind || return
  built || return
  tests=$(make -s -C "$work/build" list-tests | grep '^tests/unit/' | tr '\n' ' ')
  T_STEPS=1000 T_WORLDS=20 make_check valgrind "$work/build" TESTS="$tests" \
    LOG_COMPILER="valgrind -q --suppressions=$top/tests/valgrind.supp --error-exitcode=99 \
--leak-check=full --show-leak-kinds=$kinds --errors-for-leak-kinds=$kinds"
}

# FUZZ_SECONDS: how long each target runs
stage_fuzz() {
  local version
  needs_its fuzz || return
  version=$(clang -dumpversion)
  needs fuzz "libclang-rt-${version%%.*}-dev" || return
  build_in fuzz CC=clang --enable-fuzzer --enable-sanitizers=address,undefined CFLAGS='-O1 -g' &&
    try 'fuzz: build the targets' "$logs/fuzz-targets.log" \
      make -C "$work/fuzz" -j"$jobs" fuzz-targets &&
    run_counted fuzz "$top/tests/fuzz/run.sh" -j "$jobs" -t "${FUZZ_SECONDS:-20}" "$work/fuzz"
}

# CRASH_SECONDS: how long at most
stage_crash() {
  built && try 'crash: build' "$logs/crash-build.log" \
    make -C "$work/build" -j"$jobs" tests/crash/crash tests/crash/stop.la &&
    try crash "$logs/crash.log" crash_all "${CRASH_SECONDS:-180}"
}

# the status of a TAP program says nothing
crash_all() {
  CRASH_SECONDS=$1 make -s -C "$work/build" crash >"$logs/crash.tap" 2>&1
  cat "$logs/crash.tap"
  grep -q '^ok 1' "$logs/crash.tap" && ! grep -q '^not ok' "$logs/crash.tap"
}

# SOAK_SECONDS: how long
stage_soak() {
  built && try soak "$logs/soak.log" soak_once "${SOAK_SECONDS:-30}"
}

# the status of a TAP program says nothing
soak_once() {
  SOAK_SECONDS=$1 make -s -C "$work/build" soak >"$logs/soak.tap" 2>&1
  cat "$logs/soak.tap"
  grep -q '^ok 1' "$logs/soak.tap" && ! grep -q '^not ok' "$logs/soak.tap"
}

stage_lint() {
  local status=0 bad
  needs_its lint || return
  built || return
  "$top/scripts/lint" "$work/build" >"$logs/lint.log" 2>&1 </dev/null || status=$?
  sed 's/^ok - /ok - lint: /; s/^not ok - /not ok - lint: /; s/^SKIP: /SKIP: lint: /' \
    "$logs/lint.log"
  passed=$((passed + $(grep -c '^ok - ' "$logs/lint.log")))
  skipped=$((skipped + $(grep -c '^SKIP: ' "$logs/lint.log")))
  bad=$(grep -c '^not ok - ' "$logs/lint.log")
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  failed=$((failed + bad))
}

stage_demo() {
  built && try demo "$logs/demo.log" "$top/tests/demo.sh" "$work/build"
}

stage_interop() {
  # without these the tests say themselves what they miss
  need_stopped_packages rabbitmq-server >>"$logs/packages.log" 2>&1
  command -v npm >/dev/null || need_packages nodejs npm >>"$logs/packages.log" 2>&1
  built && run_counted interop "$top/tests/interop/run-all.sh" "$work/build"
}

# ---- other systems --------------------------------------------------------------------------------

stage_lab() {
  local packages
  # without these the lab says itself what it misses
  read -r -d '' -a packages <<<"${stage_packages[lab]}"
  need_packages "${packages[@]}" >>"$logs/packages.log" 2>&1
  built && build_tests lab "$work/build" &&
    run_counted lab "$top/tests/lab/run-all.sh" -b "$work/build"
}

stage_package() {
  needs_its package && run_counted package "$top/tests/package/package.sh"
}

# in_debian RELEASE [OPTION...] -- COMMAND...: in a system with what the package's build needs, the
# very one that the stage package builds in, too
in_debian() {
  local release=$1 options=()
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  "$top/scripts/chroot" --source --build-deps --packages "lintian iproute2" "${options[@]}" "$release" "$@"
}

# in_release NAME: this script's build and check on another Debian
in_release() {
  local release=$1 here
  # shellcheck source=/dev/null
  here=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  if [ "$release" = "$here" ] && [ -z "$wanted_release" ]; then
    say "$release is what this machine has: the stages above tell"
    return
  fi
  needs_its "$release" || return
  run_counted "$release" in_debian "$release" -- env CHECK="$release" \
    scripts/test --stage build --stage check --stage demo
}

# 32 bits for long, time_t and size_t, as on the armhf of an older Raspberry Pi; and as the oldest of
# them a processor that has no atomic access to 64 bits
stage_i386() {
  needs_its i386 || return
  run_counted i386 in_debian bookworm --arch i386 -- env CHECK=i386 CFLAGS='-g -O2 -march=i486' \
    scripts/test --stage build --stage check
}

stage_bookworm() {
  in_release bookworm
}

stage_trixie() {
  in_release trixie
}

# ---- beforehand -----------------------------------------------------------------------------------

# What stages make once before they can begin, besides what runs first: the other systems and the
# lab's kernel. A stage that comes too early waits for it. Most tests wait, too; these take what they leave.
prepare_lab() {
  "$top/tests/lab/lab" -b
}

prepare_package() {
  "$top/tests/package/package.sh" --prepare
}

prepare_i386() {
  in_debian bookworm --arch i386 -- true
}

# prepare STAGE...
prepare() {
  local stage
  for stage; do
    "prepare_$stage" >"$logs/prepare-$stage.log" 2>&1
  done
}
