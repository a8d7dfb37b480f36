/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Random crashes among reloads, commands and failing lines: the daemon's items (bridge/items.h),
 * their record and safe-state, all real, on a board, a memory file system and a clock that are
 * variables. The process may be killed before and after each write of a line or of the record;
 * after that nothing is left but what is recorded and the voltages. Then safe-state runs or does
 * not, and the next start has the same or another configuration: groups split, renamed, members
 * missing or inputs. The judge knows the voltages, the clock and the configurations; not what the
 * code remembers.
 *
 * The same worlds each time, of two seeds; T_SEED=N plays those of another one. Chips do not go
 * away here; buses that hang are in test_interlock_random.c. T_WORLDS=N plays that many worlds.
 */

#include <ev.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "bridge/items.h"
#include "bridge/remains.h"
#include "lines/buses.h"
#include "lines/leftovers.h"
#include "lines/safe_state.h"
#include "store/held.h"
#include "store/kept_file.h"
#include "store/record_store.h"

#define MS PF_NS_PER_MS
#define S  PF_NS_PER_S

#define N_WORLDS  125
#define N_STEPS   60
#define N_LINES   4
#define N_GROUPS  3
#define N_CONFIGS 256 /* of one world, in turn */

/* A call takes so long. */
#define TICK_NS (PF_NS_PER_MS / 20)

enum fault { GOOD, SET_FAILS, SET_FAILS_LATE, GET_FAILS, DEAF, N_FAULTS, AWAY };

/* A line of the board. */
struct pf_line {
	const char *name, *key, *topic, *command;
	bool level, held;
	enum fault fault;
	/* what the judge knows of it: */
	int group;          /* of the configuration in force, -1: none */
	uint64_t off_ns;    /* since when it is off */
	uint64_t on_ns;     /* when it went on the last time */
	bool stranger;      /* it has left the configuration, and was no output since */
	uint64_t rested_ns; /* until then a dead time from before goes on */
	/* for whom of the others it has to wait, besides its group, and how long after that */
	bool waits[N_LINES];
	uint64_t dead_ns[N_LINES];
};

/* A configuration; the strings are those of the lines, or constant. */
struct plan {
	struct pf_config config;
	struct pf_output_config outputs[N_LINES];
	struct pf_input_config inputs[N_LINES];
	struct pf_interlock_config interlocks[N_GROUPS];
	enum { USE_NONE, USE_INPUT, USE_OUTPUT } use[N_LINES];
	int group[N_LINES];
};

static struct pf_line lines[N_LINES];
static struct plan plans[N_CONFIGS];
static size_t n_plans;
static const struct plan *in_force;
static uint64_t in_force_ns; /* since when */
static uint64_t died_ns;     /* when the last process was killed */
static bool half_in_force;   /* who was killed then may have recorded nothing of it */

static struct {
	struct ev_loop *loop;
	struct pf_board *board;
	struct pf_driver_set *drivers;
	struct pf_held *held;
	struct pf_env env;
	struct pf_items items;
	int no_edges;
	uint64_t now_ns;
	char *recorded;     /* what is in memory, NULL: nothing */
	bool dead;          /* killed: nothing has an effect any more */
	unsigned n_to_live; /* so many steps, 0: for as long as it likes */
} rig;

static uint64_t random_state;
static unsigned long long seed;
static unsigned long long n_reloads, n_crashes, n_amid, n_rests, n_moves, n_commands;
static const char *event;
static bool failed;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return n ? (uint32_t)(random_state % n) : 0;
}

static bool one_in(uint32_t n)
{
	return random_below(n) == 0;
}

/* ---- the judge --------------------------------------------------------------------------------
 */

static void expect(bool good, size_t i, size_t k, const char *rule)
{
	if (good || failed)
		return;
	failed = true;
	t_check(false, __FILE__, __LINE__,
		"%s: lines %zu and %zu at %" PRIu64 " ms after %s; T_SEED=%llu", rule, i, k,
		rig.now_ns / MS, event, seed);
}

static bool are_together(size_t i, size_t k)
{
	return lines[i].group >= 0 && lines[i].group == lines[k].group;
}

static uint64_t dead_time_ns(size_t i)
{
	return in_force->interlocks[lines[i].group].dead_time_ms * MS;
}

