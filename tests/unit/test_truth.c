/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What an output publishes, while its line lies, fails, goes away and is moved by others, commands
 * come, the broker refuses topics and reloads change its form, all at random. The judge is the
 * line: it remembers what it was last seen to have. T_SEED=N repeats a run.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "bridge/output_hold.h"
#include "bridge/output_item.h"
#include "lines/buses.h"
#include "store/held.h"
#include "store/record_store.h"

#define N_STEPS      4000
#define N_SLOW_STEPS 1200

/* What is wrong with the line. */
enum fault { GOOD, DEAF, CACHED, SET_FAILS, GET_FAILS, AWAY, N_FAULTS };

/* The one line of the board. */
struct pf_line {
	bool level, cached;
	enum fault fault;
	bool held;
	bool seen, is_seen; /* what the last read since the last write said */
	const char *parent;
};

static struct pf_line line;

static struct {
	struct ev_loop *loop;
	struct pf_board *board;
	struct pf_env env;
	struct pf_config config;
	struct pf_output_config configs[2];
	size_t which; /* of them is in force */
	struct pf_output_item *output;
	bool refused; /* the broker refuses the topic of commands */
	char *directory;
	struct pf_held *held;
} rig;

static uint64_t random_state;
static unsigned long long seed;
static const char *event;
static bool failed;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state % n);
}

/* ---- the line ---------------------------------------------------------------------------------
 */

static int scan(void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user)
{
	struct pf_line_info info = {.chip = "fake", .label = "fake", .name = "L0"};

	(void)board;
	if (line.fault == AWAY)
		return -ENODEV;
	(void)snprintf(info.parent, sizeof info.parent, "%s", line.parent);
	return visit(&info, user);
}

static int put(bool level)
{
	line.is_seen = false;
	if (line.fault == AWAY)
		return -ENODEV;
	if (line.fault == SET_FAILS)
		return -EIO;
	if (line.fault == DEAF || (line.fault == CACHED && line.cached == level))
		return 0;
	line.level = line.cached = level;
	return 0;
}

static int request_output(void *board, const struct pf_output_request *request,
	struct pf_line **ret_line, bool *ret_level, bool *ret_was_output)
{
	int r;

	(void)board;
	if (line.held)
		return -EBUSY;
	*ret_level = request->initial == PF_INITIAL_KEEP ? line.level
							 : request->initial == PF_INITIAL_ON;
	r = put(*ret_level);
	if (r < 0)
		return r;
	*ret_was_output = true;
	*ret_line = &line;
	line.held = true;
	return 0;
}

static int get(struct pf_line *of)
{
	of->is_seen = false;
	if (of->fault == AWAY)
		return -ENODEV;
	if (of->fault == GET_FAILS)
		return -EIO;
	of->is_seen = true;
	of->seen = of->level;
	return of->level;
}

static int set(struct pf_line *of, bool level)
{
	(void)of;
	return put(level);
}

static void release(struct pf_line *of)
{
	of->held = of->is_seen = false;
}

static const struct pf_line_ops ops = {
	.scan = scan, .request_output = request_output, .get = get, .set = set, .release = release};
static const struct pf_driver driver = {.name = "fake", .lines = &ops};

/* ---- the world --------------------------------------------------------------------------------
 */

static void mark(struct pf_job *job)
{
	(void)job;
}

static bool is_drained;

static void drained(struct pf_job *job)
{
	(void)job;
	is_drained = true;
}

/* Lets the worker of the line's bus do all it was given; what comes of it may be more to do. */
static void drain(void)
{
	struct pf_job job = {.run = mark, .done = drained};
	struct pf_worker *worker;

	for (int i = 0; *line.parent && i < 4; i++) {
		is_drained = false;
		T_INT(pf_buses_named(rig.env.buses, "i2c-1", &worker), 0);
		T_TRUE(pf_worker_submit(worker, &job));
		while (!is_drained)
			ev_run(rig.loop, EVRUN_ONCE);
	}
}

static void begin(const char *name, const char *parent)
{
	pid_t owner;

	memset(&rig, 0, sizeof rig);
	line = (struct pf_line){.parent = parent};
	rig.loop = ev_loop_new(EVFLAG_AUTO);
	rig.directory = pf_format("%s/%s", t_temp_dir(), name);
	T_INT(mkdir(rig.directory, 0700), 0);
	T_INT(pf_board_new(NULL, &rig.board), 0);
	T_INT(pf_env_init(&rig.env, rig.loop, &rig.config, rig.board), 0);
	rig.env.buses = pf_buses_new(rig.loop);
	T_INT(setenv("RUNTIME_DIRECTORY", rig.directory, 1), 0);
	T_INT(pf_held_open(rig.directory, "/etc/some.conf", &rig.held, &owner), 0);
	T_INT(pf_record_store_new(rig.loop, &rig.env.timers, rig.held, rig.directory, "", rig.board,
		      false, &rig.env.record),
		0);
	rig.configs[0] = (struct pf_output_config){
		.item = {.name = "pump", .topic = "t/pump", .qos = 1, .retain = true},
		.driver = &driver,
		.line = {.line = "L0", .key = "line L0", .text = "L0"},
		.payload_on = "up",
		.payload_off = "down",
		.command_topic = "t/pump/set"};
	rig.configs[1] = rig.configs[0];
	rig.configs[1].item.format = PF_FORMAT_JSON;
	rig.output = pf_output_item_new(&rig.env, &rig.configs[0], NULL);
	pf_output_item_start(rig.output);
	drain();
	(void)t_take_log();
}

