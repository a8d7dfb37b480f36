#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# The gpio driver alone, function by function, without the daemon: lines-test.c has the cases.
set -u
program=$(readlink -f "$PINFERRY_DRIVERS/../../tests/lab/lines-test")
if [ ! -x "$program" ]; then
  echo "skip - lines: no lines-test (make check builds it)"
  echo "lines: 0 passed, 0 failed, 1 skipped"
  exit 77
fi
exec "$program" "$PINFERRY_DRIVERS/gpio.so"