static uint64_t later_ns(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

/* Whether a line went on under a configuration that was cut short. */
static bool went_on(size_t i)
{
	return lines[i].on_ns >= in_force_ns && lines[i].on_ns <= died_ns;
}

/* Whether two are together by a configuration under which, if it was cut short, one went on. */
static bool counts(size_t i, size_t k)
{
	return are_together(i, k) && (!half_in_force || went_on(i) || went_on(k));
}

/* Line k goes off: who has to wait for it waits for the dead time from now on. */
static void go_off(size_t k)
{
	lines[k].off_ns = rig.now_ns;
	for (size_t i = 0; i < N_LINES; i++) {
		if (lines[i].waits[k])
			lines[i].rested_ns = later_ns(
				lines[i].rested_ns, rig.now_ns + lines[i].dead_ns[k]);
		lines[i].waits[k] = false;
	}
}

static void go_on(size_t i)
{
	expect(rig.now_ns >= lines[i].rested_ns, i, i, "a dead time from before");
	for (size_t k = 0; k < N_LINES; k++) {
		if (k == i)
			continue;
		expect(!lines[i].waits[k], i, k, "who were in a group");
		if (!counts(i, k))
			continue;
		expect(!lines[k].level, i, k, "members of a group");
		expect(rig.now_ns - lines[k].off_ns >= dead_time_ns(i), i, k, "the dead time");
	}
}

static void move(struct pf_line *line, bool level)
{
	const size_t i = (size_t)(line - lines);

	if (line->level == level)
		return;
	n_moves++;
	line->level = level;
	if (!level) {
		go_off(i);
		return;
	}
	go_on(i);
	line->on_ns = rig.now_ns;
	line->stranger = false;
}

/* The groups part: who is on, or was a moment ago, is waited for. */
static void remember_pair(size_t i, size_t k)
{
	const uint64_t dead_ns = dead_time_ns(i);

	/* nobody can have said that it was on */
	if (lines[k].stranger)
		return;
	if (!lines[k].level) {
		lines[i].rested_ns = later_ns(lines[i].rested_ns, lines[k].off_ns + dead_ns);
		return;
	}
	if (!lines[i].waits[k] || lines[i].dead_ns[k] < dead_ns)
		lines[i].dead_ns[k] = dead_ns;
	lines[i].waits[k] = true;
}

/* What is no output cannot go on; one that it becomes again starts anew. */
static void forget(size_t i)
{
	lines[i].rested_ns = 0;
	memset(lines[i].waits, 0, sizeof lines[i].waits);
}

/* Another configuration counts from now on; afresh: by a start. */
static void enforce(const struct plan *plan, bool afresh)
{
	for (size_t i = 0; in_force && i < N_LINES; i++)
		for (size_t k = 0; k < N_LINES; k++)
			if (i != k && counts(i, k))
				remember_pair(i, k);
	in_force = plan;
	in_force_ns = rig.now_ns;
	half_in_force = false;
	for (size_t i = 0; i < N_LINES; i++)
		lines[i].group = plan->group[i];
	for (size_t i = 0; i < N_LINES; i++)
		if (plan->use[i] == USE_INPUT || (afresh && plan->use[i] == USE_NONE))
			forget(i);
	for (size_t i = 0; i < N_LINES; i++)
		lines[i].stranger = lines[i].stranger || plan->use[i] != USE_OUTPUT;
	/* who are together again go by the new group alone */
	for (size_t i = 0; i < N_LINES; i++)
		for (size_t k = 0; k < N_LINES; k++)
			if (are_together(i, k) && lines[k].level)
				lines[i].waits[k] = false;
}

/* ---- what is under the daemon -----------------------------------------------------------------
 */

/* Whether the process is killed right here, if it is not dead yet. */
static bool is_dead(void)
{
	if (!rig.dead && rig.n_to_live && --rig.n_to_live == 0) {
		rig.dead = true;
		n_amid++;
	}
	return rig.dead;
}

uint64_t __wrap_pf_clock_now_ns(void);
int __wrap_pf_driver_set_find(struct pf_driver_set *set, const char *name,
	const struct pf_driver **ret_driver, char *ret_reason);
int __wrap_pf_held_write(struct pf_held *held, const struct pf_record *record);
int __wrap_pf_held_load(
	const struct pf_held *held, const struct pf_board *board, struct pf_record *ret_record);
int __wrap_pf_kept_file_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	const struct pf_kept_source *source, const char *text, struct pf_kept_file **ret_file);
void __wrap_pf_kept_file_changed(struct pf_kept_file *file, bool urgent);
void __wrap_pf_kept_file_free(struct pf_kept_file *file);

