/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The link over TLS: a CA made for the test, and every way a certificate can be wrong. */

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker.h"
#include "../t.h"

static struct watched_link watched;
static char dir[128];

/* A key and a certificate NAME.pem signed by CA, or by itself if ca is NULL. */
static void make_certificate(
	const char *name, const char *ca, const char *subject, const char *more)
{
	if (ca)
		(void)broker_run(
			"cd %s && openssl req -newkey rsa:2048 -nodes -keyout %s.key -subj /CN=%s "
			"-out %s.csr 2>/dev/null && printf 'subjectAltName=DNS:%s\\n' > %s.ext && "
			"openssl x509 -req -in %s.csr -CA %s.pem -CAkey %s.key -CAcreateserial "
			"-extfile %s.ext -out %s.pem %s 2>/dev/null",
			dir, name, subject, name, subject, name, name, ca, ca, name, name, more);
	else
		(void)broker_run(
			"cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout %s.key "
			"-subj /CN=%s -days 30 -out %s.pem 2>/dev/null",
			dir, name, subject, name);
}

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static pid_t start_tls_broker(int port, const char *certificate, const char *more)
{
	char text[1024];

	(void)snprintf(text, sizeof text,
		"allow_anonymous true\ncertfile %s/%s.pem\nkeyfile %s/%s.key\n%s", dir, certificate,
		dir, certificate, more);
	return broker_start(port, text);
}

static void init_tls(int port, const char *host)
{
	watched_init(&watched, port);
	(void)snprintf(watched.uri, sizeof watched.uri, "mqtts://%s:%d", host, port);
	watched.config.ca_file = path_of("ca.pem");
}

static void check_refused(const char *certificate, const char *host, const char *reason)
{
	const int port = broker_free_port();
	const pid_t broker = start_tls_broker(port, certificate, "");

	init_tls(port, host);
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "cannot connect", 15));
	T_HAS(watched_log(), reason);
	T_INT(watched.connected, 0);
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

static void good_certificate_connects(void)
{
	static const char *const topics[] = {"t/set", NULL};
	const int port = broker_free_port();
	const pid_t broker = start_tls_broker(port, "good", "tls_version tlsv1.3\n");

	init_tls(port, "localhost");
	watched_start(&watched, topics);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 15));
	(void)watched_publish(&watched, "t/set", "echo", 1, false);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

static void unknown_ca_is_refused(void)
{
	check_refused(
		"stranger", "localhost", "TLS: the broker's certificate is from an unknown CA");
}

static void wrong_host_name_is_refused(void)
{
	check_refused("elsewhere", "localhost",
		"TLS: the broker's certificate is not for \"localhost\", but for elsewhere");
	check_refused("good", "127.0.0.1",
		"TLS: the broker's certificate is not for \"127.0.0.1\", but for localhost");
}

static void expired_certificate_is_refused(void)
{
	check_refused("expired", "localhost", "TLS: the broker's certificate has expired");
}

static void plain_port_is_told(void)
{
	const int port = broker_free_port();
	const pid_t broker = broker_start(port, NULL);

	init_tls(port, "localhost");
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "TLS: no agreement with the broker", 15));
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

static void tls_port_is_told(void)
{
	const int port = broker_free_port();
	const pid_t broker = start_tls_broker(port, "good", "");

	watched_init(&watched, port);
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "speaks TLS, expected broker = \"mqtts://...\"", 30));
	T_INT(watched.connected, 0);
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

