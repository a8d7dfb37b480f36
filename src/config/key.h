/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A key of the configuration as a row: what it takes, what it is if it is not given, where it goes,
 * and what it is called in messages. The rows are in keys*.c, and a test holds manual and sample
 * against them.
 *
 * A new key is a row there and the member that it fills. Only what depends on several keys is
 * checked by own code. Main thread only.
 */

#ifndef PF_CONFIG_KEY_H
#define PF_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/node.h"
#include "config/pool.h"
#include "config/problems.h"
#include "config/shown.h"

/* What a key takes, and the type of the member that gets it. */
enum pf_key_type {
	PF_KEY_BOOL,    /* bool */
	PF_KEY_INT,     /* an integer of 16 or 32 bits */
	PF_KEY_NUMBER,  /* double; integers are accepted, too */
	PF_KEY_SECONDS, /* uint32_t in milliseconds; the row is in seconds */
	PF_KEY_TEXT,    /* const char *; never empty */
	PF_KEY_TOPIC,   /* const char *; a topic to publish on, with %h replaced */
	PF_KEY_PATH,    /* const char *; a whole path */
	PF_KEY_BUFFER,  /* char[maximum + 1]; may be empty */
	PF_KEY_CHOICE,  /* an enum: index into choices */
	PF_KEY_STATE,   /* bool, "off" or "on" */
	PF_KEY_GROUP,   /* the struct that the rows of `group` speak of */
	PF_KEY_LIST,    /* read by own code */
	PF_KEY_LATER,   /* documented, but not in this version */
};

struct pf_key_group;

struct pf_key {
	const char *name;
	enum pf_key_type type;
	size_t offset, size;        /* of the member; size 0: own code looks the key up */
	double minimum, maximum;    /* of numbers; maximum: bytes of texts */
	const char *const *choices; /* CHOICE: NULL-terminated */
	double number;              /* the default: number, truth value, index into choices */
	const char *text;           /* the default of texts, or NULL */
	const char *otherwise;      /* the default in words, where own code finds it; or NULL */
	const struct pf_key_group *group; /* GROUP, LIST: the keys in it; NULL: other things */
	enum pf_secrecy secrecy;
	bool required;    /* there is no default */
	bool host;        /* TEXT: with %h replaced */
	bool elsewhere;   /* a change of it is found in what depends on it */
	const char *help; /* what it is, to follow "expected" */
};

/* The keys of a group. */
struct pf_key_group {
	const char *name; /* how its rows are told apart from others: "output.failsafe" */
	const struct pf_key *keys;
	size_t n;
};

/*
 * For the rows: S is the struct, and the type of its member is checked. A row ends with its help
 * and what else there is to say, as designated initialisers.
 */
#define PF_MEMBER(S, member, ...)                                                                  \
	.offset = offsetof(S, member) +                                                            \
		  0 * sizeof(char[_Generic(&((S *)0)->member, __VA_ARGS__ : 1, default             \
					   : -1)]),                                                \
	.size = sizeof(((S *)0)->member)

#define PF_BOOL(key, S, member, standard, ...)                                                     \
	{                                                                                          \
		.name = (key), .type = PF_KEY_BOOL, PF_MEMBER(S, member, bool *),                  \
		.number = (standard), .help = __VA_ARGS__                                          \
	}
#define PF_STATE(key, S, member, standard, ...)                                                    \
	{                                                                                          \
		.name = (key), .type = PF_KEY_STATE, PF_MEMBER(S, member, bool *),                 \
		.number = (standard), .help = __VA_ARGS__                                          \
	}
#define PF_INT(key, S, member, low, high, standard, ...)                                           \
	{                                                                                          \
		.name = (key), .type = PF_KEY_INT,                                                 \
		PF_MEMBER(S, member, uint16_t * : 1, int32_t * : 1, uint32_t *), .minimum = (low), \
		.maximum = (high), .number = (standard), .help = __VA_ARGS__                       \
	}
#define PF_NUMBER(key, S, member, low, high, standard, ...)                                        \
	{                                                                                          \
		.name = (key), .type = PF_KEY_NUMBER, PF_MEMBER(S, member, double *),              \
		.minimum = (low), .maximum = (high), .number = (standard), .help = __VA_ARGS__     \
	}
#define PF_SECONDS(key, S, member, low, high, standard, ...)                                       \
	{                                                                                          \
		.name = (key), .type = PF_KEY_SECONDS, PF_MEMBER(S, member, uint32_t *),           \
		.minimum = (low), .maximum = (high), .number = (standard), .help = __VA_ARGS__     \
	}
#define PF_WORDS(key, kind, S, member, bytes, standard, ...)                                       \
	{                                                                                          \
		.name = (key), .type = (kind), PF_MEMBER(S, member, const char **),                \
		.maximum = (bytes), .text = (standard), .help = __VA_ARGS__                        \
	}
#define PF_TEXT(key, S, member, bytes, ...)                                                        \
	PF_WORDS(key, PF_KEY_TEXT, S, member, bytes, __VA_ARGS__)
#define PF_TOPIC(key, S, member, bytes, ...)                                                       \
	PF_WORDS(key, PF_KEY_TOPIC, S, member, bytes, __VA_ARGS__)
#define PF_PATH(key, S, member, ...)                                                               \
	PF_WORDS(key, PF_KEY_PATH, S, member, PF_PATH_BYTES, __VA_ARGS__)
#define PF_CHOICE(key, S, member, words, standard, ...)                                            \
	{                                                                                          \
		.name = (key), .type = PF_KEY_CHOICE, PF_MEMBER(S, member, unsigned * : 1, int *), \
		.choices = (words), .number = (standard), .help = __VA_ARGS__                      \
	}
#define PF_GROUP(key, S, member, keys, ...)                                                        \
	{                                                                                          \
		.name = (key), .type = PF_KEY_GROUP, .offset = offsetof(S, member),                \
		.size = sizeof(((S *)0)->member), .group = (keys), .help = __VA_ARGS__             \
	}
/* What own code looks up in the tree. */
#define PF_OWN(key, kind, ...)                                                                     \
	{                                                                                          \
		.name = (key), .type = (kind), .help = __VA_ARGS__                                 \
	}

#define PF_PATH_BYTES 4000

/* What the reading of a configuration needs throughout. */
struct pf_key_reader {
	struct pf_problems *problems;
	struct pf_pool *pool; /* owns what is stored */
	const char *host;     /* what %h stands for */
};

/* Reads a value that is no group by its row; what is wrong with it is reported. */
void pf_key_read(const struct pf_key_reader *reader, const struct pf_node *node, const char *label,
	const struct pf_key *key, void *base);

/* Stores the default; not for groups. */
void pf_key_set_default(const struct pf_key_reader *reader, const struct pf_key *key, void *base);

/* text with %h replaced. */
const char *pf_expand_host(const struct pf_key_reader *reader, const char *text);

#endif