uint64_t __wrap_pf_clock_now_ns(void)
{
	return rig.now_ns += TICK_NS;
}

int __wrap_pf_held_write(struct pf_held *held, const struct pf_record *record)
{
	(void)held;
	if (is_dead())
		return 0;
	free(rig.recorded);
	rig.recorded = pf_record_encode(record);
	(void)is_dead();
	return 0;
}

int __wrap_pf_held_load(
	const struct pf_held *held, const struct pf_board *board, struct pf_record *ret_record)
{
	(void)held;
	(void)board;
	if (!rig.recorded)
		return -ENOENT;
	return pf_record_decode(rig.recorded, strlen(rig.recorded), ret_record);
}

/* The disk is for other boots. */
int __wrap_pf_kept_file_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	const struct pf_kept_source *source, const char *text, struct pf_kept_file **ret_file)
{
	(void)loop;
	(void)timers;
	(void)state_dir;
	(void)source;
	(void)text;
	*ret_file = NULL;
	return 0;
}

void __wrap_pf_kept_file_changed(struct pf_kept_file *file, bool urgent)
{
	(void)file;
	(void)urgent;
}

void __wrap_pf_kept_file_free(struct pf_kept_file *file)
{
	(void)file;
}

static int scan(void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user)
{
	int r = 0;

	(void)board;
	for (size_t i = 0; i < N_LINES && r == 0; i++) {
		struct pf_line_info info = {
			.chip = "fake", .label = "fake", .offset = (uint32_t)i, .output = true};

		(void)snprintf(info.name, sizeof info.name, "%.31s", lines[i].name);
		if (lines[i].fault != AWAY)
			r = visit(&info, user);
	}
	return r;
}

static int put(struct pf_line *line, bool level)
{
	if (is_dead() || line->fault == AWAY)
		return -ENODEV;
	if (line->fault == SET_FAILS)
		return -EIO;
	if (line->fault != DEAF)
		move(line, level);
	(void)is_dead();
	return line->fault == SET_FAILS_LATE ? -EIO : 0;
}

static int take(uint32_t offset, struct pf_line **ret_line)
{
	if (rig.dead || lines[offset].fault == AWAY)
		return -ENODEV;
	if (lines[offset].held)
		return -EBUSY;
	*ret_line = &lines[offset];
	return 0;
}

static int request_output(void *board, const struct pf_output_request *request,
	struct pf_line **ret_line, bool *ret_level, bool *ret_was_output)
{
	struct pf_line *line;
	int r = take(request->offset, &line);

	(void)board;
	if (r < 0)
		return r;
	*ret_level = request->initial == PF_INITIAL_KEEP ? line->level
							 : request->initial == PF_INITIAL_ON;
	*ret_was_output = true;
	r = put(line, *ret_level);
	if (r < 0)
		return r;
	line->held = true;
	*ret_line = line;
	return 0;
}

static int request_input(
	void *board, const struct pf_input_request *request, struct pf_line **ret_line)
{
	const int r = take(request->offset, ret_line);

	(void)board;
	if (r < 0)
		return r;
	(*ret_line)->held = true;
	move(*ret_line, false);
	return 0;
}

static int get(struct pf_line *line)
{
	if (rig.dead || line->fault == AWAY)
		return -ENODEV;
	if (line->fault == GET_FAILS)
		return -EIO;
	/* what an input reads says nothing to outputs */
	line->stranger = line->stranger && in_force->use[line - lines] != USE_OUTPUT;
	return line->level;
}

static int event_fd(const struct pf_line *line)
{
	(void)line;
	return rig.no_edges;
}

static int read_edges(struct pf_line *line, struct pf_edge *edges, size_t max)
{
	(void)edges;
	(void)max;
	return line->fault == AWAY ? -ENODEV : 0;
}

