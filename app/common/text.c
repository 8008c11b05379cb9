// Escaping: nothing that a peer sends may forge a line of a log or break a table.
#include "app/common/text.h"

#include <stdio.h>

// Octets from `first` to the tilde stay.
static char *escape(struct span s, uint8_t first, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (uint16_t i = 0; i < s.n && len + 5 <= n; i++) {
		bool plain = s.p[i] >= first && s.p[i] < 0x7f && s.p[i] != '\\' && s.p[i] != '"';
		len += (size_t)snprintf(buf + len, n - len, plain ? "%c" : "\\x%02x", s.p[i]);
	}
	return buf;
}

char *text_of(struct span s, char *buf, size_t n)
{
	return escape(s, '!', buf, n);
}

char *text_of_words(struct span s, char *buf, size_t n)
{
	return escape(s, ' ', buf, n);
}

char *text_of_mac(struct span s, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (uint16_t i = 0; i < s.n && len + 4 <= n; i++)
		len += (size_t)snprintf(buf + len, n - len, "%s%02x", i ? ":" : "", s.p[i]);
	return buf;
}
