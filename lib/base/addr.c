// Text forms and masks of IPv6 addresses. Uses libc's inet_pton and inet_ntop, nothing else of the
// system.
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

struct ip6_addr ip6_mask(struct ip6_addr a, uint8_t len)
{
	if (len >= 128)
		return a;
	uint64_t hi = ip6_hi64(a), lo = ip6_lo64(a);
	if (len <= 64) {
		lo = 0;
		hi = len == 0 ? 0 : hi & (UINT64_MAX << (64 - len));
	} else {
		lo &= UINT64_MAX << (128 - len);
	}
	return ip6_from64(hi, lo);
}

struct ip6_prefix ip6_prefix_of(struct ip6_addr a, uint8_t len)
{
	if (len > 128)
		len = 128;
	return (struct ip6_prefix){ip6_mask(a, len), len};
}

bool ip6_prefix_equal(struct ip6_prefix a, struct ip6_prefix b)
{
	return a.len == b.len && ip6_equal(a.addr, b.addr);
}

bool ip6_prefix_overlaps(struct ip6_prefix a, struct ip6_prefix b)
{
	return a.len <= b.len ? ip6_prefix_covers(a, b.addr) : ip6_prefix_covers(b, a.addr);
}

int ip6_parse(const char *text, struct ip6_addr *out)
{
	struct ip6_addr a;

	if (inet_pton(AF_INET6, text, a.a) != 1)
		return -EINVAL;
	*out = a;
	return 0;
}

int ip6_prefix_parse(const char *text, struct ip6_prefix *out)
{
	char host[IP6_ADDR_TEXT];
	const char *slash = strchr(text, '/');
	unsigned len = 0;
	struct ip6_addr a;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	const char *d = slash + 1;
	if (*d == '\0' || strlen(d) > 3)
		return -EINVAL;
	for (; *d != '\0'; d++) {
		if (*d < '0' || *d > '9')
			return -EINVAL;
		len = len * 10 + (unsigned)(*d - '0');
	}
	if (len > 128 || ip6_parse(host, &a) != 0 || !ip6_equal(ip6_mask(a, (uint8_t)len), a))
		return -EINVAL;
	*out = (struct ip6_prefix){a, (uint8_t)len};
	return 0;
}

char *ip6_format(struct ip6_addr a, char buf[static IP6_ADDR_TEXT])
{
	if (inet_ntop(AF_INET6, a.a, buf, IP6_ADDR_TEXT) == NULL)
		buf[0] = '\0';
	return buf;
}

char *ip6_prefix_format(struct ip6_prefix p, char buf[static IP6_PREFIX_TEXT])
{
	char host[IP6_ADDR_TEXT];

	snprintf(buf, IP6_PREFIX_TEXT, "%s/%u", ip6_format(p.addr, host), (unsigned)p.len);
	return buf;
}
