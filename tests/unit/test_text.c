/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../t.h"
#include "base/text.h"

static int parse(const char *text, int64_t minimum, int64_t maximum, int64_t *value)
{
	return pf_integer_parse(text, strlen(text), minimum, maximum, value);
}

static void integer_takes_whole_numbers_in_range(void)
{
	int64_t value = 0;

	T_INT(parse("0", 0, 10, &value), 0);
	T_INT(value, 0);
	T_INT(parse("86400000", 1, 86400000, &value), 0);
	T_INT(value, 86400000);
	T_INT(parse("-5", -5, 5, &value), 0);
	T_INT(value, -5);
	T_INT(parse("-9223372036854775808", INT64_MIN, 0, &value), 0);
	T_TRUE(value == INT64_MIN);
	T_INT(parse("9223372036854775807", 0, INT64_MAX, &value), 0);
	T_TRUE(value == INT64_MAX);
}

static void integer_rejects_everything_else(void)
{
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "inf", "nan", "1\n", "--1"};
	int64_t value = 77;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		T_INT(parse(bad[i], -100, 100, &value), -EINVAL);
	T_INT(parse("-1", 0, 100, &value), -EINVAL);
	T_INT(parse("101", 0, 100, &value), -ERANGE);
	T_INT(parse("9223372036854775808", 0, INT64_MAX, &value), -ERANGE);
	T_INT(parse("99999999999999999999999999", 0, INT64_MAX, &value), -ERANGE);
	T_INT(value, 77);
}

static void number_is_finite_and_whole(void)
{
	double value = 7;

	T_INT(pf_number_parse("-21.5", &value), 0);
	T_NEAR(value, -21.5, 0);
	T_INT(pf_number_parse("1e3", &value), 0);
	T_NEAR(value, 1000, 0);
	T_INT(pf_number_parse("1e400", &value), -ERANGE);
	T_INT(pf_number_parse("inf", &value), -EINVAL);
	T_INT(pf_number_parse("nan", &value), -EINVAL);
	T_INT(pf_number_parse("0x1p3", &value), -EINVAL);
	T_INT(pf_number_parse("1,5", &value), -EINVAL);
	T_INT(pf_number_parse("", &value), -EINVAL);
	T_NEAR(value, 1000, 0);
}

static void number_is_formatted_without_minus_zero(void)
{
	char text[PF_NUMBER_SIZE];

	pf_number_format(-0.04, 1, text);
	T_STR(text, "0.0");
	pf_number_format(-0.0, 0, text);
	T_STR(text, "0");
	pf_number_format(-0.06, 1, text);
	T_STR(text, "-0.1");
	pf_number_format(1006.5327, 2, text);
	T_STR(text, "1006.53");
	pf_number_format(-1.7976931348623157e308, 6, text);
	T_INT(strlen(text), 1 + 309 + 1 + 6);
	T_NEAR(pf_number_round(21.449, 1), 21.4, 1e-12);
}

static void similar_finds_the_slip_of_the_pen(void)
{
	static const char *const keys[] = {"active_low", "bias", "debounce_ms", "line", "name"};
	const size_t n = sizeof keys / sizeof *keys;

	T_STR(pf_similar("activ_low", keys, n), "active_low");
	T_STR(pf_similar("debouce_ms", keys, n), "debounce_ms");
	T_STR(pf_similar("lime", keys, n), "line");
	T_STR(pf_similar("colour", keys, n), NULL);
	T_STR(pf_similar("x", keys, n), NULL);
	T_STR(pf_similar("debounce", keys, n), "debounce_ms");
	T_STR(pf_similar("BIAS", keys, n), "bias");
	T_STR(pf_similar("naem", keys, n), "name");
}

static void similar_keeps_quiet_about_other_words(void)
{
	static const char *const words[] = {"on", "off", "pin", "qos", "bme280", "version", "gas",
		"bias", "lm75", "as-is", "keep", "last", "wind_speed"};
	static const char *const others[] = {"no", "low", "gpio", "pwm", "host", "tls", "bus",
		"bme680", "bmp180", "verify", "gate", "lm76", "high", "fan", "or", "an", "pit",
		"bmp085", "yes", "nil"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		T_STR(pf_similar(others[i], words, sizeof words / sizeof *words), NULL);
	T_STR(pf_similar("of", words, sizeof words / sizeof *words), "off");
	T_STR(pf_similar("onn", words, sizeof words / sizeof *words), "on");
	T_STR(pf_similar("OFF", words, sizeof words / sizeof *words), "off");
}

static void utf8_accepts_only_clean_text(void)
{
	T_TRUE(pf_utf8_is_clean("haus/t\xc3\xbcr/21 \xc2\xb0"
				"C",
		16));
	T_FALSE(pf_utf8_is_clean("a\0b", 3));
	T_FALSE(pf_utf8_is_clean("a\nb", 3));
	T_FALSE(pf_utf8_is_clean("\xc0\xaf", 2));         /* overlong '/' */
	T_FALSE(pf_utf8_is_clean("\xed\xa0\x80", 3));     /* surrogate */
	T_FALSE(pf_utf8_is_clean("\xc3", 1));             /* cut */
	T_FALSE(pf_utf8_is_clean("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
	T_TRUE(pf_utf8_is_clean("\xf4\x8f\xbf\xbf", 4));
	T_FALSE(pf_utf8_is_clean("\xc2\x85", 2)); /* U+0085, a control character */
}

static void nocase_compares_whole_words(void)
{
	T_TRUE(pf_text_equals_nocase("oN", 2, "ON"));
	T_FALSE(pf_text_equals_nocase("ON ", 3, "ON"));
	T_FALSE(pf_text_equals_nocase("O", 1, "ON"));
	T_FALSE(pf_text_equals_nocase("", 0, "ON"));
}

T_MAIN("text", T(integer_takes_whole_numbers_in_range), T(integer_rejects_everything_else),
	T(number_is_finite_and_whole), T(number_is_formatted_without_minus_zero),
	T(similar_finds_the_slip_of_the_pen), T(similar_keeps_quiet_about_other_words),
	T(utf8_accepts_only_clean_text), T(nocase_compares_whole_words))
