/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes, counts and times as people write and read them. */
#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Letters of the powers, from 1; more than E does not fit in 63 bits. */
static const char power_letters[] = "KMGTPE";

/* The power that C stands for, 0 = none. */
static int
power_of(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	at = c != '\0' ? strchr(power_letters, c) : NULL;
	return at != NULL ? (int)(at - power_letters) + 1 : 0;
}

bool
size_parse(const char *text, int64_t *size)
{
	int64_t value = 0, base = 1024;
	const char *p = text;
	int power;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return false;
	}
	power = power_of(*p);
	if (power != 0)
		p++;
	if (power != 0 && strcmp(p, "iB") == 0) {
		p += 2;
	} else if (strcmp(p, "B") == 0) {
		base = 1000;
		p++;
	}
	if (*p != '\0')
		return false;
	while (power-- > 0) {
		if (__builtin_mul_overflow(value, base, &value))
			return false;
	}
	*size = value;
	return true;
}

/* The milliseconds of the unit of time TEXT, 0 = not one. */
static int64_t
milliseconds_of(const char *text)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "", 1000 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, text) == 0)
			return units[i].ms;
	}
	return 0;
}

/* A number with a point: WHOLE and NUMERATOR / DENOMINATOR. */
struct decimal {
	int64_t whole;
	int64_t numerator;
	int64_t denominator;
};

/* Read digits, perhaps with a point and more of them, at *P, which is moved behind them. */
static bool
decimal_parse(const char **p, struct decimal *d)
{
	const char *at = *p;

	*d = (struct decimal){ .denominator = 1 };
	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(d->whole, 10, &d->whole) ||
		    __builtin_add_overflow(d->whole, *at - '0', &d->whole))
			return false;
	}
	if (*at == '.') {
		if (at[1] < '0' || at[1] > '9')
			return false;
		/* nine digits: below a microsecond of an hour, and what follows has room */
		for (at++; *at >= '0' && *at <= '9'; at++) {
			if (d->denominator == 1000000000)
				continue;
			d->numerator = d->numerator * 10 + *at - '0';
			d->denominator *= 10;
		}
	}
	*p = at;
	return true;
}

/* D times UNIT, the rest rounded up. */
static bool
decimal_times(const struct decimal *d, int64_t unit, int64_t *product)
{
	int64_t part;

	if (__builtin_mul_overflow(d->numerator, unit, &part) ||
	    __builtin_add_overflow(part, d->denominator - 1, &part) ||
	    __builtin_mul_overflow(d->whole, unit, product))
		return false;
	return !__builtin_add_overflow(*product, part / d->denominator, product);
}

bool
duration_parse(const char *text, int64_t *ms)
{
	struct decimal d;
	int64_t product;

	if (!decimal_parse(&text, &d) || milliseconds_of(text) == 0 ||
	    !decimal_times(&d, milliseconds_of(text), &product))
		return false;
	*ms = product;
	return true;
}

bool
rate_parse(const char *text, int64_t *bps)
{
	char unit[SIZE_TEXT] = "1K";
	struct decimal d;
	int64_t product, bytes;

	if (!decimal_parse(&text, &d) || strlen(text) >= sizeof(unit) - 1)
		return false;
	if (*text != '\0')
		snprintf(unit + 1, sizeof(unit) - 1, "%s", text);
	if (!size_parse(unit, &bytes) || !decimal_times(&d, bytes, &product))
		return false;
	*bps = product;
	return true;
}

/* BYTES in units of 1024^UNIT. */
static double
in_units(int64_t bytes, int unit)
{
	return (double)bytes / (double)(INT64_C(1) << (10 * unit));
}

/* BYTES in units of 1024^UNIT / SCALE, rounded; BYTES is not negative, and UNIT its own or more. */
static int64_t
scaled(int64_t bytes, int unit, int scale)
{
	return (int64_t)(in_units(bytes, unit) * scale + 0.5);
}

int
size_unit(int64_t bytes)
{
	int unit = 0;

	/* what would be rounded to 1024.0 goes to the next unit */
	while (unit < 6 && in_units(bytes, unit) >= 1023.95)
		unit++;
	return unit;
}

const char *
size_unit_name(int unit)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	return names[unit >= 0 && unit <= 6 ? unit : 0];
}

const char *
size_format_in(char buf[static SIZE_TEXT], int64_t bytes, int unit, int decimals)
{
	int scale = decimals == 0 ? 1 : decimals == 1 ? 10 : 100;
	int64_t value = scaled(bytes, unit, scale);

	if (decimals == 0)
		(void)snprintf(buf, SIZE_TEXT, "%" PRId64, value);
	else
		(void)snprintf(buf, SIZE_TEXT, "%" PRId64 ".%0*d", value / scale, decimals,
		    (int)(value % scale));
	return buf;
}

const char *
size_format(char buf[static SIZE_TEXT], int64_t bytes)
{
	char number[SIZE_TEXT];
	int unit = size_unit(bytes);

	size_format_in(number, bytes, unit, unit == 0 ? 0 : 1);
	(void)snprintf(buf, SIZE_TEXT, "%.20s %s", number, size_unit_name(unit));
	return buf;
}

const char *
rate_format(char buf[static SIZE_TEXT], int64_t rate_bps)
{
	char number[SIZE_TEXT];
	int unit = size_unit(rate_bps);
	int64_t hundredths = scaled(rate_bps, unit, 100);
	int decimals = hundredths < 1000 ? 2 : hundredths < 10000 ? 1 : 0;

	size_format_in(number, rate_bps, unit, unit == 0 ? 0 : decimals);
	(void)snprintf(buf, SIZE_TEXT, "%.20s %s/s", number, size_unit_name(unit));
	return buf;
}

const char *
count_format(char buf[static SIZE_TEXT], int64_t count)
{
	char digits[SIZE_TEXT];
	int len = snprintf(digits, sizeof digits, "%" PRId64, count);
	char *out = buf;

	for (int i = 0; i < len; i++) {
		*out++ = digits[i];
		if (digits[i] != '-' && i + 1 < len && (len - i - 1) % 3 == 0)
			*out++ = ',';
	}
	*out = '\0';
	return buf;
}

const char *
clock_format(char buf[static SIZE_TEXT], int64_t seconds)
{
	int64_t hours = seconds / 3600;
	int minutes = (int)(seconds / 60 % 60), rest = (int)(seconds % 60);

	if (hours > 0)
		(void)snprintf(buf, SIZE_TEXT, "%" PRId64 ":%02d:%02d", hours, minutes, rest);
	else
		(void)snprintf(buf, SIZE_TEXT, "%d:%02d", minutes, rest);
	return buf;
}

const char *
duration_format(char buf[static SIZE_TEXT], int64_t span_ns)
{
	int64_t tenths = (span_ns + 50000000) / 100000000;

	if (tenths >= 600)
		return clock_format(buf, tenths / 10);
	(void)snprintf(buf, SIZE_TEXT, "%d.%d s", (int)(tenths / 10), (int)(tenths % 10));
	return buf;
}
