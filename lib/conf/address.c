// What people write instead of an IPv6 address: host bits in a prefix, a length on an address, no
// length on a prefix, brackets, a zone, IPv4, a "::" forgotten. Each gets the nearest right thing,
// which always parses: a guess that is itself a mistake would be worse than none. Does not decide
// which addresses make sense where (rules.c).
#include "conf/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mistakes.h"

enum { WORD = 64 };

// Text up to one of `stop`, without brackets, with ":::" as "::".
static void clean(const char *text, const char *stop, char out[static WORD])
{
	size_t n = 0, colons = 0;

	for (; *text != '\0' && strchr(stop, *text) == NULL && n < WORD - 4; text++) {
		colons = *text == ':' ? colons + 1 : 0;
		if (*text != '[' && *text != ']' && *text != ' ' && colons < 3)
			out[n++] = *text;
	}
	out[n] = '\0';
}

// The address that the text comes near to, or false.
static bool guess(const char *text, struct ip6_addr *out)
{
	char word[WORD];

	clean(text, "/%", word);
	for (int colons = 0; colons < 3; colons++) {
		if (ip6_parse(word, out) == 0)
			return true;
		strcat(word, ":"); // clean leaves room
	}
	return false;
}

static bool is_ip4(const char *text)
{
	char word[WORD];
	struct in_addr a;

	clean(text, "/", word);
	return inet_pton(AF_INET, word, &a) == 1;
}

// -1: there is none, or it is no number of 0..128.
static int length_in(const char *text)
{
	const char *slash = strchr(text, '/');

	if (slash == NULL || slash[1] < '0' || slash[1] > '9')
		return -1;
	char *end;
	unsigned long len = strtoul(slash + 1, &end, 10);
	return *end == '\0' && len <= 128 ? (int)len : -1;
}

bool address_parse(const char *text, struct ip6_addr *out, char *why, size_t n)
{
	char q[QUOTED], a6[IP6_ADDR_TEXT];
	struct ip6_addr a;

	if (ip6_parse(text, out) == 0)
		return true;
	mistake_quote(text, q);
	if (is_ip4(text))
		snprintf(why, n, "%s is an IPv4 address, wanted is an IPv6 one, like 2001:db8::1",
			 q);
	else if (!guess(text, &a))
		snprintf(why, n, "%s is no IPv6 address, wanted is one like 2001:db8::1", q);
	else if (strchr(text, '/') != NULL)
		snprintf(why, n, "%s is a prefix, wanted is an address: did you mean %s?", q,
			 ip6_format(a, a6));
	else
		snprintf(why, n, "%s is no IPv6 address: did you mean %s?", q, ip6_format(a, a6));
	return false;
}

bool address_prefix_parse(const char *text, struct ip6_prefix *out, char *why, size_t n)
{
	char q[QUOTED], p6[IP6_PREFIX_TEXT];
	struct ip6_addr a;
	int len = length_in(text);

	if (ip6_prefix_parse(text, out) == 0)
		return true;
	mistake_quote(text, q);
	if (is_ip4(text)) {
		snprintf(why, n, "%s is an IPv4 prefix, wanted is an IPv6 one, like 2001:db8::/64",
			 q);
		return false;
	}
	if (!guess(text, &a)) {
		snprintf(why, n, "%s is no IPv6 prefix, wanted is one like 2001:db8::/64", q);
		return false;
	}
	const char *what = "is no IPv6 prefix";
	if (strchr(text, '/') == NULL)
		what = "has no length";
	else if (len < 0)
		what = "has a length that is not in 0..128";
	else if (!ip6_equal(ip6_mask(a, (uint8_t)len), a))
		what = "has bits beyond its length";
	ip6_prefix_format(ip6_prefix_of(a, len < 0 ? 64 : (uint8_t)len), p6);
	snprintf(why, n, "%s %s: did you mean %s?", q, what, p6);
	return false;
}

// Twelve hexadecimal digits, in pairs with `between` after each but the last; 0: none.
static bool read_mac(const char *s, char between, uint8_t out[6])
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++) {
		char pair[3] = {s[0], s[0] == '\0' ? '\0' : s[1], '\0'};
		char *end;
		if (strspn(pair, "0123456789abcdefABCDEF") != 2)
			return false;
		mac[i] = (uint8_t)strtoul(pair, &end, 16);
		s += 2;
		if (i < 5 && between != '\0' && *s++ != between)
			return false;
	}
	if (*s != '\0')
		return false;
	memcpy(out, mac, sizeof(mac));
	return true;
}

bool address_mac_parse(const char *text, uint8_t out[6], char *why, size_t n)
{
	char q[QUOTED];
	uint8_t m[6];

	if (read_mac(text, ':', out))
		return true;
	mistake_quote(text, q);
	if (read_mac(text, '-', m) || read_mac(text, '\0', m))
		snprintf(why, n,
			 "%s is no MAC address: did you mean %02x:%02x:%02x:%02x:%02x:%02x?", q,
			 m[0], m[1], m[2], m[3], m[4], m[5]);
	else
		snprintf(why, n, "%s is no MAC address, wanted is one like 02:00:00:00:00:01", q);
	return false;
}
