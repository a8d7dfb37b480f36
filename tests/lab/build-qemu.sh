#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# build-qemu.sh SOURCE RELEASE LAB_INIT DEST: makes DEST/vmlinux and DEST/initramfs for QEMU out of
# Debian's own kernel RELEASE, with gpio-sim (from the source package SOURCE; Debian leaves it out),
# w1-sim and i2c-user built as modules for it. `lab` calls it; some 15 seconds.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source_tar=$(readlink -f "$1")
release=$2
lab_init=$(readlink -f "$3")
dest=$(readlink -f "$4")
work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-qemu.XXXXXX")
trap 'rm -rf "$work"' EXIT
modules=$work/modules initramfs=$work/initramfs
mkdir -p "$modules" "$initramfs"/{proc,sys,dev,mnt,mod}

top=$(basename "$source_tar" .tar.xz)
tar -xJf "$source_tar" -C "$work" --strip-components=1 \
  "$top"/drivers/gpio/gpio-sim.c "$top"/drivers/gpio/gpiolib.h \
  "$top"/kernel/irq/irq_sim.c "$top"/scripts/extract-vmlinux

# gpio-sim and irq_sim become one module; irq_to_desc() is not exported to modules
cp "$here"/kmod/*.c "$work/drivers/gpio/gpiolib.h" "$modules/"
cp "$work/drivers/gpio/gpio-sim.c" "$modules/gpio-sim-core.c"
sed 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' \
  "$work/kernel/irq/irq_sim.c" >"$modules/irq_sim.c"
cat >"$modules/Kbuild" <<'EOF'
obj-m := gpio-sim.o w1-sim.o i2c-user.o
gpio-sim-y := gpio-sim-core.o irq_sim.o
EOF
make -s -j"$(nproc)" -C "/lib/modules/$release/build" M="$modules" modules >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }

# the plain vmlinux boots four seconds faster than the compressed one under emulation
sh "$work/scripts/extract-vmlinux" "/boot/vmlinuz-$release" >"$dest/vmlinux"

arguments() { # of one module
  case $1 in
  i2c-stub) echo chip_addr=0x77 ;;
  wire) echo timeout=1 ;;
  esac
}
cp "$lab_init" "$initramfs/init"
for module in virtio_pci 9pnet_virtio 9p overlay configfs i2c-dev i2c-stub w1_therm lm75; do
  modprobe -S "$release" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
done | awk '!seen[$0]++' >"$work/list"
printf '%s\n' "$modules"/*.ko >>"$work/list"
while read -r file; do
  name=$(basename "$file" .ko)
  strip -g -o "$initramfs/mod/$name.ko" "$file"
  echo "/mod/$name.ko $(arguments "$name")"
done <"$work/list" >"$initramfs/lab-modules"
(cd "$initramfs" && find . | cpio --quiet -o -H newc) >"$dest/initramfs"
