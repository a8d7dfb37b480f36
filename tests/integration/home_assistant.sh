#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What Home Assistant sees. It is played by mosquitto_sub and mosquitto_pub; each message that it
# gets is read by ha_check, which is as strict as Home Assistant.

. "$(dirname "$0")/lib.sh"
need_broker

ha_check=$build/tests/integration/ha_check
[ -x "$ha_check" ] || skip_all "$ha_check is not built"

topic=homeassistant/device/pinferry-test/config
discovery='home_assistant: { discovery = true; };'
pump='{ name = "pump"; line = "GPIO27"; active_low = true; }'
gate='{ name = "gate"; line = "GPIO22"; pulse_ms = 300; payload_on = "OPEN"; }'
door='{ name = "door"; line = "GPIO17"; payload_on = "open"; payload_off = "shut"; }'
air='{ name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 0.5; }'
tank='{ name = "tank"; driver = "ds18b20"; id = "28-0316a2795aff"; interval_s = 1; }'

# items OUTPUTS INPUTS SENSORS [LINE]: and the fence
items() {
  configure <<<"${4-$discovery}
    outputs: ( ${1:+$1,} { name = \"fence\"; line = \"GPIO5\"; } );
    inputs: ( $2 ); sensors: ( $3 );"
}

all_items() {
  items "$pump, $gate" "$door" "$air, $tank" "$@"
}

# well_formed: all announcements so far are good ones
well_formed() {
  "$ha_check" <"$messages" || fail 'Home Assistant would not take that'
}

# stored: what the broker has, as a new subscriber sees it
stored() {
  stop_listener
  start_listener
  grep '^1 ' "$messages" >"$dir/stored" || true
}

# is_cleared TOPIC: the broker has nothing under it, or soon will have
is_cleared() {
  local answer
  answer=$(mosquitto_sub -h 127.0.0.1 -p "$port" -t "$1" --retained-only -W 1 2>/dev/null) || true
  [ -z "$answer" ]
}

expect_cleared() {
  until_true "$patience_s" is_cleared "$1" || fail "$1 is still there"
}

# announced: waits for the announcement; sets $message and $announcement
announced() {
  expect "1 $topic {*}"
  announcement=$message
  well_formed
}

# has TEXT, has_not TEXT: $message
has() {
  [[ $message == *"$1"* ]] || fail "not announced: $1"
}

has_not() {
  [[ $message != *"$1"* ]] || fail "announced: $1"
}

# field COMPONENT KEY: the text that a component of $announcement has there; sets $field
field() {
  local component=${announcement#*"\"$1\":{\"p\""}
  component=${component#*"\"$2\":\""}
  field=${component%%\"*}
}

count() {
  grep -c "^1 $topic {" "$messages" || true
}

it_is_announced_before_online_and_every_item_is_there() {
  start_broker
  start_listener
  all_items
  start_daemon
  announced
  has '"pump":{"p":"switch","uniq_id":"pinferry-test.pump"'
  has '"gate":{"p":"button","uniq_id":"pinferry-test.gate"'
  has '"door":{"p":"binary_sensor","uniq_id":"pinferry-test.door"'
  has '"air.temperature":{"p":"sensor","uniq_id":"pinferry-test.air.temperature"'
  has '"air.humidity":{'
  has '"air.pressure":{'
  has '"tank":{"p":"sensor"'
  has_not object_id
  expect '1 t/status online'
  [ "$(count)" -eq 1 ] || fail 'announced more than once'
  stored
  grep -q "^1 $topic {" "$dir/stored"
}

what_is_announced_works() {
  start_broker
  start_listener
  set_line GPIO17 0
  all_items
  start_daemon
  announced
  expect '1 t/status online'
  field pump cmd_t
  publish "$field" ON
  field pump stat_t
  saw "1 $field ON"
  expect_line GPIO27 0
  field gate cmd_t
  command=$field
  field gate pl_prs
  publish "$command" "$field"
  saw '1 t/output/gate OPEN'
  saw '1 t/output/gate OFF'
  expect_line GPIO22 0
  set_line GPIO17 1
  field door stat_t
  saw "1 $field open"
  field air.pressure stat_t
  saw "1 $field 1013.*"
}

availability_is_that_of_daemon_and_item() {
  start_broker
  start_listener
  all_items
  start_online
  mark=0
  announced
  has '"avty_mode":"all"'
  has '"avty":[{"t":"t/status"},{"t":"t/sensor/tank/availability"}]'
  has '"avty":[{"t":"t/status"},{"t":"t/output/pump/availability"}]'
  mark=0
  saw '1 t/sensor/tank/availability online'
  # the item alone, and back
  mv "$board/sys" "$board/sys.gone"
  expect '1 t/sensor/tank/availability offline'
  mv "$board/sys.gone" "$board/sys"
  expect '1 t/sensor/tank/availability online'
  # the daemon, and back
  kill -KILL "$daemon"
  expect '1 t/status offline'
  wait_end "$daemon"
  start_daemon
  announced
  expect '1 t/status online'
}

the_birth_of_home_assistant_brings_everything_again() {
  local start_ms
  start_broker
  start_listener
  all_items
  start_online
  saw '1 t/sensor/tank *'
  stop_listener
  start_listener
  publish homeassistant/status offline
  start_ms=$(now_ms)
  publish homeassistant/status online
  # twice: once is enough
  publish homeassistant/status online
  after_fence
  expect '0 homeassistant/status online'
  expect '0 homeassistant/status online'
  saw "1 $topic {*}" 25
  in_range $(($(now_ms) - start_ms)) 1000 25000
  announced
  saw '1 t/sensor/tank *'
  saw '1 t/output/pump OFF'
  saw '1 t/output/pump/availability online'
  saw '1 t/status online'
  # with what the broker had stored for the listener that is two
  [ "$(count)" -eq 2 ] || fail 'announced more than once'
}

a_stored_birth_is_not_answered() {
  start_broker
  mqtt_options='version = "3.1.1";'
  publish homeassistant/status online -r
  start_listener
  all_items
  start_online
  after_fence
  lacks 'home_assistant: has started' "$daemon_log"
  # this one is
  publish homeassistant/status online
  expect_log 'home_assistant: has started'
}

a_broker_that_lost_its_memory_hears_it_again() {
  start_broker
  start_listener
  all_items
  start_online
  stop_broker
  stop_listener
  start_broker
  start_listener
  announced
  expect '1 t/status online'
}

an_item_removed_while_off_goes() {
  start_broker
  start_listener
  all_items
  start_online
  mark=0
  saw '1 t/sensor/air/humidity *'
  saw '1 t/sensor/tank/availability online'
  stop_daemon
  items "$pump" '' "$tank"
  mark_now
  start_daemon
  # first by the platform alone, then not at all
  expect "0 $topic {*}"
  has '"air.humidity":{"p":"sensor"}'
  has '"gate":{"p":"button"}'
  has '"door":{"p":"binary_sensor"}'
  has_not '"pump"'
  announced
  has '"pump":'
  has_not '"air.humidity"'
  has_not '"gate"'
  expect '1 t/status online'
  for gone in t/sensor/air/humidity t/sensor/air/temperature t/sensor/air/availability \
    t/output/gate t/output/gate/availability t/input/door; do
    expect_cleared "$gone"
  done
  after_fence
  stored
  lacks '^1 t/\(sensor/air\|output/gate\|input/door\)' "$dir/stored"
  grep -qx '1 t/sensor/tank/availability online' "$dir/stored"
  grep -qx '1 t/output/pump OFF' "$dir/stored"
  # Home Assistant may have been off: once more, and after its start so that it understands
  stop_daemon
  stop_listener
  start_listener
  mark_now
  start_daemon
  expect "0 $topic {*"
  expect '1 t/status online'
  publish homeassistant/status online
  expect "0 $topic {*" 25
  well_formed
  has '"gate":{"p":"button","uniq_id":"pinferry-test.gate","name":"gate","cmd_t":"'
  has '"air.humidity":{"p":"sensor","uniq_id":"pinferry-test.air.humidity","name":"air.humidity","stat_t":"'
  expect "0 $topic {*"
  has '"gate":{"p":"button"}'
  announced
  has_not '"gate"'
  # then it is done with
  stop_daemon
  stop_listener
  start_listener
  start_online
  lacks "^0 $topic" "$messages"
}

# Its discovery prefix is another; its birth message is where it always is.
the_birth_is_heard_whatever_the_prefix_is() {
  start_broker
  start_listener
  all_items 'home_assistant: { discovery = true; prefix = "ha"; };'
  start_online
  publish homeassistant/status online
  expect_log 'home_assistant: has started'
  stop_daemon
  all_items 'home_assistant: { discovery = true; birth_topic = "there/born"; };'
  start_online
  publish homeassistant/status online
  publish there/born online
  expect_log 'home_assistant: has started'
  [ "$(grep -c 'home_assistant: has started' "$daemon_log")" -le 2 ]
}

# A device that went while Home Assistant was off, and discovery with it.
a_whole_device_is_taken_back_after_the_birth() {
  start_broker
  start_listener
  items "$pump" '' ''
  start_online
  stop_daemon
  items "$pump" '' '' ''
  mark_now
  start_daemon
  expect "1 $topic "
  expect '1 t/status online'
  publish homeassistant/status online
  expect "0 $topic {*" 25
  has '"pump":{"p":"switch","uniq_id":"pinferry-test.pump"'
  expect "0 $topic {*"
  has '"pump":{"p":"switch"}'
  expect "0 $topic "
  stop_daemon
  stop_listener
  start_listener
  start_online
  publish homeassistant/status online
  after_fence
  never "? $topic *"
  lacks "^[01] $topic" "$messages"
}

# What the chip has not makes no dead entity, and one that is there again comes back.
a_channel_that_the_chip_has_not_is_not_announced() {
  start_broker
  start_listener
  echo bmp280 >"$board/i2c-1/0x76/chip"
  items "$pump" '' "$air"
  start_online
  mark=0
  saw '? t/sensor/air/pressure *'
  stop_listener
  start_listener
  announced
  has '"air.pressure":'
  has_not '"air.humidity"'
  mark_now
  echo bme280 >"$board/i2c-1/0x76/chip"
  announced
  has '"air.humidity":'
  mark_now
  echo bmp280 >"$board/i2c-1/0x76/chip"
  expect "0 $topic {*}"
  has '"air.humidity":{"p":"sensor"}'
  announced
  has_not '"air.humidity"'
}

# What was announced last is not taken away only because the chip is not there yet.
a_chip_that_comes_later_keeps_its_entities() {
  start_broker
  start_listener
  items "$pump" '' "$air"
  start_online
  mark=0
  saw '? t/sensor/air/humidity [1-9]*'
  announced_with_humidity() { grep -q "^1 $topic .*air.humidity" "$messages"; }
  until_true "$patience_s" announced_with_humidity || fail 'no humidity'
  stop_daemon
  mv "$board/i2c-1/0x76" "$board/i2c-1-0x76"
  stop_listener
  mark_now
  start_listener
  start_daemon
  saw '1 t/sensor/air/availability offline'
  mv "$board/i2c-1-0x76" "$board/i2c-1/0x76"
  saw '? t/sensor/air/humidity [1-9]*' 30
  lacks "^0 $topic" "$messages"
  stop_listener
  start_listener
  announced
  has '"air.humidity":'
}

# what is not measured yet must not lose what the last run has published
nothing_of_what_stays_is_cleared_by_a_restart() {
  start_broker
  start_listener
  items "$pump" "$door" "$air, $tank"
  start_online
  mark=0
  saw '1 t/sensor/air/availability online'
  saw '1 t/sensor/tank/availability online'
  stop_daemon
  items "$pump" "$door" "${air/= 0.5;/= 3600;}, ${tank/= 1;/= 3600;}"
  mark_now
  restarted=$mark
  start_online
  after_fence
  mark=$restarted
  never '1 t/sensor/*/availability '
  never '1 t/sensor/tank '
  never '1 t/sensor/air/humidity '
  never "? $topic "
  stored
  grep -q '^1 t/sensor/tank ' "$dir/stored"
  grep -q '^1 t/sensor/tank/availability online' "$dir/stored"
}

a_client_id_changed_while_off_removes_the_old_device() {
  start_broker
  start_listener
  all_items
  start_online
  mark=0
  announced
  stop_daemon
  all_items
  sed -i 's/pinferry-test/shed.2/' "$dir/pinferry.conf"
  mark_now
  start_daemon
  saw "1 $topic "
  expect '1 homeassistant/device/shed_2e2/config {*}'
  well_formed
  has '"uniq_id":"shed_2e2.pump"'
  never "0 $topic *"
  expect_cleared "$topic"
}

prefixes_changed_while_off_leave_nothing_behind() {
  start_broker
  start_listener
  all_items
  start_online
  saw '1 t/sensor/tank *'
  stop_daemon
  all_items 'home_assistant: { discovery = true; prefix = "ha"; };'
  sed -i 's/prefix = "t"/prefix = "u"/' "$dir/pinferry.conf"
  start_daemon
  saw '1 u/status online'
  for gone in "$topic" t/status t/info t/output/pump t/input/door t/sensor/tank; do
    expect_cleared "$gone"
  done
  stored
  lacks '^1 t/' "$dir/stored"
  grep -q '^1 ha/device/pinferry-test/config {' "$dir/stored"
}

retain_switched_off_while_off_clears_what_is_retained() {
  start_broker
  start_listener
  items "$pump" '' ''
  start_online
  stop_daemon
  items "${pump/active_low/retain = false; active_low}" '' ''
  mark_now
  start_daemon
  expect '1 t/output/pump '
  # who listens has the state all the same
  saw '0 t/output/pump OFF'
  after_fence
  stored
  lacks '^1 t/output/pump O' "$dir/stored"
}

discovery_can_be_switched_off_and_on_by_reload() {
  start_broker
  start_listener
  all_items
  start_online
  mark=0
  announced
  all_items ''
  reload
  expect "1 $topic "
  expect_cleared "$topic"
  all_items
  reload
  announced
  after_fence
  publish homeassistant/status online
  expect_log 'home_assistant: has started'
}

# before FIRST SECOND: the first message of the one pattern comes before that of the other
before() {
  local first
  saw "$1"
  first=$found
  saw "$2"
  [ "$first" -lt "$found" ] || fail "$2 came before $1"
}

# a template that is meant for JSON fails on anything else
a_new_form_is_announced_before_it_comes() {
  local json='{ name = "door"; line = "GPIO17"; format = "json"; }'
  start_broker
  start_listener
  items '' "$json" ''
  start_online
  mark_now
  items '' "$door" ''
  reload
  before "1 $topic {*}" '1 t/input/door shut'
  # the same if it was changed while nobody ran
  stop_daemon
  mark_now
  items '' "$json" ''
  start_daemon
  before "1 $topic {*}" '1 t/input/door {*}'
  well_formed
}

items_come_and_go_by_reload() {
  start_broker
  start_listener
  items "$pump" '' ''
  start_online
  mark=0
  announced
  items "$pump, $gate" "$door" ''
  mark_now
  reload
  announced
  has '"door":{'
  # a switch that becomes a button is another entity
  items "${pump/active_low/pulse_ms = 100; active_low}" "$door" ''
  mark_now
  reload
  expect "0 $topic {*}"
  has '"pump":{"p":"switch"}'
  has '"gate":{"p":"button"}'
  has_not '"door"'
  announced
  has '"pump":{"p":"button"'
  has_not '"gate"'
  # the last one, too: the device goes
  items '' "${door/payload_on/home_assistant = { enabled = false; \}; payload_on}" ''
  sed -i 's/line = "GPIO5";/& home_assistant = { enabled = false; };/' "$dir/pinferry.conf"
  mark_now
  reload
  expect "1 $topic "
  expect_cleared "$topic"
}

what_goes_while_the_broker_is_away_is_cleared_when_it_is_back() {
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  start_listener
  all_items
  start_online
  saw '1 t/sensor/tank *'
  stop_broker
  stop_listener
  expect_log 'is lost'
  items "$pump" "$door" ''
  reload
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  start_listener
  saw '1 t/status online'
  expect_cleared t/sensor/tank
  expect_cleared t/output/gate
  until_true "$patience_s" grep -q "^1 $topic {" "$messages"
  after_fence
  stored
  lacks 't/sensor' "$dir/stored"
  grep -qx '1 t/output/pump OFF' "$dir/stored"
  well_formed
}

a_torn_memory_is_one_warning() {
  start_broker
  start_listener
  all_items
  start_online
  stop_daemon
  truncate -s 40 "$dir/state/traces"
  mark_now
  start_online
  mark=0
  announced
  [ "$(grep -c 'traces: torn or garbled' "$daemon_log")" -eq 1 ]
  stop_daemon
  start_online
  [ "$(grep -c 'traces: torn or garbled' "$daemon_log")" -eq 1 ]
}

a_message_too_large_for_the_broker_is_told_and_left_out() {
  start_broker 'allow_anonymous true' 'max_packet_size 1000'
  start_listener
  all_items
  start_online
  expect_log "mqtt: $topic: .* bytes, and the broker takes 1000 at most"
  saw '1 t/sensor/tank *'
  after_fence
  lacks 'is lost' "$daemon_log"
  lacks "$topic" "$messages"
}

run_tests a_new_form_is_announced_before_it_comes \
  it_is_announced_before_online_and_every_item_is_there what_is_announced_works \
  availability_is_that_of_daemon_and_item the_birth_of_home_assistant_brings_everything_again \
  a_stored_birth_is_not_answered a_broker_that_lost_its_memory_hears_it_again \
  an_item_removed_while_off_goes the_birth_is_heard_whatever_the_prefix_is \
  a_whole_device_is_taken_back_after_the_birth a_channel_that_the_chip_has_not_is_not_announced \
  a_chip_that_comes_later_keeps_its_entities nothing_of_what_stays_is_cleared_by_a_restart \
  a_client_id_changed_while_off_removes_the_old_device \
  prefixes_changed_while_off_leave_nothing_behind \
  retain_switched_off_while_off_clears_what_is_retained \
  discovery_can_be_switched_off_and_on_by_reload items_come_and_go_by_reload \
  what_goes_while_the_broker_is_away_is_cleared_when_it_is_back a_torn_memory_is_one_warning \
  a_message_too_large_for_the_broker_is_told_and_left_out
