/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/broker.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define HOST_MAX 253 /* RFC 1035 2.3.4, as text */

struct scheme {
	const char *name;
	int port; /* IANA */
	bool tls, web;
};

static const struct scheme schemes[] = {
	{"mqtt", 1883, false, false},
	{"mqtts", 8883, true, false},
	{"ws", 80, false, true},
	{"wss", 443, true, true},
};

static const struct scheme *find_scheme(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (pf_text_equals_nocase(text, size, schemes[i].name))
			return &schemes[i];
	return NULL;
}

static const char *scheme_advice(const char *text, size_t size)
{
	if (pf_text_equals_nocase(text, size, "tcp"))
		return "unknown scheme tcp://, expected mqtt://HOST[:PORT]";
	if (pf_text_equals_nocase(text, size, "ssl") || pf_text_equals_nocase(text, size, "tls"))
		return "unknown scheme, expected mqtts://HOST[:PORT]";
	return "unknown scheme, expected mqtt://, mqtts://, ws:// or wss:// and HOST[:PORT]";
}

/* The size of the host at the start of text, brackets included; 0: none, or not well-formed. */
static size_t host_size(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	size_t size = 0;

	if (*text == '[') {
		size = strcspn(text, "]");
		if (!text[size] || size - 1 >= sizeof address)
			return 0;
		memcpy(address, text + 1, size - 1);
		address[size - 1] = '\0';
		return inet_pton(AF_INET6, address, bytes) == 1 ? size + 1 : 0;
	}
	while (isalnum((unsigned char)text[size]) || (text[size] && strchr("-._", text[size])))
		size++;
	return size <= HOST_MAX ? size : 0;
}

static const char *host_advice(const char *text)
{
	const char *colon = strchr(text, ':');

	if (strchr(text, '@'))
		return "no user in the address: use username and password_file";
	if (*text == '[' || (colon && strchr(colon + 1, ':')))
		return "not an IPv6 address in brackets, expected mqtt://[fe80::1]:1883";
	if (*text == '\0' || *text == ':' || *text == '/')
		return "the host is missing, expected mqtt://HOST[:PORT]";
	return "not a host name, expected letters, digits, '-', '_' and '.'";
}

static const char *port_parse(const char **at, int64_t *port)
{
	size_t size;

	if (**at != ':')
		return NULL;
	++*at;
	size = strcspn(*at, "/");
	if (pf_integer_parse(*at, size, 1, 65535, port))
		return "not a port, expected 1 to 65535 after the ':'";
	*at += size;
	return NULL;
}

const char *pf_broker_parse(const char *text, char **ret_uri, bool *ret_tls)
{
	const char *const mark = strstr(text, "://"), *const host = mark ? mark + 3 : NULL;
	const struct scheme *scheme;
	const char *at, *wrong;
	int64_t port;
	size_t size;

	if (!mark)
		return "no scheme, expected mqtt://HOST[:PORT]";
	scheme = find_scheme(text, (size_t)(mark - text));
	if (!scheme)
		return scheme_advice(text, (size_t)(mark - text));
	size = host_size(host);
	if (size == 0 || !(host[size] == '\0' || strchr(":/", host[size])) || strchr(host, '@') ||
		(host[size] == ':' && strchr(host + size + 1, ':')))
		return host_advice(host);
	at = host + size;
	port = scheme->port;
	wrong = port_parse(&at, &port);
	if (wrong)
		return wrong;
	if (!scheme->web && strcmp(at, "/") == 0)
		at++;
	if (*at && !scheme->web)
		return "nothing may follow the port with mqtt:// and mqtts://";
	if (strpbrk(at, " ?#"))
		return "not a path, expected one without spaces, '?' and '#'";
	*ret_uri = pf_format("%s://%.*s:%d%s", scheme->name, (int)size, host, (int)port, at);
	*ret_tls = scheme->tls;
	return NULL;
}
