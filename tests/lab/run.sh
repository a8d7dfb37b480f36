#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# run.sh -K KERNEL -T TOOLS [-k uml|qemu] [-d DIR]... [-t SECONDS] [-r ROOT] [-m MB]
#        [-c 'KERNEL ARGUMENTS'] [-s] COMMAND [ARGUMENT...]
#
# Boots a lab kernel, runs COMMAND in it over the host's own root file system, and exits with its
# status: 128+n for signal n, 125 if there was none (the kernel's last words are shown then), 77 if
# this machine does not let User-Mode Linux start. `lab` calls it with -K and -T.
#
#   -K KERNEL  folder with what build-uml.sh or build-qemu.sh made
#   -T TOOLS   folder with lab-init and other static programs to put in front of PATH
#   -d DIR     writable through to the host, may be repeated; the first one (by default the working
#              directory) is where COMMAND starts. All else that is written vanishes.
#   -t SECONDS real time after which the kernel is ended; 120
#   -r ROOT    another root than / (a debootstrap folder)
#   -m MB      memory; 512
#   -c ARGS    kernel arguments, e.g. time-travel=inf-cpu
#   -s         boot systemd to basic.target first
set -u

die() {
  echo "lab: $*" >&2
  exit 2
}

kernel_dir='' tools='' kind=uml dirs=() limit_s=120 root=/ mem_mb=512 kernel_args='' init=''
while getopts K:T:k:d:t:r:m:c:s option; do
  case $option in
  K) kernel_dir=$OPTARG ;;
  T) tools=$OPTARG ;;
  k) kind=$OPTARG ;;
  d) dirs+=("$(readlink -f "$OPTARG")") ;;
  t) limit_s=$OPTARG ;;
  r) root=$(readlink -f "$OPTARG") ;;
  m) mem_mb=$OPTARG ;;
  c) kernel_args+=" $OPTARG" ;;
  s) init=/lib/systemd/systemd kernel_args+=" systemd.unit=lab.target" ;;
  *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [ -z "$kernel_dir" ] || [ -z "$tools" ]; then die "run.sh needs -K KERNEL and -T TOOLS"; fi
[ $# -gt 0 ] || die "no command to run"
[ ${#dirs[@]} -gt 0 ] || dirs=("$PWD")

out=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-lab.XXXXXX")
for path in "$out" "$root" "${dirs[@]}"; do
  [[ $path =~ [[:space:]:,] ]] && rmdir "$out" &&
    die "a path with a blank, colon or comma cannot be handed to the kernel: $path"
done

# User-Mode Linux is a group of processes: at SIGTERM its head ends them all; after a SIGKILL to
# the head alone a helper would stay.
head_pid=''
# shellcheck disable=SC2317 # the trap calls it
finish() {
  if [ -n "$head_pid" ] && kill -TERM "$head_pid" 2>/dev/null; then wait "$head_pid"; fi
  wait
  rm -rf "$out"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

{
  printf 'cd %q || exit 126\nexec' "${dirs[0]}"
  printf ' %q' "$@"
  echo
} >"$out/cmd"
head -c 64 /dev/urandom >"$out/seed"
mkdir "$out/bin"
cp "$tools"/* "$out/bin/"

# The kernels set O_NONBLOCK on what they write to: give them a pipe of their own, or the terminal
# and every program on it would lose output.
mkfifo "$out/output"
cat "$out/output" &

start_uml() {
  # its memory is a file; /dev/shm is fast, but only 64 MB in many containers
  local memory_dir=/dev/shm
  [ "$(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1)" -gt "$mem_mb" ] 2>/dev/null ||
    memory_dir=$out
  # shellcheck disable=SC2086 # the arguments are words
  TMPDIR=$memory_dir timeout -k 3 "$limit_s" "$kernel_dir/linux" "mem=${mem_mb}M" \
    root=/dev/root rootfstype=hostfs ro init="$out/bin/lab-init" \
    con0=null,fd:3 con1=null,fd:1 con=null ssl=null LAB_TTY=/dev/tty1 \
    uml_dir="$out" umid=lab $1 </dev/null >"$out/output" 3>"$out/console" 2>>"$out/console" &
  head_pid=$!
}

start_qemu() {
  local devices=() n=0 dir
  share() { # TAG PATH [OPTIONS]
    devices+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3:-}"
      -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
  }
  share root "$root" ,readonly=on
  share out "$out"
  for dir in "${dirs[@]}"; do
    share "dir$n" "$dir"
    n=$((n + 1))
  done
  timeout -k 3 "$limit_s" qemu-system-x86_64 -M pc -accel tcg,thread=multi -cpu max -smp 2 \
    -m "$mem_mb" -nodefaults -no-user-config -no-reboot -display none \
    -serial "file:$out/console" -chardev stdio,id=c,signal=off -serial chardev:c \
    -kernel "$kernel_dir/vmlinux" -initrd "$kernel_dir/initramfs" "${devices[@]}" \
    -append "console=ttyS0 mitigations=off panic=-1 LAB_TTY=/dev/ttyS1 $1" \
    </dev/null >"$out/output" 2>"$out/qemu" &
  head_pid=$!
}

joined_dirs=$(IFS=:; echo "${dirs[*]}")
kernel_args="quiet wire.timeout=1 i2c-stub.chip_addr=0x77 LAB_DIRS=$joined_dirs LAB_OUT=$out \
LAB_ROOT=$root LAB_INIT=$init $kernel_args"
case $kind in
uml) start_uml "$kernel_args" ;;
qemu) start_qemu "$kernel_args" ;;
*) die "unknown kind of lab: $kind" ;;
esac
wait "$head_pid"
head_pid=''
wait

[ ! -s "$out/rc" ] || exit "$(cat "$out/rc")"
if grep -qi 'ptrace.*\(errno\|not permitted\)' "$out/console"; then
  echo "SKIP: lab: User-Mode Linux cannot use ptrace here"
  exit 77
fi
echo "lab: no exit status (limit ${limit_s} s); the kernel's last words:" >&2
tail -n 40 "$out/console" >&2
[ ! -s "$out/qemu" ] || cat "$out/qemu" >&2
exit 125
