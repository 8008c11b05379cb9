// Fast handover in the files of both programs: its defaults, and its rules, each broken once.
#include <errno.h>

#include "test/unit/conf/text.h"
#include "test/unit/test.h"

#define MANY  "mag: {proxy_coa: 2001:db8:0:2::1, lma: 2001:db8::1, realm: x}\n" MAG_PORTS MAG_ROLES
#define PEERS "fast_handover:\n  peers:\n    - {ap: ap1, mag: 2001:db8:0:2::1}\n"

static struct conf *load_of(enum conf_program program, const char *text, const char *expected)
{
	struct conf *c = NULL;
	char *said;
	int err = load_as(program, text, strlen(text), &said, &c);

	assert_string_equal(said, expected);
	assert_int_equal(err, expected[0] == '\0' ? 0 : -EINVAL);
	free(said);
	return c;
}

static void assert_warns(struct conf *c, const char *expected)
{
	char *said;
	size_t n;
	FILE *out = open_memstream(&said, &n);

	conf_warn(c, out);
	fclose(out);
	assert_string_equal(said, expected);
	free(said);
	conf_free(c);
}

static void without_peers_it_is_off_and_its_numbers_are_those_of_the_page(void **state)
{
	(void)state;
	struct conf *c = load_of(CONF_MAG, LEAST_MAG, "");

	assert_int_equal(c->fast_handover.n_peers, 0);
	assert_int_equal(c->fast_handover.hold_direct_ms, 100);
	assert_int_equal(c->fast_handover.settle_ms, 30);
	assert_int_equal(c->fast_handover.forward_s, 10); // FMIP-17
	conf_free(c);
}

// FMIP-12.
static void the_previous_mag_is_let_in_as_the_domain_wants_it_unless_it_is_said(void **state)
{
	(void)state;
	struct conf *c = load_of(CONF_LMA, LEAST, "");

	assert_false(c->lma.fast_handover);
	assert_int_equal(c->lma.prev_coa_grace_ms, CONF_GRACE_AS_DOMAIN);
	conf_free(c);
	c = load_of(CONF_LMA,
		    "lma: {addresses: [2001:db8::1], fast_handover: true, prev_coa_grace_ms: "
		    "10000}\n" PORTS MAGS POOLS,
		    "");
	assert_int_equal(c->lma.prev_coa_grace_ms, 10000);
	conf_free(c);
}

static void FMIP_10_an_access_point_is_behind_one_mag(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} cases[] = {
		{LEAST_MAG PEERS "    - {ap: ap2, mag: 2001:db8:0:3::1}\n"
				 "    - {ap: ap3, mag: 2001:db8:0:3::1}\n",
		 ""}, // a MAG has several
		{LEAST_MAG PEERS "    - {ap: ap1, mag: 2001:db8:0:3::1}\n",
		 "f:7:12: fast_handover.peers[].ap: \"ap1\" stands twice: an access point is "
		 "behind "
		 "one MAG\n"},
		{LEAST_MAG PEERS "    - {ap: ap2, mag: 2001:db8::1}\n",
		 "f:7:22: fast_handover.peers[].mag: 2001:db8::1 is no MAG's: wanted is a routable "
		 "unicast address that is no LMA's\n"},
		{LEAST_MAG PEERS "    - {ap: ap2, mag: fe80::1}\n",
		 "f:7:22: fast_handover.peers[].mag: fe80::1 is no MAG's: wanted is a routable "
		 "unicast address that is no LMA's\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		conf_free(load_of(CONF_MAG, cases[i].text, cases[i].said));
}

// FMIP-07: what waits is bounded by what there is.
static void at_most_half_of_the_packet_buffers_wait(void **state)
{
	(void)state;
	static const char head[] = LEAST_MAG "dataplane: {mbufs: 16384}\n" PEERS;
	char text[1024];

	snprintf(text, sizeof(text), "%s  buffer_mib: 17\n", head);
	conf_free(load_of(CONF_MAG, text, ""));
	snprintf(text, sizeof(text), "%s  buffer_mib: 18\n", head);
	conf_free(load_of(CONF_MAG, text,
			  "f:8:15: fast_handover.buffer_mib is 18: at most half of dataplane.mbufs "
			  "may wait, 17 MiB of 16384 buffers; raise dataplane.mbufs\n"));
}

// Direct packets wait for the previous MAG's word, and that one waits first.
static void a_hold_that_is_over_before_the_previous_mag_is_done_is_warned_of(void **state)
{
	(void)state;

	assert_warns(load_of(CONF_MAG, MANY PEERS, ""), "");
	assert_warns(load_of(CONF_MAG, MANY PEERS "  settle_ms: 50\n  hold_direct_ms: 51\n", ""),
		     "");
	assert_warns(load_of(CONF_MAG, MANY PEERS "  settle_ms: 50\n  hold_direct_ms: 50\n", ""),
		     "f: fast_handover.hold_direct_ms is 50 and settle_ms is 50: a previous MAG "
		     "that settles so long says that it is done too late, and direct packets "
		     "overtake its own; make hold_direct_ms longer\n");
	assert_warns(load_of(CONF_MAG, MANY "fast_handover: {hold_direct_ms: 5}\n", ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_peers_it_is_off_and_its_numbers_are_those_of_the_page),
		cmocka_unit_test(
			the_previous_mag_is_let_in_as_the_domain_wants_it_unless_it_is_said),
		cmocka_unit_test(FMIP_10_an_access_point_is_behind_one_mag),
		cmocka_unit_test(at_most_half_of_the_packet_buffers_wait),
		cmocka_unit_test(a_hold_that_is_over_before_the_previous_mag_is_done_is_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
