// What ICMPv6 errors about tunnel packets say: LMA-FW-15, LMA-MTU-01, LMA-MTU-05, RFC 2473 8.
#include <string.h>

#include "test/unit/test.h"
#include "wire/icmp6.h"
#include "wire/tunnel_error.h"

enum { TCP = 6, ICMP6 = 8, IP6 = 40, IPV6 = 41, FRAGMENT = 44, OPTIONS = 60 };

// An error, built from the outside in.
struct error {
	uint8_t bytes[512];
	uint16_t n;
};

static struct ip6_addr addr(const char *text)
{
	struct ip6_addr a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

static struct error begin(uint8_t type, uint8_t code, uint32_t param)
{
	struct error e = {{type, code, 0, 0, (uint8_t)(param >> 24), (uint8_t)(param >> 16),
			   (uint8_t)(param >> 8), (uint8_t)param},
			  ICMP6};
	return e;
}

static void put(struct error *e, const void *bytes, uint16_t n)
{
	memcpy(e->bytes + e->n, bytes, n);
	e->n = (uint16_t)(e->n + n);
}

static void put_ip6(struct error *e, uint16_t payload, uint8_t next, const char *src,
		    const char *dst)
{
	const uint8_t head[8] = {0x60, 0, 0, 0, (uint8_t)(payload >> 8), (uint8_t)payload,
				 next, 64};
	struct ip6_addr s = addr(src), d = addr(dst);

	put(e, head, sizeof(head));
	put(e, s.a, sizeof(s.a));
	put(e, d.a, sizeof(d.a));
}

static void put_outer(struct error *e, uint8_t next)
{
	put_ip6(e, 1000, next, "2001:db8:a::1", "2001:db8:b::1");
}

static void put_inner(struct error *e, uint16_t payload)
{
	put_ip6(e, payload, TCP, "2001:db8:c::7", "2001:db8:1000:1::5");
}

static bool read(const struct error *e, struct tunnel_error *out)
{
	return tunnel_error_read((struct span){e->bytes, e->n}, out);
}

static struct tunnel_error of(struct error e)
{
	struct tunnel_error t;