static void release(struct pf_line *line)
{
	if (!line)
		return;
	line->held = false;
	/* what on_exit has left on is at rest, and somebody else may have it now */
	if (!rig.dead && in_force->use[line - lines] != USE_OUTPUT)
		line->stranger = true;
}

static const struct pf_line_ops ops = {.scan = scan,
	.request_input = request_input,
	.request_output = request_output,
	.get = get,
	.set = put,
	.event_fd = event_fd,
	.read_edges = read_edges,
	.release = release};
static const struct pf_driver driver = {.name = "fake", .lines = &ops};

int __wrap_pf_driver_set_find(struct pf_driver_set *set, const char *name,
	const struct pf_driver **ret_driver, char *ret_reason)
{
	(void)set;
	(void)name;
	(void)ret_reason;
	*ret_driver = &driver;
	return 0;
}

/* ---- configurations ---------------------------------------------------------------------------
 */

static uint32_t random_limit_ms(void)
{
	static const uint32_t limits_ms[] = {0, 0, 0, 300, 4000};

	return limits_ms[random_below(5)];
}

static void add_output(struct plan *plan, size_t i)
{
	struct pf_output_config *output = &plan->outputs[plan->config.n_outputs++];

	*output = (struct pf_output_config){
		.item = {.name = lines[i].name, .topic = lines[i].topic, .retain = true},
		.driver = &driver,
		.line = {.line = lines[i].name, .key = lines[i].key, .text = lines[i].name},
		.initial = (enum pf_start)random_below(4),
		.on_exit = (enum pf_on_exit)random_below(3),
		.min_on_ms = random_limit_ms(),
		.min_off_ms = random_limit_ms(),
		.payload_on = "ON",
		.payload_off = "OFF",
		.command_topic = lines[i].command};
	if (one_in(3))
		output->max_on_ms = output->min_on_ms + 1 + random_below(9000);
	plan->use[i] = USE_OUTPUT;
	plan->group[i] = (int)random_below(N_GROUPS + 1) - 1;
	if (plan->group[i] >= 0)
		output->interlock = plan->interlocks[plan->group[i]].name;
}

static void add_input(struct plan *plan, size_t i)
{
	plan->use[i] = USE_INPUT;
	plan->inputs[plan->config.n_inputs++] = (struct pf_input_config){
		.item = {.name = lines[i].name, .topic = lines[i].topic},
		.driver = &driver,
		.line = {.line = lines[i].name, .key = lines[i].key, .text = lines[i].name},
		.payload_on = "ON",
		.payload_off = "OFF"};
}

static struct plan *make_plan(void)
{
	static const char *const names[] = {"blind", "gate", "heater", "mixer"};
	struct plan *plan = &plans[n_plans++ % N_CONFIGS];
	const size_t first = random_below(4);

	*plan = (struct plan){.config = {.outputs = plan->outputs,
				      .inputs = plan->inputs,
				      .interlocks = plan->interlocks,
				      .n_interlocks = N_GROUPS,
				      .state_dir = t_temp_dir(),
				      .n_holders = 1}};
	for (size_t g = 0; g < N_GROUPS; g++)
		plan->interlocks[g] = (struct pf_interlock_config){.name = names[(first + g) % 4],
			.dead_time_ms = one_in(4) ? 0 : random_below(3000)};
	for (size_t i = 0; i < N_LINES; i++) {
		const uint32_t use = random_below(12);

		plan->group[i] = -1;
		if (use == 0)
			add_input(plan, i);
		else if (use > 2)
			add_output(plan, i);
	}
	return plan;
}

/* ---- the daemon -------------------------------------------------------------------------------
 */

static void tell(void *user, const char *name, bool is_failure, const char *text)
{
	(void)user;
	(void)name;
	(void)is_failure;
	(void)text;
}

static void save_leftovers(void *user, const struct pf_record *record)
{
	(void)user;
	(void)record;
	pf_record_store_changed(rig.env.record);
}

static void save_held(void *user, const struct pf_record *record)
{
	(void)user;
	(void)pf_held_write(rig.held, record);
}

