// ICMPv6 errors: which packets get none (RFC 4443 2.4(e)), and the octets of the others.
#include "test/unit/wire/bytes.h"

#include <stdlib.h>

#include "wire/checksum.h"
#include "wire/icmp6.h"

enum { IP6 = 40, UDP = 17, ICMP6 = 58 };

static const char host[] = "2001:db8:9::9", node[] = "2001:db8:1:1::5";

// 2001:db8:9::9 to 2001:db8:1:1::5, UDP, "hello".
static const uint8_t hello[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x0d, 0x11, 0x01, //
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x09, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, //
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x01, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, //
	0x00, 0x01, 0x00, 0x02, 0x00, 0x0d, 0x60, 0x74, //
	'h',  'e',  'l',  'l',  'o',
};

// In front of the quoted packet; the checksums are an independent implementation's.
static const uint8_t time_exceeded[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x3d, 0x3a, 0x40, //
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x01, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, //
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x09, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, //
	0x03, 0x00, 0x30, 0x12, 0x00, 0x00, 0x00, 0x00, //
};
static const uint8_t too_big[] = {0x02, 0x00, 0x2b, 0x5e, 0x00, 0x00, 0x05, 0xb4}; // MTU 1460

static void an_error_is_written_as_in_the_figures(void **state)
{
	(void)state;
	uint8_t buf[ICMP6_ERROR_MAX];
	struct span packet = {hello, sizeof(hello)};
	size_t n = icmp6_error_emit(buf, sizeof(buf), lma_addr(), addr_of(host),
				    ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0, packet);
	assert_int_equal(n, 48 + sizeof(hello));
	assert_memory_equal(buf, time_exceeded, 48);
	assert_memory_equal(buf + 48, hello, sizeof(hello));
	n = icmp6_error_emit(buf, sizeof(buf), lma_addr(), addr_of(host), ICMP6_TOO_BIG, 0, 1460,
			     packet);
	assert_int_equal(n, 48 + sizeof(hello));
	assert_memory_equal(buf, time_exceeded, 40);
	assert_memory_equal(buf + 40, too_big, 8);
}

// RFC 4443 2.4(c), around the edge, with lengths of both parities for the checksum.
static void a_quote_is_cut_so_that_the_error_is_1280_octets(void **state)
{
	(void)state;
	static uint8_t packet[9000];
	memcpy(packet, hello, sizeof(hello));
	memset(packet + sizeof(hello), 0xa5, sizeof(packet) - sizeof(hello));
	static const uint16_t sizes[] = {40, 41, 1231, 1232, 1233, 1500, 9000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t quoted = sizes[i] < 1232 ? sizes[i] : 1232;
		uint8_t *exact = malloc(48 + quoted);
		assert_non_null(exact);
		size_t n = icmp6_error_emit(exact, 48 + quoted, lma_addr(), addr_of(host),
					    ICMP6_PARAMETER_PROBLEM, 0, 0x01020304,
					    (struct span){packet, sizes[i]});
		assert_int_equal(n, 48 + quoted);
		assert_int_equal(exact[4] << 8 | exact[5], 8 + quoted);
		assert_memory_equal(exact + 44, "\x01\x02\x03\x04", 4);
		assert_memory_equal(exact + 48, packet, quoted);
		struct span body = {exact + IP6, (uint16_t)(8 + quoted)};
		assert_int_equal(ip6_checksum(lma_addr(), addr_of(host), ICMP6, body), 0);
		assert_int_equal(icmp6_error_emit(exact, 48 + quoted - 1, lma_addr(), addr_of(host),
						  ICMP6_UNREACHABLE, 0, 0,
						  (struct span){packet, sizes[i]}),
				 0);
		free(exact);
	}
}

// A packet with that next header and what follows the IPv6 header; judged in memory of its size.
static bool may_answer(const char *src, const char *dst, uint8_t next, const char *rest, size_t n,
		       uint8_t type)
{
	uint8_t *p = calloc(1, IP6 + n);

	assert_non_null(p);
	p[0] = 0x60;
	p[6] = next;
	memcpy(p + 8, addr_of(src).a, 16);
	memcpy(p + 24, addr_of(dst).a, 16);
	if (n > 0)
		memcpy(p + IP6, rest, n);
	bool answer = icmp6_may_answer((struct span){p, (uint16_t)(IP6 + n)}, type);
	free(p);
	return answer;
}

static void no_error_answers_an_error_or_a_redirect(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		char icmp[8] = {(char)type};
		bool expected = type >= 128 && type != 137;
		assert_int_equal(may_answer(host, node, ICMP6, icmp, 8, ICMP6_TIME_EXCEEDED),
				 expected);
		assert_int_equal(may_answer(host, node, ICMP6, icmp, 8, ICMP6_TOO_BIG), expected);
		// The same octet is not a type where something else is carried.
		assert_true(may_answer(host, node, UDP, icmp, 8, ICMP6_TIME_EXCEEDED));
	}
}

