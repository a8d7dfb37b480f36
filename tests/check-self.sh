#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# check-self.sh: the structural checks (check-layers, check-headers, check-style, check-faults) find what they
# are for. Each gets a small sound tree, which has to pass, and then one breach at a time.

set -euo pipefail

tests=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# a sound tree of three files
make_tree() {
  rm -rf "$work/tree"
  mkdir -p "$work"/tree/{src/base,src/hw,drivers,include/pinferry,tests,scripts}
  cd "$work/tree"
  cat >src/LAYERS <<'END'
# a comment
src/base:
src/hw: src/base include
src: src/base src/hw
drivers: include
src/* <= 600
src/hw <= 500
gpiod.h = drivers/lines.c
END
  put_header include/pinferry/driver.h '/* Does. */' 'int pf_do(int what);'
  put_header src/base/text.h '/* Adds' ' * up. */' 'int pf_text_add(' '	int a, int b);' '' \
    'struct pf_text {' '	int (*call)(int x);' '};' '' 'static inline int pf_x(void)' \
    '{' '	return f(1);' '}' '' 'extern const struct pf_text pf_texts;'
  put_source src/base/text.c '#include "base/text.h"' '#include <stdio.h>' '#include "config.h"'
  put_source src/hw/i2c.c '#include "base/text.h"' '#include "pinferry/driver.h"'
  put_source drivers/lines.c '#include <gpiod.h>'
  touch configure.ac Makefile.am
  mkdir -p doc tests/unit
  put_source tests/unit/test_a.c 'static void it_works(void)' '{' '}' 'T_MAIN("a", T(it_works))'
  put_fault 'test_a.c: it_works'
}

# put_source FILE LINE...: a file with its licence and these lines
put_source() {
  local file=$1
  shift
  printf '%s\n' '/* SPDX-FileCopyrightText: The Pinferry authors */' \
    '/* SPDX-License-Identifier: MIT */' '' "$@" >"$file"
}

# put_header FILE LINE...: the same with a purpose and a guard
put_header() {
  local file=$1
  shift
  put_source "$file" '/*' ' * What it is for.' ' */' '' '#ifndef X' "#define X(a) \\" '	f(a);' \
    '' "$@" '#endif'
}

# put_fault TEST: a table with one row
put_fault() {
  # shellcheck disable=SC2016 # these are what code is written between
  printf '| fault | seen | how | test |\n|---|---|---|---|\n| a | b | c | `%s` |\n' "$1" >doc/faults.md
}

count=0
# expect CHECK passes|TEXT TITLE: runs a check on the tree
expect() {
  local check=$1 wanted=$2 title=$3 output status=0
  output=$("$tests/check-$check.sh" "$work/tree" 2>&1) || status=$?
  count=$((count + 1))
  if [ "$wanted" = passes ] && [ "$status" -eq 0 ]; then
    echo "ok $count - $check passes $title"
  elif [ "$wanted" != passes ] && [ "$status" -eq 1 ] && [[ $output == *"$wanted"* ]]; then
    echo "ok $count - $check finds $title"
  else
    echo "not ok $count - $check: $title (status $status, expected: $wanted)"
    printf '%s\n' "$output" | sed 's/^/#   /'
  fi
  make_tree
}

lines() {
  for ((i = 0; i < $1; i++)); do
    echo "	x();"
  done
}

make_tree
expect layers passes 'a sound tree'
expect headers passes 'a sound tree'
expect style passes 'a sound tree'
expect faults passes 'a sound tree'

put_fault 'test_a.c: it_fails'
expect faults 'no such test: test_a.c: it_fails' 'a fault with a test that is not there'

sed -i 's/T(it_works)//' tests/unit/test_a.c
expect faults 'no such test: test_a.c: it_works' 'a fault with a test that is not run'

put_fault nothing
expect faults 'no test: ' 'a fault without a test'

# shellcheck disable=SC2016
echo '| a | b | `test_a.c: it_works` |' >>doc/faults.md
expect faults 'not four columns' 'a row that lacks something'

