# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# keys.awk MANUAL SAMPLE ROWS: holds the rows of keys.c against the entries of the manual (manual.awk)
# and the sample configuration. Says what is wrong.

BEGIN {
  FS = "\t"
  # where a group stands: entries of the manual, and a part of the sample
  manual["file"] = "The file as a whole"
  manual["log"] = "The file as a whole/log"
  manual["mqtt"] = "Broker"
  manual["item"] = "Items"
  manual["item.home_assistant"] = "Items/home_assistant"
  manual["line"] = "Lines"
  manual["input"] = "Inputs|Lines"
  manual["output"] = "Outputs|Lines"
  manual["output.failsafe"] = "Outputs/failsafe"
  manual["output.button"] = "Outputs/button"
  manual["interlock"] = "Interlocks"
  manual["sensor"] = "Sensors"
  manual["channel"] = "Sensors"
  manual["buffer"] = "Buffers"
  manual["home_assistant"] = "HOME ASSISTANT"
  sample["file"] = sample["log"] = sample["buffer"] = "top"
  sample["mqtt"] = "mqtt"
  sample["home_assistant"] = "home_assistant"
  sample["item"] = sample["item.home_assistant"] = "item"
  sample["line"] = sample["input"] = "inputs"
  sample["output"] = sample["output.failsafe"] = sample["output.button"] = "outputs"
  sample["interlock"] = "interlocks"
  sample["sensor"] = sample["channel"] = "sensors"
}

function wrong(text) { print row ": " text }

# the text as a pattern
function plain(text) {
  gsub(/[][\\.^$*+?(){}|\/]/, "\\\\&", text)
  return text
}

# the manual says the range: "LOW to HIGH", "up to HIGH", "0, 1 or 2"
function says_range(text, low, high) {
  if (low == "-" || high == "-")
    return 1
  if (low == 0 && high == 2 && text ~ /0, 1 or 2/)
    return 1
  return text ~ ("(^|[^0-9.])" plain(low) " to " high "([^0-9]|$)") ||
    (low <= 0.001 && text ~ ("up to " high "([^0-9]|$)"))
}

# the manual says the default: "Default X", "X (the default)", "default is X", "(default X)"
function says_default(text, value,  quoted) {
  if (value == "required")
    return text ~ /[Rr]equired/
  if (value == "none" || value == "otherwise")
    return 1
  quoted = plain(value)
  return text ~ ("[Dd]efault:?( is)? ([^ ]+ and )?" quoted "( |\\.?$|[^0-9a-z]( |$))") ||
    text ~ ("(^| )" quoted " \\(the default\\)")
}

function check_manual(  places, count, i, found, text, words, n) {
  count = split(manual[$1], places, "|")
  if (!count)
    wrong("no part of the manual is for its group")
  for (i = 1; i <= count; i++)
    if ((places[i], $2) in entry) {
      found = 1
      text = entry[places[i], $2]
      known[places[i], $2] = 1
    }
  if (found && $3 == "later")
    wrong("is in the manual, but not in this version")
  if (found || $3 == "later") {
    if (!found)
      return
  } else {
    wrong("is not in the manual")
    return
  }
  if ($3 == "number" && !says_range(text, $4, $5))
    wrong("the manual does not say its range, " $4 " to " $5)
  if ($3 == "text" && $5 < 1000 && text !~ ("(at most|to) " $5 "([^0-9]|$)") && $2 != "driver")
    wrong("the manual does not say its size, at most " $5)
  if ($3 == "topic" && text !~ /[Tt]opic|published|TOPIC|received|Prefix|prefix/)
    wrong("the manual does not say that it is a topic")
  if ($3 == "path" && text !~ /file|Folder|certificate|authorities/)
    wrong("the manual does not say that it is a path")
  n = split($7, words, " ")
  for (i = 1; i <= n && $7 != "-"; i++)
    if (text !~ ("(^| )" plain(words[i]) "([ .,;:)]|$)"))
      wrong("the manual does not say that it may be " words[i])
  if (!says_default(text, $6))
    wrong("the manual does not say its default, " $6)
}

function check_sample(  part, text, value) {
  part = sample[$1]
  if ($3 == "later")
    return
  if (!((part, $2) in line)) {
    wrong("is not in the sample")
    return
  }
  text = line[part, $2]
  value = given[part, $2]
  if ($6 == "none" || $6 == "required" || $6 == "otherwise" || $3 == "group" || $3 == "list")
    return
  gsub(/^"|"$/, "", value)
  if (value != $6 && value + 0 != $6 && text !~ ("default: \"?" plain($6) "([\" ;.,]|$)"))
    wrong("the sample gives " value ", and does not say that the default is " $6)
}

FILENAME == ARGV[1] { entry[$1, $2] = entry[$1, $2] " " $3; next }

FILENAME == ARGV[2] {
  if ($0 ~ /^(# )?[a-z_]+ = /)
    part = "top"
  else if (match($0, /^[a-z_]+:/))
    part = substr($0, 1, RLENGTH - 1)
  else if ($0 ~ /^# Every item/)
    part = "item"
  else if ($0 ~ /^# Inputs/)
    part = "inputs"
  rest = $0
  while (match(rest, /[a-z_]+ = ("[^"]*"|[^;]*)/)) {
    at = substr(rest, RSTART, RLENGTH)
    name = at
    sub(/ = .*/, "", name)
    sub(/^[a-z_]+ = /, "", at)
    if (!((part, name) in line)) {
      line[part, name] = $0
      given[part, name] = at
    }
    in_sample[part, name] = 1
    if (at ~ /^[{(]/)
      rest = substr(rest, RSTART + length(name) + 3)
    else
      rest = substr(rest, RSTART + RLENGTH)
  }
  if (part == "top" && match($0, /^[a-z_]+:/))
    part = substr($0, 1, RLENGTH - 1)
  next
}

{
  row = ($1 == "file" ? "" : $1 ".") $2
  rows++
  if ($1 == "file" && ($3 == "group" || $3 == "list")) {
    if (!((manual["file"], $2) in entry))
      wrong("is not in the manual")
    known[manual["file"], $2] = 1
    next
  }
  check_manual()
  check_sample()
}

END {
  for (i in entry) {
    split(i, pair, SUBSEP)
    if (!(i in known))
      print pair[2] ": is in the manual under " pair[1] ", and no row has it"
  }
  if (rows < 80)
    print "only " rows " rows"
}