static void no_error_answers_who_is_not_one_node(void **state)
{
	(void)state;
	static const uint8_t types[] = {ICMP6_UNREACHABLE, ICMP6_TOO_BIG, ICMP6_TIME_EXCEEDED,
					ICMP6_PARAMETER_PROBLEM};
	for (size_t i = 0; i < sizeof(types); i++) {
		assert_true(may_answer(host, node, UDP, NULL, 0, types[i]));
		assert_false(may_answer("::", node, UDP, NULL, 0, types[i]));
		assert_false(may_answer("ff02::1", node, UDP, NULL, 0, types[i]));
		// 2.4(e.3): the one exception is the path MTU of a multicast.
		assert_int_equal(may_answer(host, "ff0e::1", UDP, NULL, 0, types[i]),
				 types[i] == ICMP6_TOO_BIG);
		assert_false(may_answer("::", "ff0e::1", UDP, NULL, 0, types[i]));
	}
}

struct chain {
	const char *octets;
	uint8_t n, first;
	bool answer;
};

#define ERROR "\x03\0\0\0\0\0\0\0"
#define ECHO  "\x80\0\0\0\0\0\0\0"

static void an_error_is_seen_behind_extension_headers(void **state)
{
	(void)state;
	static const struct chain chains[] = {
		{"\x3a\0\0\0\0\0\0\0" ERROR, 16, 0, false},  // hop-by-hop options
		{"\x3a\0\0\0\0\0\0\0" ECHO, 16, 0, true},    //
		{"\x3a\0\0\0\0\0\0\0" ERROR, 16, 43, false}, // routing
		{"\x3a\0\0\0\0\0\0\0" ECHO, 16, 43, true},   //
		{"\x3a\0\0\0\0\0\0\0" ERROR, 16, 60, false}, // destination options
		{"\x3a\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0" ERROR, 24, 60, false}, // of 16 octets
		{"\x3a\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0" ERROR, 24, 51, false}, // AH of 16 octets
		{"\x3a\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0" ECHO, 24, 51, true},   //
		{"\x3a\0\0\x01\0\0\0\x07" ERROR, 16, 44, false},               // first fragment
		{"\x3a\xff\0\x01\0\0\0\x07" ERROR, 16, 44,
		 false},                                        // its reserved octet is no length
		{"\x3a\0\0\x01\0\0\0\x07" ECHO, 16, 44, true},  //
		{"\x3a\0\0\x09\0\0\0\x07" ERROR, 16, 44, true}, // a later one: data, not a type
		{"\x2b\0\0\0\0\0\0\0\x3a\0\0\0\0\0\0\0" ERROR, 24, 0, false}, // two of them
		{"\x3b\0\0\0\0\0\0\0", 8, 0, true},                           // no next header
	};
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		assert_int_equal(may_answer(host, node, chains[i].first, chains[i].octets,
					    chains[i].n, ICMP6_TIME_EXCEEDED),
				 chains[i].answer);
}

// Whether it is an error cannot be said, so there is none about it.
static void a_packet_whose_headers_do_not_end_is_not_answered(void **state)
{
	(void)state;
	char many[128] = {0}; // sixteen hop-by-hop headers
	assert_false(may_answer(host, node, 0, many, sizeof(many), ICMP6_TIME_EXCEEDED));
	static const char options[] = "\x11\x01\0\0\0\0\0\0\0\0\0\0\0\0\0";
	for (size_t n = 0; n < 8; n++)
		assert_false(may_answer(host, node, 60, options, n, ICMP6_TIME_EXCEEDED));
	assert_false(may_answer(host, node, ICMP6, NULL, 0, ICMP6_TIME_EXCEEDED));
	for (size_t n = 0; n < IP6; n++) {
		uint8_t *p = malloc(n + 1);
		assert_non_null(p);
		memset(p, 0x20, n + 1);
		assert_false(icmp6_may_answer((struct span){p + 1, (uint16_t)n}, ICMP6_TOO_BIG));
		free(p);
	}
}

// RFC 1071: an odd last octet counts as the high one of a pair.
static void the_checksum_pads_an_odd_octet_with_zero(void **state)
{
	(void)state;
	static const uint8_t odd[] = {1, 2, 3}, even[] = {1, 2, 3, 0};
	uint16_t a = ip6_checksum(lma_addr(), mag_addr(), UDP, (struct span){odd, 3});
	uint16_t b = ip6_checksum(lma_addr(), mag_addr(), UDP, (struct span){even, 4});
	assert_int_equal(a, b + 1); // the lengths in the pseudo-header differ by one
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_written_as_in_the_figures),
		cmocka_unit_test(a_quote_is_cut_so_that_the_error_is_1280_octets),
		cmocka_unit_test(no_error_answers_an_error_or_a_redirect),
		cmocka_unit_test(no_error_answers_who_is_not_one_node),
		cmocka_unit_test(an_error_is_seen_behind_extension_headers),
		cmocka_unit_test(a_packet_whose_headers_do_not_end_is_not_answered),
		cmocka_unit_test(the_checksum_pads_an_odd_octet_with_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
