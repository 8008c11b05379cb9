// IPv6 addresses and prefixes as plain values, and what may be asked of them.
//
// Decides: what counts as unicast, routable, covered, equal. Does not decide: who may use an
// address. Any thread; nothing here keeps state. Text goes in and out in the form of RFC 5952.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Values that are in network byte order in memory; say so in the type, convert at the border.
typedef uint16_t be16;
typedef uint32_t be32;

struct ip6_addr {
	uint8_t a[16];
};

// Bits beyond len are zero: ip6_prefix_of and ip6_prefix_parse see to it (OPT-04).
struct ip6_prefix {
	struct ip6_addr addr;
	uint8_t len; // 0..128 bits
};

enum { IP6_ADDR_TEXT = 46, IP6_PREFIX_TEXT = 50 };

static inline bool ip6_equal(struct ip6_addr a, struct ip6_addr b)
{
	uint64_t x[2], y[2];

	memcpy(x, a.a, sizeof(x));
	memcpy(y, b.a, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

// The first 64 bits as a number in host order: the key of the binding cache.
static inline uint64_t ip6_hi64(struct ip6_addr a)
{
	uint64_t v;
	memcpy(&v, a.a, sizeof(v));
	return __builtin_bswap64(v);
}

static inline uint64_t ip6_lo64(struct ip6_addr a)
{
	uint64_t v;
	memcpy(&v, a.a + 8, sizeof(v));
	return __builtin_bswap64(v);
}

static inline struct ip6_addr ip6_from64(uint64_t hi, uint64_t lo)
{
	struct ip6_addr r;
	hi = __builtin_bswap64(hi);
	lo = __builtin_bswap64(lo);
	memcpy(r.a, &hi, sizeof(hi));
	memcpy(r.a + 8, &lo, sizeof(lo));
	return r;
}

static inline bool ip6_is_zero(struct ip6_addr a)
{
	return (ip6_hi64(a) | ip6_lo64(a)) == 0;
}

static inline bool ip6_is_multicast(struct ip6_addr a)
{
	return a.a[0] == 0xff;
}

static inline bool ip6_is_link_local(struct ip6_addr a)
{
	return a.a[0] == 0xfe && (a.a[1] & 0xc0) == 0x80;
}

static inline bool ip6_is_loopback(struct ip6_addr a)
{
	return ip6_hi64(a) == 0 && ip6_lo64(a) == 1;
}

// RFC 6275 6.1.7 (WIRE-13): what a care-of address has to be.
static inline bool ip6_is_routable_unicast(struct ip6_addr a)
{
	return !ip6_is_zero(a) && !ip6_is_loopback(a) && !ip6_is_link_local(a) &&
	       !ip6_is_multicast(a);
}

// Zeroes the bits beyond len; len above 128 counts as 128.
struct ip6_addr ip6_mask(struct ip6_addr, uint8_t len);
struct ip6_prefix ip6_prefix_of(struct ip6_addr, uint8_t len);
bool ip6_prefix_equal(struct ip6_prefix, struct ip6_prefix);
bool ip6_prefix_overlaps(struct ip6_prefix, struct ip6_prefix);

static inline bool ip6_prefix_covers(struct ip6_prefix p, struct ip6_addr a)
{
	uint64_t hi = ip6_hi64(a) ^ ip6_hi64(p.addr), lo = ip6_lo64(a) ^ ip6_lo64(p.addr);

	if (p.len <= 64)
		return p.len == 0 || hi >> (64 - p.len) == 0;
	return hi == 0 && (p.len >= 128 ? lo : lo >> (128 - p.len)) == 0;
}

// Text to value: 0, or -EINVAL with *out untouched. A prefix needs its length, and bits beyond it
// must be zero: "2001:db8::1/64" is -EINVAL, because it is nearly always a mistake.
int ip6_parse(const char *text, struct ip6_addr *out);
int ip6_prefix_parse(const char *text, struct ip6_prefix *out);

// Value to text; returns buf.
char *ip6_format(struct ip6_addr, char buf[static IP6_ADDR_TEXT]);
char *ip6_prefix_format(struct ip6_prefix, char buf[static IP6_PREFIX_TEXT]);
