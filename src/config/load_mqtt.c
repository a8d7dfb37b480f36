/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "config/broker.h"
#include "config/loader.h"

#define LABEL "mqtt"

/* The files that TLS uses. */
static const char *const tls_keys[] = {"ca_file", "cert_file", "key_file", "key_password_file"};

struct file {
	const char *key, *path;
	bool secret;
};

/* Replaces the broker by its whole address; says whether it is encrypted. */
static bool take_broker(struct pf_loader *loader, const struct pf_node *group)
{
	struct pf_mqtt_config *mqtt = &loader->config->mqtt;
	char *uri = NULL;
	bool tls = false;
	const char *wrong = pf_broker_parse(mqtt->broker, &uri, &tls);
	char shown[PF_SHOWN_SIZE];

	if (wrong) {
		pf_report(loader->problems, pf_node_place(group, "broker"), LABEL, "broker",
			"\"%s\": %s", pf_shown(PF_ADDRESS, mqtt->broker, shown), wrong);
		/* which of the others fit cannot be told */
		return true;
	}
	mqtt->broker = pf_pool_keep(loader->pool, uri);
	return tls;
}

static const char *shown_path(const struct file *file, char shown[PF_SHOWN_SIZE])
{
	return pf_shown(file->secret ? PF_HIDDEN : PF_PUBLIC, file->path, shown);
}

/*
 * A file that the daemon will read is better there. That this user cannot read it
 * is no more than a hint, because `check` may be run by another one than the daemon is.
 */
static void check_file(
	struct pf_loader *loader, const struct pf_node *group, const struct file *file)
{
	const struct pf_place *place = pf_node_place(group, file->key);
	char shown[PF_SHOWN_SIZE];
	struct stat status;

	if (stat(file->path, &status) && errno == ENOENT)
		pf_report_warning(loader->problems, place, LABEL, file->key,
			"\"%s\" does not exist (yet)", shown_path(file, shown));
	else if (access(file->path, R_OK))
		pf_report_warning(loader->problems, place, LABEL, file->key,
			"\"%s\" cannot be read by this user: %s", shown_path(file, shown),
			strerror(errno));
	else if (!S_ISREG(status.st_mode))
		pf_report_warning(loader->problems, place, LABEL, file->key,
			"\"%s\" is no regular file", shown_path(file, shown));
	else if (file->secret && (status.st_mode & S_IROTH)) {
		loader->config->mqtt.open_told = true;
		pf_report_warning(loader->problems, place, LABEL, file->key,
			"everyone on this machine may read \"%s\"", shown_path(file, shown));
	}
}

static void check_files(struct pf_loader *loader, const struct pf_node *group)
{
	const struct pf_mqtt_config *mqtt = &loader->config->mqtt;
	const struct file files[] = {{"password_file", mqtt->password_file, true},
		{"ca_file", mqtt->ca_file, false}, {"cert_file", mqtt->cert_file, false},
		{"key_file", mqtt->key_file, true},
		{"key_password_file", mqtt->key_password_file, true}};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i].path)
			check_file(loader, group, &files[i]);
}

static void check_pairs(struct pf_loader *loader, const struct pf_node *group, bool tls)
{
	const struct pf_node *cert = pf_node_find(group, "cert_file");
	const struct pf_node *key = pf_node_find(group, "key_file");

	if (pf_node_find(group, "password_file") && !pf_node_find(group, "username"))
		pf_report_warning(loader->problems, pf_node_place(group, "password_file"), LABEL,
			"password_file", "is not used without username");
	if (!cert != !key)
		pf_report(loader->problems, cert ? &cert->place : &key->place, LABEL,
			cert ? "cert_file" : "key_file",
			"stands alone, expected cert_file and key_file together");
	if (pf_node_find(group, "key_password_file") && !key)
		pf_report(loader->problems, pf_node_place(group, "key_password_file"), LABEL,
			"key_password_file", "needs key_file, whose password it holds");
	for (size_t i = 0; i < sizeof tls_keys / sizeof *tls_keys && !tls; i++)
		if (pf_node_find(group, tls_keys[i]))
			pf_report(loader->problems, pf_node_place(group, tls_keys[i]), LABEL,
				tls_keys[i],
				"needs encryption, expected broker = \"mqtts://...\" "
				"or \"wss://...\"");
}

static void add_topic(
	struct pf_loader *loader, const struct pf_node *group, const char *suffix, const char *what)
{
	const struct pf_topic_use use = {
		.topic = pf_pool_format(loader->pool, "%s/%s", loader->config->mqtt.prefix, suffix),
		.label = LABEL,
		.what = what,
		.place = *pf_node_place(group, "prefix"),
	};

	pf_topics_add(&loader->topics, &use);
}

void pf_load_mqtt(struct pf_loader *loader)
{
	const struct pf_node nothing = {.type = PF_NODE_GROUP, .place = {loader->config->file, 0}};
	const struct pf_node *group = pf_node_find(loader->root, LABEL);
	bool tls;

	if (!group || group->type != PF_NODE_GROUP)
		group = &nothing;
	loader->config->mqtt.place = group->place;
	tls = take_broker(loader, group);
	check_files(loader, group);
	check_pairs(loader, group, tls);
	add_topic(loader, group, "status", "status topic");
	add_topic(loader, group, "info", "info topic");
}
