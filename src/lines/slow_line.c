/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/slow_line.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"
#include "lines/confirm.h"

/* The last task has no name outside: it is nobody's any more. */
#define TASK_RELEASE (PF_SLOW_GET + 1)
#define N_TASKS      (TASK_RELEASE + 1)

/* Taken at once; the descriptor stays readable if there are more. */
#define EDGES_MAX 16

struct task {
	struct pf_job job;
	struct pf_slow_line *slow;
	bool under_way;
	bool level; /* to set */
	int result;
};

struct pf_slow_line {
	struct pf_buses *buses;
	struct pf_worker *worker;
	pf_slow_done *done;
	void *user;   /* NULL: nobody wants to know any more */
	int event_fd; /* waits for the line's own; -1: none */
	struct task tasks[N_TASKS];
	/* the worker's, while a task is under way */
	struct pf_found_line found;
	bool is_output, was_output, level;
	struct pf_output_request output;
	struct pf_input_request input;
	struct pf_line *line;
	struct pf_edge edges[EDGES_MAX];
	int n_edges;
};

bool pf_line_is_slow(const struct pf_found_line *found)
{
	return *found->info.parent != '\0';
}

/* ---- on the worker ---------------------------------------------------------------------------*/

static int confirm(struct pf_slow_line *slow)
{
	return pf_line_confirm(slow->found.ops, slow->line, slow->output.drive,
		slow->output.active_low, slow->level);
}

static int set(struct pf_slow_line *slow, bool level)
{
	int r;

	if (!slow->line)
		return -ENODEV;
	slow->level = level;
	r = slow->found.ops->set(slow->line, level);
	return r < 0 ? r : confirm(slow);
}

static int request(struct pf_slow_line *slow)
{
	const struct pf_found_line *found = &slow->found;
	int r;

	if (slow->is_output) {
		r = found->ops->request_output(found->context, &slow->output, &slow->line,
			&slow->level, &slow->was_output);
		if (r == 0)
			r = confirm(slow);
		return r < 0 ? r : slow->level;
	}
	r = found->ops->request_input(found->context, &slow->input, &slow->line);
	return r < 0 ? r : found->ops->get(slow->line);
}

/* The level after the edges: none of them is newer than what it says. */
static int read_line(struct pf_slow_line *slow)
{
	const struct pf_line_ops *ops = slow->found.ops;

	slow->n_edges = 0;
	if (!slow->line)
		return -ENODEV;
	if (!slow->is_output && ops->event_fd(slow->line) >= 0)
		slow->n_edges = ops->read_edges(slow->line, slow->edges, EDGES_MAX);
	return slow->n_edges < 0 ? slow->n_edges : ops->get(slow->line);
}

static void run(struct pf_job *job)
{
	struct task *task = PF_OWNER(job, struct task, job);
	struct pf_slow_line *slow = task->slow;
	const struct pf_line_ops *ops = slow->found.ops;

	switch (task - slow->tasks) {
	case PF_SLOW_REQUEST:
		task->result = request(slow);
		break;
	case PF_SLOW_SET:
		task->result = set(slow, task->level);
		break;
	case PF_SLOW_GET:
		task->result = read_line(slow);
		break;
	default:
		if (slow->line)
			ops->release(slow->line);
		slow->line = NULL;
	}
}

/* ---- in the main loop ------------------------------------------------------------------------*/

static void unwatch_edges(struct pf_slow_line *slow)
{
	if (slow->event_fd >= 0)
		(void)close(slow->event_fd);
	slow->event_fd = -1;
}

static void watch_edges(struct pf_slow_line *slow)
{
	struct epoll_event event = {.events = EPOLLIN};
	const int fd = slow->line ? slow->found.ops->event_fd(slow->line) : -1;

	if (fd >= 0)
		slow->event_fd = epoll_create1(EPOLL_CLOEXEC);
	if (slow->event_fd >= 0 && epoll_ctl(slow->event_fd, EPOLL_CTL_ADD, fd, &event))
		unwatch_edges(slow);
}