	assert_true(read(&e, &t));
	assert_true(ip6_equal(t.local, addr("2001:db8:a::1")));
	assert_true(ip6_equal(t.remote, addr("2001:db8:b::1")));
	return t;
}

static void LMA_MTU_05_too_big_sets_the_path_and_tells_the_source_what_fits_inside(void **state)
{
	(void)state;
	struct error e = begin(ICMP6_TOO_BIG, 0, 1400);
	put_outer(&e, IPV6);
	put_inner(&e, 1400);
	struct tunnel_error t = of(e);
	assert_int_equal(t.path_mtu, 1400);
	assert_true(t.tell);
	assert_int_equal(t.type, ICMP6_TOO_BIG);
	assert_int_equal(t.param, 1360); // LMA-MTU-01
	assert_int_equal(t.inner.n, IP6);
}

static void LMA_MTU_05_never_below_1280(void **state)
{
	(void)state;
	struct error e = begin(ICMP6_TOO_BIG, 0, 1300);
	put_outer(&e, IPV6);
	put_inner(&e, 1400);
	struct tunnel_error t = of(e);
	assert_int_equal(t.path_mtu, 1300);
	assert_int_equal(t.param, 1280); // 1260 would fit: the rest is fragmented outside
	e = begin(ICMP6_TOO_BIG, 0, 576);
	put_outer(&e, IPV6);
	put_inner(&e, 1400);
	t = of(e);
	assert_int_equal(t.path_mtu, 1280);
	assert_int_equal(t.param, 1280);
}

static void LMA_MTU_05_an_inner_packet_of_1280_is_not_told(void **state)
{
	(void)state;
	struct error e = begin(ICMP6_TOO_BIG, 0, 1300);
	put_outer(&e, IPV6);
	put_inner(&e, 1240);
	struct tunnel_error t = of(e);
	assert_int_equal(t.path_mtu, 1300);
	assert_false(t.tell);
	e = begin(ICMP6_TOO_BIG, 0, 1300);
	put_outer(&e, IPV6);
	put_inner(&e, 1241);
	assert_true(of(e).tell);
}

static void LMA_MTU_01_the_limit_option_takes_eight_octets_more(void **state)
{
	(void)state;
	static const uint8_t options[8] = {IPV6, 0, 4, 1, 2, 1, 1, 0};
	struct error e = begin(ICMP6_TOO_BIG, 0, 1400);
	put_outer(&e, OPTIONS);
	put(&e, options, sizeof(options));
	put_inner(&e, 1400);
	assert_int_equal(of(e).param, 1352);
}

static void LMA_FW_15_what_happened_on_the_way_is_an_unreachable_address(void **state)
{
	(void)state;
	static const uint8_t types[] = {ICMP6_UNREACHABLE, ICMP6_TIME_EXCEEDED};
	for (size_t i = 0; i < sizeof(types); i++) {
		struct error e = begin(types[i], 0, 0);
		put_outer(&e, IPV6);
		put_inner(&e, 100);
		struct tunnel_error t = of(e);
		assert_true(t.tell);
		assert_int_equal(t.type, ICMP6_UNREACHABLE);
		assert_int_equal(t.code, 3);
		assert_int_equal(t.path_mtu, 0);
	}
}

static void LMA_FW_15_a_lost_piece_of_an_outer_packet_is_told_to_nobody(void **state)
{
	(void)state;
	struct error e = begin(ICMP6_TIME_EXCEEDED, 1, 0);
	put_outer(&e, IPV6);
	put_inner(&e, 100);
	assert_false(of(e).tell);
}

static void LMA_FW_15_a_parameter_problem_is_told_at_the_limit_option_only(void **state)
{
	(void)state;
	static const uint8_t options[8] = {IPV6, 0, 4, 1, 0, 1, 1, 0};
	for (uint32_t pointer = 0; pointer < 60; pointer++) {
		struct error e = begin(ICMP6_PARAMETER_PROBLEM, 0, pointer);
		put_outer(&e, OPTIONS);
		put(&e, options, sizeof(options));
		put_inner(&e, 100);
		struct tunnel_error t = of(e);
		assert_int_equal(t.tell, pointer == 44);
		if (t.tell)
			assert_int_equal(t.code, 3);
	}
	struct error e = begin(ICMP6_PARAMETER_PROBLEM, 0, 0); // there is no such option
	put_outer(&e, IPV6);
	put_inner(&e, 100);
	assert_false(of(e).tell);
}

static void the_first_fragment_shows_the_inner_packet_and_a_later_one_does_not(void **state)
{
	(void)state;
	static const uint8_t first[8] = {IPV6, 0, 0, 1, 0, 0, 0, 9};
	static const uint8_t later[8] = {IPV6, 0, 0x04, 0xd0, 0, 0, 0, 9};
	struct error e = begin(ICMP6_TOO_BIG, 0, 1280);
	put_outer(&e, FRAGMENT);
	put(&e, first, sizeof(first));
	put_inner(&e, 1400);
	struct tunnel_error t = of(e);
	assert_true(t.tell);
	assert_int_equal(t.inner.n, IP6);
	e = begin(ICMP6_TOO_BIG, 0, 1280);
	put_outer(&e, FRAGMENT);
	put(&e, later, sizeof(later));
	put_inner(&e, 1400); // in truth these bytes are its middle
	t = of(e);
	assert_int_equal(t.path_mtu, 1280);
	assert_false(t.tell);
	assert_int_equal(t.inner.n, 0);
}

static void what_quotes_too_little_or_something_else_tells_nobody(void **state)
{
	(void)state;
	struct error e = begin(ICMP6_UNREACHABLE, 0, 0);
	struct tunnel_error t;
	put_outer(&e, IPV6);
	put_inner(&e, 100);
	for (uint16_t n = 0; n < ICMP6 + IP6; n++) {
		struct error cut = e;
		cut.n = n;
		assert_false(read(&cut, &t));
	}
	for (uint16_t n = ICMP6 + IP6; n < ICMP6 + 2 * IP6; n++) {
		struct error cut = e;
		cut.n = n;
		assert_true(read(&cut, &t));
		assert_false(t.tell);
	}
	e = begin(ICMP6_UNREACHABLE, 0, 0);
	put_outer(&e, TCP);
	put_inner(&e, 100);
	assert_true(read(&e, &t));
	assert_false(t.tell);
	e.bytes[ICMP6] = 0x45;
	assert_false(read(&e, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			LMA_MTU_05_too_big_sets_the_path_and_tells_the_source_what_fits_inside),
		cmocka_unit_test(LMA_MTU_05_never_below_1280),
		cmocka_unit_test(LMA_MTU_05_an_inner_packet_of_1280_is_not_told),
		cmocka_unit_test(LMA_MTU_01_the_limit_option_takes_eight_octets_more),
		cmocka_unit_test(LMA_FW_15_what_happened_on_the_way_is_an_unreachable_address),
		cmocka_unit_test(LMA_FW_15_a_lost_piece_of_an_outer_packet_is_told_to_nobody),
		cmocka_unit_test(LMA_FW_15_a_parameter_problem_is_told_at_the_limit_option_only),
		cmocka_unit_test(
			the_first_fragment_shows_the_inner_packet_and_a_later_one_does_not),
		cmocka_unit_test(what_quotes_too_little_or_something_else_tells_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