put_source src/base/up.c '#include "hw/i2c.h"'
put_source src/hw/i2c.h
expect layers 'src/base/up.c:4: src/base may not include src/hw' 'an include that goes up'

put_source drivers/chip.c '#include "base/text.h"'
expect layers 'drivers may not include src/base' 'a driver that sees more than driver.h'

put_header include/pinferry/driver.h '#include "base/text.h"'
expect layers 'include may not include src/base' 'a public header with private includes'

put_source src/hw/other.c '  #  include <gpiod.h>'
expect layers '<gpiod.h> has its place elsewhere' 'a library header in the wrong place'

put_source src/hw/other.c '#include "gone.h"'
expect layers '"gone.h" is not in the tree' 'an include of nothing'

mkdir src/new && put_source src/new/new.c '#include "base/text.h"'
expect layers 'src/new/new.c:4: its folder is not in src/LAYERS' 'a folder without a rule'

put_source src/base/a.h '#include "base/b.h"'
put_source src/base/b.h '#include "base/c.h"'
put_source src/base/c.c '#include "base/a.h"'
put_source src/base/c.h
expect layers 'src/base/b: part of an include circle' 'a circle of three modules'

echo 'what is this' >>src/LAYERS
expect layers 'not understood' 'a rule it cannot read'

echo 'src/hw <= much' >>src/LAYERS
expect layers 'not understood' 'a size that is no number'

lines 496 >>src/hw/other.c
expect layers 'src/hw: 501 lines, at most 500' 'a folder that outgrew its own size'

lines 600 >>src/base/other.c
expect layers 'src/base: ' 'a folder that outgrew the size of all'

mkdir src/base/deep && lines 600 >>src/base/deep/other.c
expect layers 'src/base: ' 'a folder that outgrew it in a folder below'

sed -i '/src\/\*/d' src/LAYERS
expect layers 'src/base: src/LAYERS gives it no number' 'a folder without a size'

put_header src/hw/i2c.h 'int pf_i2c_open(void);'
expect headers 'src/hw/i2c.h:' 'a function without a comment'

put_header src/hw/i2c.h '/* One. */' 'int pf_i2c_open(void);' \
  'int pf_i2c_close(void);'
expect headers 'src/hw/i2c.h:14:' 'a second function under one comment'

put_header src/hw/i2c.h '/* Too far. */' '' '__attribute__((x)) int pf_i2c_open(' '	int x);'
expect headers 'src/hw/i2c.h:14:' 'a comment that is not right above'

put_source src/hw/i2c.h '#ifndef X' '#define X' '/* Late. */' '#endif'
expect headers 'does not begin with a comment on its purpose' 'a header without a purpose'

printf '/* mine */\n/* all mine */\n' >src/hw/i2c.h
expect headers 'not an SPDX line' 'a header without a licence'

lines 400 >>src/hw/i2c.c
expect style 'src/hw/i2c.c: 405 lines, at most 400' 'a long file'

{ printf 'static int\nlong_one(void)\n{\n' && lines 77 && echo '}'; } >>src/hw/i2c.c
expect style '81 lines, at most 80' 'a long function'

{ printf 'int long_one(void)\n{\n' && lines 77 && echo '}'; } >>src/hw/i2c.c
expect style passes 'a function that just fits'

echo "/* TO""DO: more */" >>src/hw/i2c.c
expect style 'src/hw/i2c.c:6:' 'what is left to do'

echo 'static _Atomic uint64_t since_ns;' >>src/hw/i2c.c
expect style 'src/hw/i2c.c:6:' 'atomic access to 64 bits'

echo 'int x;' >src/hw/i2c.c
expect style 'src/hw/i2c.c' 'a file without a licence'

mkdir -p tests/integration
printf '# %s\n' 'SPDX-FileCopyrightText: The Pinferry authors' 'SPDX-License-Identifier: MIT' \
  >tests/integration/lost.sh
expect style 'tests/integration/lost.sh: in no' 'a test that is not run'

echo "1..$count"
