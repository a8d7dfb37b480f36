/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Unit tests: CUnit with assertions that print both sides, and TAP as output.
 *
 * A test file holds `static void says_what_it_shows(void)` functions and ends with
 * T_MAIN("module", T(says_what_it_shows), T(...)). Each test program is a process of its own.
 */

#ifndef PF_TESTS_T_H
#define PF_TESTS_T_H

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct t_test {
	const char *name;
	void (*run)(void);
};

/* Runs the tests and prints TAP; what main() returns. */
int t_run(const char *suite, const struct t_test *tests, size_t n);

/* Records a check for the test under way; text says what was compared. Used by the macros. */
__attribute__((format(printf, 4, 5))) bool t_check(
	bool passed, const char *file, unsigned line, const char *format, ...);

/* A folder of its own for this process, made at the first call and removed at exit. */
const char *t_temp_dir(void);

/* Writes text to a file in t_temp_dir(), making folders; the path, valid until the next call. */
const char *t_write_file(const char *name, const char *text);

/* Makes the tests' log silent and gives the log's text since the last call (static buffer). */
const char *t_take_log(void);

/* The number in the environment variable, for those who want more or less of a test. */
unsigned long long t_number(const char *variable, unsigned long long fallback);

#define T(function)                                                                                \
	{                                                                                          \
#function, function                                                                \
	}
#define T_MAIN(suite, ...)                                                                         \
	int main(void)                                                                             \
	{                                                                                          \
		static const struct t_test tests[] = {__VA_ARGS__};                                \
                                                                                                   \
		return t_run(suite, tests, sizeof tests / sizeof *tests);                          \
	}

/* Each of these goes on after a failure and says whether it passed. */
#define T_TRUE(value)  t_check(!!(value), __FILE__, __LINE__, "%s is true", #value)
#define T_FALSE(value) t_check(!(value), __FILE__, __LINE__, "%s is false", #value)
#define T_INT(actual, expected)                                                                    \
	t_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
#define T_STR(actual, expected) t_str((actual), (expected), #actual, __FILE__, __LINE__)
#define T_HAS(text, part)       t_has((text), (part), #text, __FILE__, __LINE__)
#define T_NEAR(actual, expected, tolerance)                                                        \
	t_near((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

static inline bool t_int(
	long long actual, long long expected, const char *what, const char *file, unsigned line)
{
	return t_check(actual == expected, file, line, "%s: is %lld, expected %lld", what, actual,
		expected);
}

static inline bool t_str(
	const char *actual, const char *expected, const char *what, const char *file, unsigned line)
{
	const bool same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;

	return t_check(same, file, line, "%s: is \"%s\", expected \"%s\"", what,
		actual ? actual : "(null)", expected ? expected : "(null)");
}

static inline bool t_has(
	const char *text, const char *part, const char *what, const char *file, unsigned line)
{
	return t_check(text && strstr(text, part), file, line, "%s: \"%s\" has \"%s\" in it", what,
		text ? text : "(null)", part);
}

static inline bool t_near(double actual, double expected, double tolerance, const char *what,
	const char *file, unsigned line)
{
	return t_check(fabs(actual - expected) <= tolerance, file, line,
		"%s: is %.9g, expected %.9g +- %.3g", what, actual, expected, tolerance);
}

#endif
