/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Whatever is wrong with a configuration, and wherever, nothing that is said of it has a secret. */

#include <stdlib.h>
#include <unistd.h>

#include "../t.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/keys.h"
#include "hw/driver_set.h"

/* Stands for a password; in the forms below a '%' does. */
#define MARK "HUNTER2"

/* libconfig 1.5 loses the text before a syntax error: a few bytes each time, not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static struct pf_driver_set *drivers;
static unsigned n_tried;

/* What follows a key: values in all conditions. */
static const char *const values[] = {
	"= \"%\";",
	"= %;",
	"= %",
	": %;",
	": %\n",
	"= %!x;",
	"= !%;",
	"= x%y.z;",
	"= '%';",
	"= 'a %';",
	"= 'a %=b';",
	"= `%`;",
	"= \xe2\x80\x9c%\xe2\x80\x9d;",
	"= \xc2\xa0%;",
	"= \"%;",
	"= \"%;\n",
	"= \"a;%=1;\n",
	"= \"a\n%\";",
	"= \"a\n%=1;\";",
	"= \"a\"%;",
	"= \"a\"%\";",
	"= \"a\"%=5\";",
	"= \"%\"b;",
	"= \"%\" \"b;",
	"= a %;",
	"= a %=1;",
	"= a: %;",
	"= a = %;",
	"= a:%:b;",
	"= %: x;",
	"= %:1883;",
	"= %=;",
	"= = %;",
	"=\n\n  %\n;",
	"=\n\"%\n;",
	"= 1%;",
	"= 01%;",
	"= 0x%;",
	"= 1e%;",
	"= -%;",
	"= +%;",
	"= .%;",
	"= *%;",
	"= \"\\q%\";",
	"= \"%\\\";",
	"= \"%\x01\";",
	"= \"%\xff\";",
	"= \"%\xc3\xa4\";",
	"= %\xff;",
	"= %\x1b[31m;",
	"= [ % ];",
	"= ( % );",
	"= ( \"%\" );",
	"= ( \"%\", % );",
	"= ( a, % = 1 );",
	"= { % };",
	"= { a = % };",
	"= { a = \"%\"; };",
	"= { a = { b = \"%; }; };",
	"= \"u:%@box\";",
	"= u:%@box;",
	"= %@box;",
	"= \"@%\";",
	"= @%;",
	"= {{%}};",
	"= (%;",
	"= <%>;",
	"= %#x;",
	"= \"%/%\";",
	"= \"/%\";",
	"= \"/%/a\";",
	"= /%;",
	"= a/%;",
	"= \\%;",
	"= ~%;",
	"= |%;",
	"= \"a\" = \"%\";",
	"\"%\";",
	"%;",
	"% = ",
	"= true%;",
	"= true %;",
	"= \"%-%-%-%-%-%-%-%-%-%\";",
	"= \"mqtt://u:%@box\";",
	"= \"mqtt://%@box\";",
	"= \"mqtt://u:%\";",
	"= \"mqtt://u:%:1883\";",
	"= \"mqtt://u:%@box:1883/x\";",
	"= \"MQTT://u:%@\";",
	"= \"tcp://u:%@box\";",
	"= \"ssl://u:%@box:8883\";",
	"= \"mqtts//u:%@box\";",
	"= \"mqtt:/u:%@box\";",
	"= \"//u:%@box\";",
	"= \"u:%@box:1883\";",
	"= \"box:%\";",
	"= \"mqtt://[u:%]@box\";",
	"= \"mqtt://[u:%]\";",
	"= \"mqtt://box:1883/?password=%\";",
	"= \"ws://box/a?token=%\";",
	"= \"ws://box/a#%\";",
	"= \"wss://u:%@box/mqtt\";",
	"= \"mqtt://u%%3a%@box\";",
	"= ( \"mqtt://u:%@box\", \"mqtt://b\" );",
	"= [ \"mqtt://u:%@box\" ];",
	"= mqtt://u:%@box;",
	"= mqtt://u:%@box; };",
	"= mqtts://u:a;%@box;",
	"= \"mqtt://u:%@box;",
	"= \"mqtt://u:a\"%@box\";",
	"= 'mqtt://u:%@box';",
};

/* Keys that are none, and what people take for one. */
static const char *const strangers[] = {"password", "pass", "passwd", "pasword_file",
	"mqtt_password", "secret", "api_token", "pw", "user", "auth", "credentials", "psk"};

