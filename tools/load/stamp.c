// Written and read, each a mirror of the other.
#include "tools/load/stamp.h"

#include <string.h>

enum { SHIFTS = 64, NUMBER_AT = 0, TIME_AT = 4, CHECK_AT = 8 };

// A linear congruence modulo 256: it has the longest period there is, and a shifted one differs.
static const uint8_t *pattern(void)
{
	static uint8_t bytes[STAMP_ROOM + SHIFTS];

	if (bytes[1] == 0) { // the first call, before there is a second thread
		uint32_t x = 1;
		for (unsigned i = 0; i < sizeof(bytes); i++, x = x * 1664525 + 1013904223)
			bytes[i] = (uint8_t)(x >> 16 | (i == 1));
	}
	return bytes;
}

static uint16_t check_of(uint32_t stream, uint16_t len, struct stamp s)
{
	uint64_t of = (uint64_t)len << 32 | stream;
	uint64_t x = ((uint64_t)s.number << 32 | s.time) ^ of * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint16_t)(x >> 48 ^ x >> 24);
}

void stamp_write(uint8_t *p, uint16_t len, uint32_t stream, struct stamp s)
{
	uint32_t number = __builtin_bswap32(s.number), time = __builtin_bswap32(s.time);
	uint16_t check = __builtin_bswap16(check_of(stream, len, s));

	memcpy(p + NUMBER_AT, &number, sizeof(number));
	memcpy(p + TIME_AT, &time, sizeof(time));
	memcpy(p + CHECK_AT, &check, sizeof(check));
	memcpy(p + STAMP_LEN, pattern() + s.number % SHIFTS, (size_t)(len - STAMP_LEN));
}

bool stamp_read(const uint8_t *p, uint16_t len, uint32_t stream, struct stamp *out)
{
	uint32_t number, time;
	uint16_t check;

	if (len < STAMP_LEN || len > STAMP_ROOM)
		return false;
	memcpy(&number, p + NUMBER_AT, sizeof(number));
	memcpy(&time, p + TIME_AT, sizeof(time));
	memcpy(&check, p + CHECK_AT, sizeof(check));
	struct stamp s = {__builtin_bswap32(number), __builtin_bswap32(time)};
	if (__builtin_bswap16(check) != check_of(stream, len, s) ||
	    memcmp(p + STAMP_LEN, pattern() + s.number % SHIFTS, (size_t)(len - STAMP_LEN)) != 0)
		return false;
	*out = s;
	return true;
}
