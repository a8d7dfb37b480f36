/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/shown.h"

static const struct {
	const char *prefix, *port;
	bool tls;
} schemes[] = {
	{"mqtt://", "1883", false},
	{"mqtts://", "8883", true},
	{"ws://", "80", false},
	{"wss://", "443", true},
};

static char *copy_or_null(const char *text)
{
	return text ? pf_strdup(text) : NULL;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT, ended by NUL or '/' */
static void split_authority(struct pf_endpoint *endpoint, const char *text, const char *port)
{
	const bool bracket = *text == '[';
	const char *host = text + bracket;
	const size_t host_size = strcspn(host, bracket ? "]" : ":/");
	const char *rest = host + host_size;

	if (bracket && *rest == ']')
		rest++;
	endpoint->host = pf_memdup(host, host_size);
	endpoint->port = *rest == ':' ? pf_memdup(rest + 1, strcspn(rest + 1, "/"))
				      : pf_strdup(port);
}

static void split_uri(struct pf_endpoint *endpoint, const char *uri)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		const size_t size = strlen(schemes[i].prefix);

		if (strncmp(uri, schemes[i].prefix, size) != 0)
			continue;
		endpoint->tls = schemes[i].tls;
		endpoint->websocket = schemes[i].prefix[0] == 'w';
		split_authority(endpoint, uri + size, schemes[i].port);
		return;
	}
	split_authority(endpoint, uri, "1883");
}

void pf_endpoint_init(
	struct pf_endpoint *endpoint, const struct pf_mqtt_config *config, const char *will_topic)
{
	*endpoint = (struct pf_endpoint){
		.uri = pf_strdup(config->broker),
		.keepalive_s = config->keepalive_s,
		.client_id = pf_strdup(config->client_id),
		.will_topic = pf_strdup(will_topic),
		.username = copy_or_null(config->username),
		.password_file = copy_or_null(config->password_file),
		.ca_file = copy_or_null(config->ca_file),
		.cert_file = copy_or_null(config->cert_file),
		.key_file = copy_or_null(config->key_file),
		.key_password_file = copy_or_null(config->key_password_file),
	};
	split_uri(endpoint, config->broker);
}

void pf_endpoint_done(struct pf_endpoint *endpoint)
{
	char *const owned[] = {endpoint->uri, endpoint->host, endpoint->port, endpoint->client_id,
		endpoint->will_topic, endpoint->username, endpoint->password_file,
		endpoint->ca_file, endpoint->cert_file, endpoint->key_file,
		endpoint->key_password_file};

	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
		free(owned[i]);
	*endpoint = (struct pf_endpoint){0};
}

/* A folder or a FIFO in its place would be read by the TLS library all the same, and hang it. */
static int check_file(const char *path)
{
	struct stat status;

	if (access(path, R_OK) || stat(path, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

static const char *shown(const char *key, const char *path, char text[PF_SHOWN_SIZE])
{
	return strcmp(key, "key_file") == 0 ? pf_shown(PF_HIDDEN, path, text) : path;
}

int pf_endpoint_check_files(const struct pf_endpoint *endpoint, char *ret_text, size_t size)
{
	const struct {
		const char *key, *path;
	} files[] = {{"ca_file", endpoint->ca_file}, {"cert_file", endpoint->cert_file},
		{"key_file", endpoint->key_file}};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const int r = files[i].path ? check_file(files[i].path) : 0;
		char text[PF_SHOWN_SIZE];

		if (r) {
			(void)snprintf(ret_text, size, "%s %s cannot be read: %s", files[i].key,
				shown(files[i].key, files[i].path, text),
				r == -EINVAL ? "no regular file" : strerror(-r));
			return r;
		}
	}
	return 0;
}

bool pf_endpoint_warn_open(const struct pf_endpoint *endpoint)
{
	const struct {
		const char *key, *path;
	} files[] = {{"password_file", endpoint->password_file}, {"key_file", endpoint->key_file},
		{"key_password_file", endpoint->key_password_file}};
	struct stat status;
	bool any = false;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (!files[i].path || stat(files[i].path, &status) || !(status.st_mode & S_IROTH))
			continue;
		any = true;
		pf_warning("mqtt: every user of this machine can read %s %s", files[i].key,
			files[i].path);
	}
	return any;
}