/* Where a setting, the '$', may stand. */
static const char *const places[] = {
	"mqtt: { $ };",
	"mqtt: {\n\tqos = 1;\n\t$\n\tkeepalive_s = 2;\n};\noutputs: ( { name = \"a\"; } );",
	"$\nmqtt: { qos = 3; };",
	"mqtt: { auth = { $ }; };",
	"outputs: ( { name = \"a\"; line = \"GPIO5\"; $ } );",
	"outputs: ( { name = \"a\"; line = \"GPIO5\"; }, { $\n } );",
	"mqtt: { username = \"a\"; password_file = \"/x\"; $",
};

/* form with text in the place of each mark. */
static char *fill(const char *form, char mark, const char *text)
{
	char *result = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&result, &size);

	for (const char *c = form; *c; c++) {
		if (*c == mark)
			(void)fputs(text, stream);
		else
			(void)fputc(*c, stream);
	}
	(void)fclose(stream);
	return result;
}

static void try_text(const char *text)
{
	struct pf_problems problems;
	struct pf_config *config = NULL;

	pf_problems_init(&problems);
	(void)pf_config_load(t_write_file("test.conf", text), drivers, &problems, &config);
	for (size_t i = 0; i < problems.n; i++)
		if (!T_TRUE(strstr(problems.list[i].text, MARK) == NULL))
			printf("# %s\n# of: %s\n", problems.list[i].text, text);
	pf_problems_done(&problems);
	pf_config_free(config);
	n_tried++;
}

static void begin(void)
{
	const char *top = getenv("top_builddir");
	char *directory = pf_format("%s/drivers/.libs", top ? top : ".");

	drivers = pf_driver_set_new(directory);
	free(directory);
}

static void try_key(const char *key)
{
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char *value = fill(values[i], '%', MARK);
		char *setting = pf_format("%s %s", key, value);

		for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
			char *text = fill(places[k], '$', setting);

			try_text(text);
			free(text);
		}
		free(setting);
		free(value);
	}
}

static void no_message_has_the_value_of_a_key_that_is_not_public(void)
{
	unsigned n_keys = 0;

	begin();
	for (size_t i = 0; i < pf_mqtt_keys.n; i++)
		if (pf_mqtt_keys.keys[i].secrecy != PF_PUBLIC) {
			try_key(pf_mqtt_keys.keys[i].name);
			n_keys++;
		}
	T_INT(n_keys, 5);
	T_TRUE(n_tried > 3000);
	pf_driver_set_free(drivers);
}

static void no_message_has_the_value_of_a_key_that_is_none(void)
{
	begin();
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		try_key(strangers[i]);
	T_TRUE(n_tried > 8000);
	pf_driver_set_free(drivers);
}

static void no_message_has_the_user_of_an_address(void)
{
	static const char *const keys[] = {"topic", "name", "line", "icon", "format", "bias",
		"driver", "state_dir", "prefix", "ca_file", "interlock", "id", "bus"};

	begin();
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char *text = pf_format("%s = \"mqtt://u:" MARK "@box\"; mqtt: { %s = mqtt://u:" MARK
				       "@box; };\noutputs: ( { name = \"a\"; %s = \"mqtt://u:" MARK
				       "@box\"; } );\nsensors: ( { driver = \"lm75\"; %s = "
				       "\"mqtt://u:" MARK "@box\"; } );\n"
				       "@include \"mqtt://u:" MARK "@box\"\n",
			keys[i], keys[i], keys[i], keys[i]);

		try_text(text);
		free(text);
	}
	pf_driver_set_free(drivers);
}

/* What is no secret is shown: that is what helps. */
static void other_values_are_shown(void)
{
	char text[PF_SHOWN_SIZE];

	T_STR(pf_shown(PF_PUBLIC, "house/door", text), "house/door");
	T_STR(pf_shown(PF_ADDRESS, "localhost:1883", text), "localhost:1883");
	T_STR(pf_shown(PF_ADDRESS, "tcp://box.lan:1883", text), "tcp://box.lan:1883");
	T_STR(pf_shown(PF_ADDRESS, "mqtt://[fe80::1]:1883", text), "mqtt://[fe80::1]:1883");
	T_STR(pf_shown(PF_ADDRESS, "mqtt://u:p@box", text), "...");
	T_STR(pf_shown(PF_HIDDEN, "/dev/null", text), "/dev/null");
	T_STR(pf_shown(PF_HIDDEN, "/no/such/file", text), "...");
	T_STR(pf_shown(PF_PUBLIC, "a\x1b[1m", text), "a?[1m");
}

T_MAIN("secrecy", T(no_message_has_the_value_of_a_key_that_is_not_public),
	T(no_message_has_the_value_of_a_key_that_is_none), T(no_message_has_the_user_of_an_address),
	T(other_values_are_shown))
