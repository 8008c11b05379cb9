// A bounds-checked reader and writer over a byte buffer, both big-endian.
//
// Both carry a sticky failure: after the first short read (or full buffer) every later call is
// harmless and yields zeros, so a codec checks once, at its end, instead of after every field.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"

// A view of bytes that somebody else owns.
struct span {
	const uint8_t *p;
	uint16_t n;
};

struct reader {
	const uint8_t *p, *end;
	bool failed;
};

struct writer {
	uint8_t *p, *start, *end;
	bool failed;
};

static inline struct reader rd_over(struct span s)
{
	return (struct reader){s.p, s.n > 0 ? s.p + s.n : s.p, false};
}

static inline struct writer wr_over(void *buf, size_t n)
{
	return (struct writer){buf, buf, n > 0 ? (uint8_t *)buf + n : buf, false};
}

static inline size_t rd_left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

static inline struct span rd_bytes(struct reader *r, size_t n)
{
	if (r->failed || n > rd_left(r) || n > UINT16_MAX) {
		r->failed = true;
		return (struct span){0};
	}
	struct span s = {r->p, (uint16_t)n};
	r->p += n;
	return s;
}

static inline struct span rd_rest(struct reader *r)
{
	return rd_bytes(r, rd_left(r));
}

static inline uint8_t rd_u8(struct reader *r)
{
	struct span s = rd_bytes(r, 1);
	return s.p ? s.p[0] : 0;
}

static inline uint16_t rd_u16(struct reader *r)
{
	struct span s = rd_bytes(r, 2);
	return (uint16_t)(s.p ? s.p[0] << 8 | s.p[1] : 0);
}

static inline uint32_t rd_u32(struct reader *r)
{
	uint32_t hi = rd_u16(r);
	return hi << 16 | rd_u16(r);
}

static inline uint64_t rd_u64(struct reader *r)
{
	uint64_t hi = rd_u32(r);
	return hi << 32 | rd_u32(r);
}

static inline struct ip6_addr rd_addr6(struct reader *r)
{
	struct ip6_addr a = {0};
	struct span s = rd_bytes(r, sizeof(a.a));
	if (s.p)
		memcpy(a.a, s.p, sizeof(a.a));
	return a;
}

static inline size_t wr_len(const struct writer *w)
{
	return (size_t)(w->p - w->start);
}

static inline void wr_bytes(struct writer *w, const void *p, size_t n)
{
	if (w->failed || n > (size_t)(w->end - w->p)) {
		w->failed = true;
		return;
	}
	if (n)
		memcpy(w->p, p, n);
	w->p += n;
}

static inline void wr_u8(struct writer *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

static inline void wr_u16(struct writer *w, uint16_t v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
	wr_bytes(w, b, sizeof(b));
}

static inline void wr_u32(struct writer *w, uint32_t v)
{
	wr_u16(w, (uint16_t)(v >> 16));
	wr_u16(w, (uint16_t)v);
}

static inline void wr_u64(struct writer *w, uint64_t v)
{
	wr_u32(w, (uint32_t)(v >> 32));
	wr_u32(w, (uint32_t)v);
}

static inline void wr_addr6(struct writer *w, struct ip6_addr a)
{
	wr_bytes(w, a.a, sizeof(a.a));
}

static inline void wr_span(struct writer *w, struct span s)
{
	wr_bytes(w, s.p, s.n);
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