/* Says the same to everybody who says something first, and hangs up; end it with SIGKILL. */
static pid_t say_always(int port, const char *text)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	char heard[1024];
	pid_t child;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	T_INT(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	T_INT(listen(fd, 8), 0);
	child = fork();
	if (child == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (child == 0) {
		const int connection = accept(fd, NULL, NULL);

		if (recv(connection, heard, sizeof heard, 0) > 0)
			(void)send(connection, text, strlen(text), MSG_NOSIGNAL);
		(void)shutdown(connection, SHUT_WR);
		while (recv(connection, heard, sizeof heard, 0) > 0)
			;
		close(connection);
	}
	close(fd);
	return child;
}

/* Each line is what a server says to whatever it hears first. */
static void port_of_another_service_is_told(void)
{
	static const struct {
		const char *says, *told;
	} services[] = {
		{"HTTP/1.1 400 Bad Request\r\n\r\n", "is a web server"},
		{"SSH-2.0-OpenSSH_9.2\r\n", "is SSH"},
		{"220 mail ready\r\n", "closed the connection without an answer"},
	};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		const int port = broker_free_port();
		const pid_t server = say_always(port, services[i].says);

		watched_init(&watched, port);
		watched_start(&watched, NULL);
		T_TRUE(watched_wait_log(&watched, services[i].told, 30));
		watched_stop(&watched);
		broker_signal(server, SIGKILL);
	}
}

static void missing_ca_file_is_named(void)
{
	init_tls(broker_free_port(), "localhost");
	watched.config.ca_file = "/nonexistent/ca.pem";
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "ca_file /nonexistent/ca.pem cannot be read", 15));
	watched_stop(&watched);
}

/* The owner puts the right file in its place: no restart. */
static void replaced_ca_file_is_read(void)
{
	const int port = broker_free_port();
	const pid_t broker = start_tls_broker(port, "good", "");

	(void)broker_run("cp %s/other.pem %s/mine.pem", dir, dir);
	init_tls(port, "localhost");
	watched.config.ca_file = path_of("mine.pem");
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "unknown CA", 15));
	(void)broker_run("cp %s/ca.pem %s/mine.pem", dir, dir);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 15));
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

static void client_certificate_is_shown(void)
{
	const int port = broker_free_port();
	char more[512], certificate[256], key[256];
	pid_t broker;

	(void)snprintf(
		more, sizeof more, "cafile %s\nrequire_certificate true\n", path_of("ca.pem"));
	broker = start_tls_broker(port, "good", more);
	init_tls(port, "localhost");
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "cannot connect", 15));
	T_HAS(watched_log(), "certificate required");
	watched_stop(&watched);

	(void)snprintf(certificate, sizeof certificate, "%s", path_of("client.pem"));
	(void)snprintf(key, sizeof key, "%s", path_of("client.key"));
	init_tls(port, "localhost");
	watched.config.cert_file = certificate;
	watched.config.key_file = key;
	watched_start(&watched, NULL);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 15));
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

int main(void)
{
	static const struct t_test tests[] = {T(good_certificate_connects),
		T(unknown_ca_is_refused), T(wrong_host_name_is_refused),
		T(expired_certificate_is_refused), T(plain_port_is_told), T(tls_port_is_told),
		T(port_of_another_service_is_told), T(missing_ca_file_is_named),
		T(replaced_ca_file_is_read), T(client_certificate_is_shown)};

	if (!broker_is_installed() || !broker_run("command -v openssl")[0]) {
		printf("1..0 # SKIP mosquitto, its clients or openssl are not installed\n");
		return 0;
	}
	(void)snprintf(dir, sizeof dir, "%s", t_temp_dir());
	make_certificate("ca", NULL, "pinferry-test-ca", "");
	make_certificate("other", NULL, "another-ca", "");
	make_certificate("good", "ca", "localhost", "-days 30");
	make_certificate("stranger", "other", "localhost", "-days 30");
	make_certificate("elsewhere", "ca", "elsewhere.test", "-days 30");
	/* which of the two works depends on the version of openssl */
	make_certificate("expired", "ca", "localhost",
		"-not_before 20240101000000Z -not_after 20240102000000Z");
	if (access(path_of("expired.pem"), F_OK))
		make_certificate("expired", "ca", "localhost", "-days -1");
	make_certificate("client", "ca", "shed", "-days 30");
	return t_run("link_tls", tests, sizeof tests / sizeof *tests);
}