static const struct pf_safe_report report_of_start = {.tell = tell, .save = save_leftovers};
static const struct pf_safe_report report_of_rest = {.tell = tell, .save = save_held};

static void start(struct plan *plan)
{
	struct pf_env *env = &rig.env;

	rig.dead = false;
	rig.n_to_live = one_in(6) ? 1 + random_below(20) : 0;
	enforce(plan, true);
	T_INT(pf_env_init(env, rig.loop, &plan->config, rig.board), 0);
	env->buses = pf_buses_new(rig.loop);
	T_INT(pf_record_store_new(rig.loop, &env->timers, rig.held, t_temp_dir(), "", rig.board,
		      false, &env->record),
		0);
	env->remains = pf_remains_new(pf_record_store_old(env->record), rig.drivers);
	(void)pf_leftovers_rest(pf_record_store_old(env->record), rig.board, rig.drivers,
		&plan->config, &report_of_start);
	pf_items_start(&rig.items, env);
	half_in_force = rig.dead;
}

/* Nothing of this has an effect on what a dead process leaves. */
static void bury(void)
{
	struct pf_env *env = &rig.env;

	rig.dead = true;
	pf_items_free(&rig.items, true);
	pf_buses_free(env->buses);
	pf_record_store_free(env->record);
	pf_publisher_done(&env->publisher);
	pf_timers_done(&env->timers);
	for (size_t i = 0; i < N_LINES; i++)
		lines[i].held = false;
}

static void pass(uint64_t span_ns)
{
	struct pf_timers *timers = &rig.env.timers;
	const uint64_t until_ns = rig.now_ns + span_ns;

	while (!rig.dead && !failed && timers->n && timers->heap[0]->due_ns <= until_ns) {
		struct pf_timer *timer = timers->heap[0];

		rig.now_ns = later_ns(rig.now_ns, timer->due_ns);
		pf_timer_stop(timers, timer);
		timer->fire(timer, rig.now_ns);
	}
	rig.now_ns = later_ns(rig.now_ns, until_ns);
}

static void rest(void)
{
	struct pf_record record = {0};

	event = "safe-state";
	n_rests++;
	rig.dead = false;
	rig.n_to_live = one_in(4) ? 1 + random_below(8) : 0;
	if (pf_held_load(rig.held, rig.board, &record) < 0)
		return;
	(void)pf_safe_state(&record, rig.board, rig.drivers, &report_of_rest);
	(void)pf_held_write(rig.held, &record);
	pf_record_done(&record);
	for (size_t i = 0; i < N_LINES; i++)
		lines[i].held = false;
}

static uint64_t random_span_ns(void)
{
	static const uint64_t spans_ms[] = {0, 1, 30, 200, 500, 1000, 5000, 30000};

	return spans_ms[random_below(8)] * MS;
}

static void random_fault(size_t i)
{
	lines[i].fault = one_in(2) ? GOOD : (enum fault)random_below(N_FAULTS);
}

/*
 * Of a line of which nothing was known, an "off" that the process could not record any more is
 * known to nobody: its dead time runs in its group, but nobody who parts from that waits for it.
 */
static void forget_unrecorded(void)
{
	struct pf_record record = {0};

	if (pf_held_load(rig.held, rig.board, &record) < 0)
		return;
	for (size_t i = 0; i < N_LINES; i++) {
		const struct pf_recorded *recorded = pf_record_find_key(
			&record, driver.name, lines[i].key);

		if (recorded && !recorded->level && !recorded->off_ns && !lines[i].level)
			lines[i].stranger = true;
	}
	pf_record_done(&record);
}

/* The process is dead. */
static void crash(void)
{
	struct plan *same = (struct plan *)(uintptr_t)in_force;

	n_crashes++;
	died_ns = rig.now_ns;
	bury();
	/* of a line that was never found nothing can be recorded */
	for (size_t i = 0; i < N_LINES; i++)
		if (!rig.recorded || !strstr(rig.recorded, lines[i].key))
			forget(i);
	forget_unrecorded();
	rig.now_ns += random_span_ns() / 8;
	if (one_in(3))
		random_fault(random_below(N_LINES));
	if (one_in(2))
		rest();
	rig.now_ns += random_span_ns() / 8;
	if (one_in(3))
		random_fault(random_below(N_LINES));
	event = "a start after a crash";
	start(one_in(3) ? same : make_plan());
}

