/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The only use of OpenSSL by our own hand. The connection itself is the library's business; but it
 * cannot say whether a certificate is expired, from an unknown CA or for another host.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>

#include "mqtt/diagnose.h"

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

static bool is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static int load_files(SSL_CTX *context, const struct pf_endpoint *endpoint, char *ret_text)
{
	const char *key = endpoint->key_file ? endpoint->key_file : endpoint->cert_file;

	if (endpoint->ca_file) {
		if (SSL_CTX_load_verify_locations(context, endpoint->ca_file, NULL) != 1)
			return say(ret_text, "ca_file %s is not a certificate: %s",
				endpoint->ca_file, newest_error());
	} else {
		(void)SSL_CTX_set_default_verify_paths(context);
	}
	if (!endpoint->cert_file)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, endpoint->cert_file) != 1)
		return say(ret_text, "cert_file %s is not a certificate: %s", endpoint->cert_file,
			newest_error());
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return say(ret_text, "key_file %s does not fit: %s", key, newest_error());
	return 0;
}

static int say_verify(const struct pf_endpoint *endpoint, long result, char *ret_text)
{
	switch (result) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return say(ret_text, "TLS: the broker's certificate is not for \"%s\"",
			endpoint->host);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return say(ret_text, "TLS: the broker's certificate has expired "
				     "(or this machine's clock is wrong)");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return say(ret_text, "TLS: the broker's certificate is not valid yet "
				     "(is this machine's clock right?)");
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

static int shake_hands(SSL *tls, int fd, const struct pf_endpoint *endpoint, char *ret_text)
{
	long result;

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
		return say_verify(endpoint, result, ret_text);
	return say(ret_text, "TLS: no agreement with the broker: %s", newest_error());
}

int pf_diagnose_tls(int fd, const struct pf_endpoint *endpoint, char *ret_text)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *tls;
	int r;

	if (!context)
		return say(ret_text, "TLS: %s", newest_error());
	ERR_clear_error();
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	r = load_files(context, endpoint, ret_text);
	tls = r ? NULL : SSL_new(context);
	if (tls)
		r = shake_hands(tls, fd, endpoint, ret_text);
	SSL_free(tls);
	SSL_CTX_free(context);
	ERR_clear_error();
	return r;
}
