/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "t.h"

#include <ftw.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static unsigned done_count;
static char log_text[65536];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER; /* any thread may log */
static char temp_dir[64];
static pid_t temp_owner;

static void on_log(enum pf_log_level level, const char *text, void *user)
{
	size_t used;

	(void)level;
	(void)user;
	pthread_mutex_lock(&log_lock);
	used = strlen(log_text);
	(void)snprintf(log_text + used, sizeof log_text - used, "%s\n", text);
	pthread_mutex_unlock(&log_lock);
}

const char *t_take_log(void)
{
	static char taken[sizeof log_text];

	pthread_mutex_lock(&log_lock);
	memcpy(taken, log_text, sizeof taken);
	log_text[0] = '\0';
	pthread_mutex_unlock(&log_lock);
	return taken;
}

unsigned long long t_number(const char *variable, unsigned long long fallback)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 0) : fallback;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_temp_dir(void)
{
	if (getpid() == temp_owner)
		(void)nftw(temp_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *t_temp_dir(void)
{
	if (temp_dir[0])
		return temp_dir;
	(void)snprintf(temp_dir, sizeof temp_dir, "/tmp/pinferry-test-XXXXXX");
	if (!mkdtemp(temp_dir)) {
		perror("mkdtemp");
		exit(99);
	}
	temp_owner = getpid();
	(void)atexit(remove_temp_dir);
	return temp_dir;
}

const char *t_write_file(const char *name, const char *text)
{
	static char path[512];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", t_temp_dir(), name);
	for (char *slash = strchr(path + strlen(t_temp_dir()) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(path);
		exit(99);
	}
	return path;
}

bool t_check(bool passed, const char *file, unsigned line, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	(void)CU_assertImplementation(passed, line, text, file, "", CU_FALSE);
	return passed;
}

static void on_test_complete(
	const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
	printf("%s %u - %s/%s\n", failures ? "not ok" : "ok", ++done_count, suite->pName,
		test->pName);
	for (CU_pFailureRecord f = failures; f; f = f->pNext)
		printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
	(void)fflush(stdout);
}

int t_run(const char *suite_name, const struct t_test *tests, size_t n)
{
	CU_pSuite suite;

	pf_log_set_sink(on_log, NULL);
	pf_log_set_level(PF_LOG_DEBUG);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 99;
	suite = CU_add_suite(suite_name, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		if (!suite || !CU_add_test(suite, tests[i].name, tests[i].run))
			return 99;
	printf("1..%zu\n", n);
	CU_set_test_complete_handler(on_test_complete);
	(void)CU_run_all_tests();
	CU_cleanup_registry();
	/* the TAP lines are the verdict: a status of failure would be counted a second time */
	return 0;
}
