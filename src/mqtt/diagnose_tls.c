/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The only use of OpenSSL by our own hand. The connection itself is the library's business; but it
 * cannot say which file is wrong, or whether a certificate is expired, from an unknown CA or for
 * another host.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "config/shown.h"
#include "mqtt/diagnose.h"
#include "mqtt/secret.h"

__attribute__((format(printf, 2, 3))) static int say(char *ret_text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(ret_text, PF_DIAGNOSIS_SIZE, format, arguments);
	va_end(arguments);
	return -EPROTO;
}

/* The newest thing OpenSSL has to say. */
static const char *newest_error(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "the connection was closed";
}

/* What a certificate is for, as text; from the network, so only what can be a name. */
#define NAMES_SIZE 160
#define NAMES_MAX  6

struct names {
	char text[NAMES_SIZE];
	int n;
};

static void add_name(struct names *names, const char *name, size_t size)
{
	const size_t used = strlen(names->text);

	if (size == 0 || size > 100 || used + size + 8 > NAMES_SIZE || names->n == NAMES_MAX)
		return;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("-._*:", name[i]))
			return;
	(void)snprintf(names->text + used, NAMES_SIZE - used, "%s%.*s", names->n ? ", " : "",
		(int)size, name);
	names->n++;
}

static void add_alternative(struct names *names, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];
	const ASN1_STRING *value = name->d.ia5;
	const unsigned char *bytes;
	int size;

	if (name->type != GEN_DNS && name->type != GEN_IPADD)
		return;
	bytes = ASN1_STRING_get0_data(value);
	size = ASN1_STRING_length(value);
	if (name->type == GEN_DNS)
		add_name(names, (const char *)bytes, (size_t)size);
	else if (inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text))
		add_name(names, text, strlen(text));
}

static void read_names(X509 *certificate, struct names *names)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	char text[100];

	for (int i = 0; i < sk_GENERAL_NAME_num(list); i++)
		add_alternative(names, sk_GENERAL_NAME_value(list, i));
	GENERAL_NAMES_free(list);
	if (names->n == 0 && X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
				     NID_commonName, text, sizeof text) > 0)
		add_name(names, text, strlen(text));
}

/* Keeps the names of the broker's own certificate: after a failure it is gone. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *tls = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct names *names = tls ? SSL_get_app_data(tls) : NULL;
	X509 *certificate = X509_STORE_CTX_get0_cert(store);

	if (!ok && names && certificate && names->n == 0)
		read_names(certificate, names);
	return ok;
}

static bool is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* What the key's password is asked with. */
struct key_password {
	const char *path; /* or NULL */
	bool asked;       /* the key is encrypted */
	int error;        /* of reading the file */
};

/* Without this OpenSSL would ask on the terminal. */
static int give_key_password(char *buffer, int size, int writing, void *user)
{
	struct key_password *password = user;
	struct pf_secret secret;
	size_t length = 0;

	(void)writing;
	password->asked = true;
	if (!password->path)
		return -1;
	password->error = pf_secret_read(password->path, &secret);
	if (!password->error) {
		length = strnlen(secret.text, (size_t)size);
		memcpy(buffer, secret.text, length);
	}
	pf_secret_wipe(&secret);
	return password->error ? -1 : (int)length;
}

/* With OpenSSL's reason: it may also be too weak, or of an unknown kind. */
static int say_unfit(const char *key, const char *path, const char *what, char *ret_text)
{
	/* the oldest one: what was said on top of it is no more than "PEM lib" */
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return say(ret_text, "%s %s holds no %s (PEM) that can be used: %s", key, path, what,
		reason ? reason : "unknown reason");
}

static int say_key(
	const struct pf_endpoint *endpoint, const struct key_password *password, char *ret_text)
{
	const char *key = endpoint->key_file;
	char shown[PF_SHOWN_SIZE];

	if (password->error)
		return say(ret_text, "key_password_file %s cannot be read: %s",
			pf_shown(PF_HIDDEN, password->path, shown), strerror(-password->error));
	if (password->asked && !password->path)
		return say(ret_text, "key_file %s is encrypted, and there is no key_password_file",
			key);
	if (password->asked)
		return say(ret_text,
			"key_file %s cannot be decrypted with the password in "
			"key_password_file %s",
			key, password->path);
	if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
		return say(ret_text, "key_file %s is not the key of cert_file %s", key,
			endpoint->cert_file);
	return say_unfit("key_file", key, "private key", ret_text);
}

static int load_key(SSL_CTX *context, const struct pf_endpoint *endpoint, char *ret_text)
{
	struct key_password password = {.path = endpoint->key_password_file};
	int ok;

	SSL_CTX_set_default_passwd_cb(context, give_key_password);
	SSL_CTX_set_default_passwd_cb_userdata(context, &password);
	ok = SSL_CTX_use_PrivateKey_file(context, endpoint->key_file, SSL_FILETYPE_PEM);
	SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
	if (ok != 1)
		return say_key(endpoint, &password, ret_text);
	/* of another type than the certificate: only this notices */
	if (SSL_CTX_check_private_key(context) != 1)
		return say(ret_text, "key_file %s is not the key of cert_file %s",
			endpoint->key_file, endpoint->cert_file);
	return 0;
}

static int load_files(SSL_CTX *context, const struct pf_endpoint *endpoint, char *ret_text)
{
	if (!endpoint->ca_file)
		(void)SSL_CTX_set_default_verify_paths(context);
	else if (SSL_CTX_load_verify_locations(context, endpoint->ca_file, NULL) != 1)
		return say_unfit("ca_file", endpoint->ca_file, "certificate", ret_text);
	if (!endpoint->cert_file)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, endpoint->cert_file) != 1)
		return say_unfit("cert_file", endpoint->cert_file, "certificate", ret_text);
	return load_key(context, endpoint, ret_text);
}