static void on_done(struct pf_job *job)
{
	struct task *task = PF_OWNER(job, struct task, job);
	struct pf_slow_line *slow = task->slow;

	task->under_way = false;
	if (task - slow->tasks == PF_SLOW_REQUEST && !slow->is_output && slow->user)
		watch_edges(slow);
	if (task - slow->tasks == TASK_RELEASE)
		free(slow);
	else if (slow->user)
		slow->done(slow->user, (enum pf_slow_task)(task - slow->tasks), task->result);
}

static bool submit(struct pf_slow_line *slow, int which)
{
	struct task *task = &slow->tasks[which];

	if (task->under_way || !pf_worker_submit(slow->worker, &task->job))
		return false;
	task->under_way = true;
	return true;
}

int pf_slow_line_new(struct pf_buses *buses, const struct pf_found_line *found, pf_slow_done *done,
	void *user, struct pf_slow_line **ret_slow)
{
	char bus[PF_BUS_NAME_SIZE];
	struct pf_worker *worker;
	struct pf_slow_line *slow;
	int r;

	pf_bus_of(found->info.parent, bus);
	r = pf_buses_named(buses, bus, &worker);
	if (r < 0)
		return r;
	slow = pf_calloc(1, sizeof *slow);
	slow->buses = buses;
	slow->worker = worker;
	slow->found = *found;
	slow->done = done;
	slow->user = user;
	slow->event_fd = -1;
	for (size_t i = 0; i < N_TASKS; i++)
		slow->tasks[i] = (struct task){.job = {.run = run, .done = on_done}, .slow = slow};
	*ret_slow = slow;
	return 0;
}

void pf_slow_line_free(struct pf_slow_line *slow)
{
	if (!slow)
		return;
	slow->user = NULL;
	unwatch_edges(slow);
	if (!pf_buses_have_ended(slow->buses)) {
		(void)submit(slow, TASK_RELEASE);
		return;
	}
	/* a task that hangs may still touch it */
	if (pf_buses_left_behind(slow->buses))
		return;
	if (slow->line)
		slow->found.ops->release(slow->line);
	free(slow);
}

/* A request that cannot even be handed over has failed. */
static void begin_request(struct pf_slow_line *slow)
{
	if (!submit(slow, PF_SLOW_REQUEST))
		slow->done(slow->user, PF_SLOW_REQUEST, -EBUSY);
}

void pf_slow_line_request_output(struct pf_slow_line *slow, const struct pf_output_request *request)
{
	slow->is_output = true;
	slow->output = *request;
	slow->output.chip = slow->found.info.chip;
	begin_request(slow);
}

void pf_slow_line_request_input(struct pf_slow_line *slow, const struct pf_input_request *request)
{
	slow->input = *request;
	slow->input.chip = slow->found.info.chip;
	begin_request(slow);
}

struct pf_line *pf_slow_line_held(const struct pf_slow_line *slow)
{
	return slow->line;
}

int pf_slow_line_event_fd(const struct pf_slow_line *slow)
{
	return slow->event_fd;
}

size_t pf_slow_line_edges(const struct pf_slow_line *slow, const struct pf_edge **ret_edges)
{
	*ret_edges = slow->edges;
	return slow->n_edges > 0 ? (size_t)slow->n_edges : 0;
}

bool pf_slow_line_was_output(const struct pf_slow_line *slow)
{
	return slow->was_output;
}

bool pf_slow_line_level(const struct pf_slow_line *slow)
{
	return slow->level;
}

int pf_slow_line_set(struct pf_slow_line *slow, bool level)
{
	struct task *task = &slow->tasks[PF_SLOW_SET];

	if (task->under_way)
		return -EBUSY;
	task->level = level;
	return submit(slow, PF_SLOW_SET) ? 0 : -EBUSY;
}

bool pf_slow_line_get(struct pf_slow_line *slow)
{
	return submit(slow, PF_SLOW_GET);
}

const char *pf_slow_line_hangs(const struct pf_slow_line *slow, uint64_t now_ns)
{
	bool waits = false;

	for (size_t i = 0; i < N_TASKS; i++)
		waits = waits || slow->tasks[i].under_way;
	return waits && pf_bus_hangs(slow->worker, now_ns) ? pf_worker_name(slow->worker) : NULL;
}
