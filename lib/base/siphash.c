// SipHash-1-3 after the description by Aumasson and Bernstein: one compression round, three final
// ones.
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static uint64_t load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static uint64_t load_rest(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint64_t siphash(struct siphash_key key, const void *data, size_t n)
{
	const uint8_t *p = data;
	struct sip s = {
		key.k0 ^ 0x736f6d6570736575u,
		key.k1 ^ 0x646f72616e646f6du,
		key.k0 ^ 0x6c7967656e657261u,
		key.k1 ^ 0x7465646279746573u,
	};
	size_t left = n;

	for (; left >= 8; left -= 8, p += 8) {
		uint64_t m = load_le64(p);
		s.v3 ^= m;
		sip_round(&s);
		s.v0 ^= m;
	}
	uint64_t last = (uint64_t)n << 56 | load_rest(p, left);
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
