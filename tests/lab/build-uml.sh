#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# build-uml.sh SOURCE DEST: builds the lab's User-Mode Linux from Debian's kernel source package
# (SOURCE, a .tar.xz) into DEST/linux. `lab` calls it; about four minutes on two cores.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source_tar=$(readlink -f "$1")
dest=$(readlink -f "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-uml.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Of other architectures and of big driver trees take only what Kconfig wants to see: a third of
# the whole.
tar -xJf "$source_tar" -C "$work" --strip-components=1 --wildcards \
  --exclude='*/Documentation/*.[rty]*' --exclude='*/tools/testing/*' \
  --exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*/*.[ch]' \
  --exclude='*/drivers/media/*.[ch]' --exclude='*/drivers/staging/*.[ch]' \
  --exclude='*/drivers/infiniband/*.[ch]' --exclude='*/drivers/scsi/*.[ch]' \
  --exclude='*/sound/*.[ch]' --exclude='*/arch/a[lr]*/*.[chS]' \
  --exclude='*/arch/[b-t]*/*.[chS]' --exclude='*/arch/arm*/*.dts*'
cd "$work"

cp "$here"/kmod/*.c drivers/misc/
echo 'obj-y += w1-sim.o i2c-user.o' >>drivers/misc/Makefile
# i2c-stub is offered as a module only; this kernel has none
sed -i '/config I2C_STUB/,/help/s/depends on m$//' drivers/i2c/Kconfig
# gpio-sim raises its interrupts at the next tick, and edges within one tick become one: tick fast
sed -i '/^config HZ$/,/default/s/default 100$/default 1000/' arch/um/Kconfig
cp "$here/lab.config" arch/um/configs/lab.config

make -s ARCH=um tinyconfig lab.config >configure.log 2>&1 || { cat configure.log; exit 1; }
# a setting that lost a dependency would be dropped without a word; one that this kernel does not
# know is none of its own
while read -r setting; do
  grep -qxF "$setting" .config && continue
  name=${setting%%=*}
  if grep -rqx --include='Kconfig*' "\(menu\)\?config ${name#CONFIG_}" .; then
    echo "lab.config: not taken: $setting"
    exit 1
  fi
done < <(grep '^CONFIG_' "$here/lab.config")

make -s ARCH=um -j"$(nproc)" linux >build.log 2>&1 || { tail -n 40 build.log; exit 1; }
strip -o "$dest/linux" linux