/* ---- what happens -----------------------------------------------------------------------------
 */

static void reload(void)
{
	struct pf_config *old = rig.env.config;
	struct plan *plan = make_plan();

	event = "a reload";
	n_reloads++;
	enforce(plan, false);
	rig.env.config = &plan->config;
	pf_items_reload(&rig.items, old);
	half_in_force = rig.dead;
}

static void command(size_t i)
{
	static const char *const words[] = {
		"ON", "ON", "OFF", "TOGGLE", "{\"state\":\"ON\",\"for_s\":2}"};
	const char *payload = words[random_below(5)];
	const struct pf_link_message message = {.topic = lines[i].command,
		.payload = (const uint8_t *)payload,
		.payload_size = strlen(payload),
		.time_ns = rig.now_ns,
		.since_ns = rig.now_ns};

	event = "a command";
	n_commands++;
	pf_items_message(&rig.items, rig.now_ns, &message, false);
}

static void play_event(void)
{
	const size_t i = random_below(N_LINES);

	switch (random_below(12)) {
	case 0:
		reload();
		break;
	case 1:
		random_fault(i);
		break;
	case 2:
		lines[i].fault = GOOD;
		break;
	case 3:
		if (one_in(2))
			rig.dead = true;
		else if (!rig.n_to_live)
			rig.n_to_live = 1 + random_below(12);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		command(i);
		break;
	default:
		event = "time";
		pass(random_span_ns());
		break;
	}
	while (rig.dead && !failed)
		crash();
	(void)t_take_log();
}

static void play_world(void)
{
	static const struct pf_line all_off[N_LINES] = {
		{.name = "L0", .key = "line L0", .topic = "t/L0", .command = "t/L0/set"},
		{.name = "L1", .key = "line L1", .topic = "t/L1", .command = "t/L1/set"},
		{.name = "L2", .key = "line L2", .topic = "t/L2", .command = "t/L2/set"},
		{.name = "L3", .key = "line L3", .topic = "t/L3", .command = "t/L3/set"}};

	in_force = NULL;
	half_in_force = false;
	rig.now_ns = 3600 * S;
	free(rig.recorded);
	rig.recorded = NULL;
	memcpy(lines, all_off, sizeof lines);
	event = "the first start";
	start(make_plan());
	for (int i = 0; i < N_STEPS && !failed; i++)
		play_event();
	bury();
}

static void play_seed(unsigned long long number)
{
	const unsigned long long n_worlds = t_number("T_WORLDS", N_WORLDS);

	seed = number;
	printf("# T_SEED=%llu\n", seed);
	random_state = seed ? seed : 1;
	for (unsigned long long i = 0; i < n_worlds && !failed; i++)
		play_world();
}

static void who_was_exclusive_is_never_on_with_the_other_whatever_crashes(void)
{
	const unsigned long long only = t_number("T_SEED", 0);
	pid_t owner;

	rig.now_ns = 3600 * S;
	rig.loop = ev_loop_new(EVFLAG_AUTO);
	rig.no_edges = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rig.drivers = pf_driver_set_new(t_temp_dir());
	T_INT(setenv("RUNTIME_DIRECTORY", t_temp_dir(), 1), 0);
	T_INT(pf_board_new(NULL, &rig.board), 0);
	T_INT(pf_held_open(t_temp_dir(), "/etc/some.conf", &rig.held, &owner), 0);
	/* these two have found something */
	play_seed(only ? only : 25);
	if (!only)
		play_seed(83);
	printf("# %llu reloads, %llu crashes (%llu amid a write), %llu safe-states, %llu commands, "
	       "%llu moves\n",
		n_reloads, n_crashes, n_amid, n_rests, n_commands, n_moves);
	T_FALSE(failed);
	free(rig.recorded);
	pf_held_close(rig.held);
	pf_driver_set_free(rig.drivers);
	pf_board_free(rig.board);
	close(rig.no_edges);
	ev_loop_destroy(rig.loop);
}

T_MAIN("crash_random", T(who_was_exclusive_is_never_on_with_the_other_whatever_crashes))