static int say_verify(
	const struct pf_endpoint *endpoint, long result, const struct names *names, char *ret_text)
{
	char now[PF_CLOCK_TEXT_SIZE];

	/* the day is enough, and keeps the text the same from one attempt to the next */
	pf_clock_format(pf_clock_wall_ms(), now);
	switch (result) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return say(ret_text, "TLS: the broker's certificate is not for \"%s\"%s%s%s",
			endpoint->host, names->n ? ", but for " : "", names->text,
			names->n ? " (broker has to name it so)" : "");
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return say(ret_text,
			"TLS: the broker's certificate has expired (this machine's clock says "
			"%.10s)",
			now);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return say(ret_text,
			"TLS: the broker's certificate is not valid yet: this machine's clock says "
			"%.10s (is it set?)",
			now);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return say(ret_text,
			"TLS: the broker's certificate is from an unknown CA "
			"(not in %s)",
			endpoint->ca_file ? endpoint->ca_file : "the system's list; see ca_file");
	default:
		return say(ret_text, "TLS: the broker's certificate is refused: %s",
			X509_verify_cert_error_string(result));
	}
}

static const char *shake_error(void)
{
	switch (ERR_GET_REASON(ERR_peek_last_error())) {
	case 0:
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		return "it closed the connection (a port for mqtt:// or ws://?)";
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return "it takes only versions of TLS that are older than 1.2";
	case SSL_R_WRONG_VERSION_NUMBER:
		return "what answers speaks no TLS (a port for mqtt:// or ws://?)";
	default:
		return newest_error();
	}
}

static int shake_hands(SSL *tls, int fd, const struct pf_endpoint *endpoint, char *ret_text)
{
	struct names names = {0};
	long result;

	(void)SSL_set_app_data(tls, &names);
	if (is_address(endpoint->host)) {
		(void)X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), endpoint->host);
	} else {
		(void)SSL_set1_host(tls, endpoint->host);
		(void)SSL_set_tlsext_host_name(tls, endpoint->host);
	}
	if (SSL_set_fd(tls, fd) == 1 && SSL_connect(tls) == 1) {
		char byte;

		/* TLS 1.3: that a client certificate is missing is told only now */
		if (SSL_read(tls, &byte, 1) > 0 || !ERR_peek_last_error())
			return 0;
	}
	result = SSL_get_verify_result(tls);
	if (result != X509_V_OK)
		return say_verify(endpoint, result, &names, ret_text);
	return say(ret_text, "TLS: no agreement with the broker: %s", shake_error());
}

/* As the library makes it. NULL and the words if a file is not right. */
static SSL_CTX *make_context(const struct pf_endpoint *endpoint, char *ret_text)
{
	SSL_CTX *context;

	ERR_clear_error();
	context = SSL_CTX_new(TLS_client_method());
	if (!context) {
		(void)say(ret_text, "TLS: %s", newest_error());
		return NULL;
	}
	SSL_CTX_set_security_level(context, 1);
	(void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	(void)SSL_CTX_set_cipher_list(context, PF_TLS_CIPHERS);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	if (!load_files(context, endpoint, ret_text))
		return context;
	SSL_CTX_free(context);
	return NULL;
}

void pf_diagnose_tls_init(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

int pf_diagnose_tls_files(const struct pf_endpoint *endpoint, char *ret_text)
{
	SSL_CTX *context = NULL;
	bool ok = true;

	if (endpoint->tls && (endpoint->ca_file || endpoint->cert_file)) {
		context = make_context(endpoint, ret_text);
		ok = context;
	}
	SSL_CTX_free(context);
	ERR_clear_error();
	return ok ? 0 : -EPROTO;
}

int pf_diagnose_tls(int fd, const struct pf_endpoint *endpoint, char *ret_text)
{
	SSL_CTX *context = make_context(endpoint, ret_text);
	SSL *tls = context ? SSL_new(context) : NULL;
	int r = context ? 0 : -EPROTO;

	if (tls)
		r = shake_hands(tls, fd, endpoint, ret_text);
	SSL_free(tls);
	SSL_CTX_free(context);
	ERR_clear_error();
	return r;
}

/* The first message of a handshake onto the socket. */
static bool send_hello(int fd)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *tls = context ? SSL_new(context) : NULL;
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	char hello[4096];
	int size = 0;

	if (tls && in && out) {
		SSL_set_bio(tls, in, out);
		(void)SSL_connect(tls);
		size = BIO_read(out, hello, sizeof hello);
	} else {
		BIO_free(in);
		BIO_free(out);
	}
	SSL_free(tls);
	SSL_CTX_free(context);
	ERR_clear_error();
	return size > 0 && send(fd, hello, (size_t)size, MSG_NOSIGNAL) == size;
}

enum pf_speech pf_diagnose_speech(int fd)
{
	unsigned char answer[8] = {0};
	ssize_t n = 0;

	if (send_hello(fd))
		n = recv(fd, answer, sizeof answer, 0);
	/* a record of a handshake or an alert: RFC 8446 5.1 */
	if (n >= 3 && (answer[0] == 0x16 || answer[0] == 0x15) && answer[1] == 0x03)
		return PF_SPEECH_TLS;
	if (n >= 5 && (memcmp(answer, "HTTP/", 5) == 0 || memcmp(answer, "<html", 5) == 0 ||
			      memcmp(answer, "<!DOC", 5) == 0))
		return PF_SPEECH_WEB;
	if (n >= 4 && memcmp(answer, "SSH-", 4) == 0)
		return PF_SPEECH_SSH;
	return PF_SPEECH_UNKNOWN;
}
