# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# The keys of a manual page, one a line: PLACE <tab> KEY <tab> TEXT. PLACE is the section, or for a list
# in an entry the section, "/" and the key of that entry.
function words(line) {
  sub(/^\.(Ql|Ic|Pa|Dq|Sx|Xr|Li|Fl|Pq|Em) /, "", line)
  gsub(/\\&|\\/, "", line)
  gsub(/ (Ic|Ql|Pa) /, " ", line)
  return line
}
function end_entry(  i) {
  for (i = 1; i <= n[depth]; i++)
    print place(depth) "\t" key[depth, i] "\t" text[depth]
  n[depth] = 0
  text[depth] = ""
}
function place(d,  p, i) {
  p = section
  for (i = 1; i < d; i++)
    p = p "/" key[i, 1]
  return p
}
/^\.S[hs] / { section = substr($0, 5); next }
/^\.Bl / { depth++; n[depth] = 0; text[depth] = ""; next }
/^\.El/ { end_entry(); depth--; next }
/^\.It Ic / {
  end_entry()
  line = substr($0, 8)
  gsub(/= [({][^,]*[)}]/, "", line)
  count = split(line, parts, " , ")
  for (i = 1; i <= count; i++) {
    gsub(/ /, "", parts[i])
    key[depth, i] = parts[i]
  }
  n[depth] = count
  next
}
/^\.It/ { end_entry(); next }
/^\.(Pp|Bd|Ed)/ { next }
depth { for (i = 1; i <= depth; i++) text[i] = text[i] " " words($0) }
