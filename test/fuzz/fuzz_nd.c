// Neighbour discovery of anybody on an access link: parsing is total, and what is taken keeps its
// promises.
#include "test/fuzz/fuzz.h"

#include "wire/checksum.h"
#include "wire/nd.h"

enum { IP6 = 40, SUM = 42, MAX = 512 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

// Most inputs fail at the checksum alone: half of them get a right one.
static void seal(uint8_t *p, size_t n)
{
	struct ip6_addr src, dst;
	uint16_t len = (uint16_t)(p[4] << 8 | p[5]);

	if (len < 4 || len > n - IP6)
		return;
	memcpy(src.a, p + 8, 16);
	memcpy(dst.a, p + 24, 16);
	p[SUM] = p[SUM + 1] = 0;
	uint16_t sum = ip6_checksum(src, dst, 58, (struct span){p + IP6, len});
	p[SUM] = (uint8_t)(sum >> 8);
	p[SUM + 1] = (uint8_t)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nd_message m;

	if (size < 1 || size > MAX)
		return 0;
	uint8_t *p = malloc(size > 1 ? size - 1 : 1); // ends where the packet ends
	REQUIRE(p != NULL);
	if (size > 1)
		memcpy(p, data + 1, size - 1);
	if ((data[0] & 1) != 0 && size - 1 >= IP6 + 4)
		seal(p, size - 1);
	if (nd_parse((struct span){p, (uint16_t)(size - 1)}, &m)) {
		REQUIRE(m.type == ND_RS || m.type == ND_NS || m.type == ND_NA);
		REQUIRE(!ip6_is_multicast(m.src) && !ip6_is_multicast(m.target));
		REQUIRE(!(ip6_is_zero(m.src) && m.has_mac && m.type != ND_NA));
		REQUIRE(p[7] == ND_HOP_LIMIT);
	}
	free(p);
	return 0;
}
