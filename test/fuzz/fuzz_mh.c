// Mobility headers from any octets.
//
// Properties: parsing ends and reads nothing beyond the octets; what parses is printed within any
// buffer, emits, and what was emitted parses to the same value and emits to the same octets;
// nothing is written beyond the room that was given.
#include "test/fuzz/fuzz.h"

#include "wire/mh.h"

enum { TEXT = 16384, CANARY = 0x5a };

static const struct ip6_addr mag = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a}};
static const struct ip6_addr lma = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x01}};

// The printer writes every field and escapes what is ambiguous, so equal text is equal value.
static void require_same(const struct mh *a, const struct mh *b)
{
	static char text_a[TEXT], text_b[TEXT];

	mh_print(a, text_a, sizeof(text_a));
	mh_print(b, text_b, sizeof(text_b));
	REQUIRE(strlen(text_a) < TEXT - 1);
	REQUIRE(strcmp(text_a, text_b) == 0);
	REQUIRE(a->opts.n == b->opts.n);
}

static void require_prints_within(const struct mh *mh, size_t n)
{
	char *exact = malloc(n);

	REQUIRE(exact != NULL && mh_print(mh, exact, n) == exact);
	REQUIRE(strnlen(exact, n) < n);
	free(exact);
}

// A buffer with less room than the message needs is refused, and left alone behind its end.
static void require_refuses(const struct mh *mh, size_t room)
{
	static uint8_t buf[MH_MAX_LEN + 1];
	struct writer w = wr_over(buf, room);

	buf[room] = CANARY;
	REQUIRE(!mh_emit(&w, mag, lma, mh));
	REQUIRE(buf[room] == CANARY);
}

static void examine(struct span wire)
{
	static uint8_t first[MH_MAX_LEN], second[MH_MAX_LEN];
	struct mh mh, again;
	enum mh_err err = mh_parse(wire, mag, lma, &mh);

	REQUIRE((unsigned)err < MH_N_ERRS);
	if (err != MH_OK)
		return;
	for (size_t n = 1; n < 200; n += 13)
		require_prints_within(&mh, n);
	struct writer w1 = wr_over(first, sizeof(first)), w2 = wr_over(second, sizeof(second));
	REQUIRE(mh_emit(&w1, mag, lma, &mh));
	struct span emitted = {first, (uint16_t)wr_len(&w1)};
	REQUIRE(emitted.n % 8 == 0 && emitted.n / 8 - 1 == first[1]);
	REQUIRE(mh_parse(emitted, mag, lma, &again) == MH_OK);
	REQUIRE(again.opts.unknown == 0 && again.opts.repeated == 0);
	require_same(&mh, &again);
	REQUIRE(mh_emit(&w2, mag, lma, &again));
	REQUIRE(wr_len(&w2) == emitted.n && memcmp(first, second, emitted.n) == 0);
	for (size_t room = 0; room < emitted.n; room += 7)
		require_refuses(&mh, room);
}

// As it is, and once more with the checksum made right: no mutation guesses that.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > UINT16_MAX)
		return 0;
	examine((struct span){data, (uint16_t)size});
	size_t len = size >= 8 ? ((size_t)data[1] + 1) * 8 : 0;
	if (len == 0 || len > size)
		return 0;
	uint8_t *copy = malloc(len);
	REQUIRE(copy != NULL);
	memcpy(copy, data, len);
	copy[4] = copy[5] = 0;
	uint16_t sum = mh_checksum(mag, lma, (struct span){copy, (uint16_t)len});
	copy[4] = (uint8_t)(sum >> 8);
	copy[5] = (uint8_t)sum;
	examine((struct span){copy, (uint16_t)len});
	free(copy);
	return 0;
}