static void end(void)
{
	pf_output_item_free(rig.output, false);
	drain();
	T_TRUE(pf_buses_end(rig.env.buses));
	pf_buses_free(rig.env.buses);
	pf_record_store_free(rig.env.record);
	pf_held_close(rig.held);
	pf_publisher_done(&rig.env.publisher);
	pf_timers_done(&rig.env.timers);
	pf_board_free(rig.board);
	ev_loop_destroy(rig.loop);
	free(rig.directory);
}

/* ---- what happens -----------------------------------------------------------------------------
 */

static void command(const char *payload)
{
	const struct pf_link_message message = {.topic = "t/pump/set",
		.payload = (const uint8_t *)payload,
		.payload_size = strlen(payload),
		.time_ns = pf_clock_now_ns(),
		.since_ns = pf_clock_now_ns()};

	pf_output_item_message(rig.output, pf_clock_now_ns(), &message, false);
}

/* What a timer would do some seconds later. */
static void retry(void)
{
	if (!rig.output->line && !rig.output->slow)
		pf_output_item_start(rig.output);
}

static void reload(void)
{
	rig.which = !rig.which;
	pf_output_item_rebind(rig.output, &rig.configs[rig.which]);
}

static void refuse(bool refused)
{
	rig.refused = refused;
	if (refused)
		pf_output_item_unheard(rig.output, "t/pump/set", "refused");
	else
		pf_output_item_link(rig.output, pf_clock_now_ns(), false);
}

static void do_something(void)
{
	static const char *const words[] = {"ON", "OFF", "TOGGLE"};

	switch (random_below(10)) {
	case 0:
	case 1:
	case 2:
		event = words[random_below(3)];
		command(event);
		break;
	case 3:
		event = "a fault";
		line.fault = (enum fault)random_below(N_FAULTS);
		break;
	case 4:
		event = "somebody else's level";
		line.level = !line.level;
		break;
	case 5:
		event = "a reload";
		reload();
		break;
	case 6:
		event = "a word of the broker";
		refuse(random_below(2));
		break;
	case 7:
		event = "good times";
		line.fault = GOOD;
		break;
	case 8:
		event = "a look";
		pf_output_item_check(rig.output, pf_clock_now_ns());
		break;
	default:
		event = "a try";
		retry();
	}
	drain();
}

/* ---- what must hold ---------------------------------------------------------------------------
 */

static void expect(bool good, const char *rule)
{
	if (good || failed)
		return;
	failed = true;
	t_check(false, __FILE__, __LINE__, "%s after %s; T_SEED=%llu", rule, event, seed);
}

static bool says(const struct pf_state *state, const char *text)
{
	const char *payload = pf_state_payload(state);

	return payload && strstr(payload, text);
}

static void judge(void)
{
	const struct pf_item *item = &rig.output->item;
	const bool online = says(item->availability, "online");
	const bool has_reason = says(item->error, "") && *pf_state_payload(item->error);

	if (!pf_state_payload(item->availability))
		return;
	expect(online != has_reason, "it is online or says why not");
	if (!online)
		return;
	expect(!rig.refused, "an output that hears no commands is offline");
	expect(line.is_seen, "what is published was read after it was written");
	expect(says(rig.output->state, line.seen ? "up" : "down"), "what is published was seen");
}

/* When nothing is wrong any more, the output works within some tries, and tells the truth. */
static void judge_the_end(void)
{
	event = "the end";
	line.fault = GOOD;
	refuse(false);
	for (int i = 0; i < 3; i++) {
		pf_output_item_check(rig.output, pf_clock_now_ns());
		drain();
		retry();
		drain();
	}
	expect(says(rig.output->item.availability, "online"), "it works again");
	expect(says(rig.output->state, line.level ? "up" : "down"), "it is as it says");
	judge();
}

static void play(const char *name, const char *parent, int n_steps)
{
	random_state = 0x9e3779b97f4a7c15u ^ (seed + 1) * 0x2545f4914f6cdd1du;
	begin(name, parent);
	for (int i = 0; i < n_steps && !failed; i++) {
		do_something();
		judge();
		(void)t_take_log();
	}
	judge_the_end();
	end();
}

static void play_all(const char *name, const char *parent, int n_steps)
{
	const char *text = getenv("T_SEED");

	failed = false;
	seed = text ? strtoull(text, NULL, 10) : pf_clock_now_ns() % 1000000;
	play(name, parent, n_steps);
	T_FALSE(failed);
}

static void a_line_of_the_header_is_as_it_is_said_to_be(void)
{
	play_all("fast", "", N_STEPS);
}

static void a_line_behind_a_bus_is_as_it_is_said_to_be(void)
{
	play_all("slow", "1-0020", N_SLOW_STEPS);
}

T_MAIN("truth", T(a_line_of_the_header_is_as_it_is_said_to_be),
	T(a_line_behind_a_bus_is_as_it_is_said_to_be))
