// What a node is told by Router Advertisements, and again when: MAG-RA-02, -03, -05, -07, and the
// link-local address that the LMA gives: MAG-REG-08, MAG-REG-11.
#include "test/unit/mob/mag_play.h"

#define PLAY    struct mag_play *p = *state
#define GIVEN   "fe80::5213:1"
#define ANOTHER "fe80::5213:2"

static struct mag_action advert(const struct mag_play *p)
{
	return *last(p, MAG_ADVERTISE);
}

static uint32_t adverts(const struct mag_play *p)
{
	uint32_t n = 0;

	for (const char *c = p->order; *c != '\0'; c++)
		n += *c == 'A';
	return n;
}

static void MAG_RA_07_a_node_is_told_again_before_its_router_is_over(void **state)
{
	PLAY;
	uint32_t told = 0;

	p->conf.lifetime_s = 100000;
	p->conf.advertise_interval = 600 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	ns_t before = p->now.mono;
	while (told < 8) {
		pass_with_ms(p, link_of(1), 1000);
		if (adverts(p) == 0)
			continue;
		told++;
		assert_int_equal(advert(p).advertise.router_lifetime_s, 1800);
		assert_int_equal(advert(p).advertise.n_hnps, 1);
		assert_in_range(p->now.mono - before, 450 * NS_SEC, 601 * NS_SEC);
		before = p->now.mono;
	}
}

static void MAG_RA_07_an_answered_solicitation_puts_the_next_one_off(void **state)
{
	PLAY;

	p->conf.lifetime_s = 100000;
	p->conf.advertise_interval = 600 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 400 * 1000);
	hear(p, link_of(1), HEARD_SOLICIT);
	reply(p, accepts(NULL));
	pass_with_ms(p, link_of(1), 449 * 1000);
	assert_int_equal(adverts(p), 0);
	pass_with_ms(p, link_of(1), 152 * 1000);
	assert_int_equal(adverts(p), 1);
}

static void without_an_interval_a_node_is_told_when_it_asks(void **state)
{
	PLAY;

	p->conf.lifetime_s = 100000;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 5000 * 1000);
	expect_said(p, "");
}

static void MAG_RA_01_who_is_leaving_or_refused_is_told_nothing_again(void **state)
{
	PLAY;

	p->conf.advertise_interval = 4 * NS_SEC;
	p->conf.router_lifetime_s = 12;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 2500);
	detach(p, link_of(1)); // an RA would be due within the second that the LMA has
	for (int i = 0; i < 9; i++) {
		pass_ms(p, 100);
		expect_said(p, "");
	}
	pass_ms(p, 200);
	expect_said(p, "U");
	join(p, link_of(2), HNP2);
	pass_ms(p, 1000);
	hear(p, link_of(2), HEARD_LINK_UP);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	expect_said(p, "WU");
	pass_with_ms(p, link_of(2), 20 * 1000);
	assert_int_equal(adverts(p), 0);
}

static void one_that_was_leaving_and_stays_is_told_again(void **state)
{
	PLAY;

	p->conf.lifetime_s = 4000;
	p->conf.advertise_interval = 4 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 3000);
	detach(p, link_of(1));
	hear(p, link_of(1), HEARD_LINK_UP);
	pass_with_ms(p, link_of(1), 4100); // the LMA says nothing yet
	assert_true(adverts(p) > 0);
}

static void MAG_RA_05_prefixes_may_end_with_the_binding(void **state)
{
	PLAY;

	p->conf.prefixes_end_with_binding = true;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	assert_int_equal(advert(p).advertise.valid_s, 400);
	assert_int_equal(advert(p).advertise.preferred_s, 400);
	pass_with_ms(p, link_of(1), 200 * 1000 + 500);
	hear(p, link_of(1), HEARD_SOLICIT);
	assert_int_equal(advert(p).advertise.valid_s, 199); // not beyond it
	assert_int_equal(advert(p).advertise.preferred_s, 199);
	while (binding_of(p, link_of(1)).state == BUL_REFRESHING) {
		reply(p, accepts(NULL));
		assert_int_equal(adverts(p), 1); // each renewal is told
		assert_int_equal(advert(p).advertise.valid_s, 400);
	}
	pass_with_ms(p, link_of(1), 399 * 1000 + 600); // the LMA is away
	hear(p, link_of(1), HEARD_SOLICIT);
	assert_int_equal(advert(p).advertise.valid_s, 1); // 0 would withdraw them
	assert_int_equal(advert(p).advertise.preferred_s, 1);
}

static void MAG_RA_05_else_they_are_as_configured(void **state)
{
	PLAY;

	p->conf.prefix_valid_s = 300;
	p->conf.prefix_preferred_s = 200;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 390 * 1000);
	hear(p, link_of(1), HEARD_SOLICIT);
	assert_int_equal(advert(p).advertise.valid_s, 300);
	assert_int_equal(advert(p).advertise.preferred_s, 200);
	p->conf.prefixes_end_with_binding = true; // the shorter one
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	assert_int_equal(advert(p).advertise.valid_s, 300);
	assert_int_equal(advert(p).advertise.preferred_s, 200);
}

static void an_unchanged_renewal_is_not_told_when_prefixes_are_free(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	while (binding_of(p, link_of(1)).state == BUL_BOUND)
		pass_with_ms(p, link_of(1), 1000);
	reply(p, accepts(NULL));
	expect_said(p, "");
}

static void MAG_RA_02_the_mtu_is_the_smaller_one_of_tunnel_and_access_link(void **state)
{
	PLAY;
	static const struct mag_interface_conf interfaces[] = {{0}, {0, 1280}, {0, 1461}, {0, 0}};

	p->conf.interfaces = interfaces;
	p->conf.n_interfaces = 4;
	p->conf.access_mtu = 1400;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	assert_int_equal(advert(p).advertise.mtu, 1280);
	join(p, at_interface(link_of(2), 2), HNP2);
	assert_int_equal(advert(p).advertise.mtu, 1460); // the tunnel's
	join(p, at_interface(link_of(3), 3), HNP3);
	assert_int_equal(advert(p).advertise.mtu, 1400); // of all access links
	join(p, at_interface(link_of(4), 4), "2001:db8:4000:4::/64");
	assert_int_equal(advert(p).advertise.mtu, 1400); // an interface in no row
}

static void MAG_REG_01_each_access_network_has_its_own_technology(void **state)
{
	PLAY;
	static const struct mag_interface_conf interfaces[] = {{0}, {5, 0}, {0, 0}};

	p->conf.interfaces = interfaces;
	p->conf.n_interfaces = 3;
	mag_play_restart(p);
	join(p, link_of(1), HNP1); // and the answer repeats it
	assert_int_equal(mh_find(&p->pbu, OPT_ACCESS)->access.tech, 5);
	join(p, at_interface(link_of(2), 2), HNP2);
	assert_int_equal(mh_find(&p->pbu, OPT_ACCESS)->access.tech, ACCESS);
	join(p, at_interface(link_of(3), 3), HNP3);
	assert_int_equal(mh_find(&p->pbu, OPT_ACCESS)->access.tech, ACCESS);
	hear(p, at_interface(link_of(4), 1), HEARD_FRAME);
	struct pba a = accepts("2001:db8:4000:4::/64");
	a.access = ACCESS; // the domain's, and not this interface's
	reply(p, a);
	assert_int_equal(p->notes[MAG_NOTE_MISMATCH], 1);
}

// ---- FixedMAGLinkLocalAddressOnAllAccessLinks is off: the LMA gives the address.

static struct pba gives(const char *hnp, const char *link_local)
{
	struct pba a = accepts(hnp);

	a.link_local = link_local;
	return a;
}

static void without_fixed(struct mag_play *p)
{
	p->conf.link_local = (struct ip6_addr){0};
	mag_play_restart(p);
}

static struct ip6_addr pbu_link_local(const struct mag_play *p)
{
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_LLA);

	assert_non_null(opt);
	return opt->lla.addr;
}

static void MAG_REG_11_a_first_pbu_asks_for_the_address_and_a_renewal_tells_it(void **state)
{
	PLAY;

	without_fixed(p);
	hear(p, link_of(1), HEARD_FRAME);
	assert_true(ip6_is_zero(pbu_link_local(p)));
	reply(p, gives(HNP1, GIVEN));
	expect_said(p, "BA");
	assert_true(ip6_equal(advert(p).advertise.src, addr(GIVEN))); // MAG-REG-08, MAG-RA-03
	assert_true(ip6_equal(binding_of(p, link_of(1)).link_local, addr(GIVEN)));
	pass_ms(p, 10010);
	assert_true(ip6_equal(last(p, MAG_PROBE)->probe.src, addr(GIVEN)));
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_int_equal(p->n_pbus, 1);
	assert_true(ip6_equal(pbu_link_local(p), addr(GIVEN)));
	reply(p, gives(NULL, GIVEN));
	pass_ms(p, 1000);
	assert_int_equal(p->n_pbus, 0);
	detach(p, link_of(1));
	assert_true(ip6_equal(pbu_link_local(p), addr(GIVEN)));
}

static void MAG_REG_11_each_session_has_its_own(void **state)
{
	PLAY;

	without_fixed(p);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, gives(HNP1, GIVEN));
	hear(p, link_of(2), HEARD_FRAME);
	assert_true(ip6_is_zero(pbu_link_local(p)));
	reply(p, gives(HNP2, ANOTHER));
	assert_true(ip6_equal(binding_of(p, link_of(1)).link_local, addr(GIVEN)));
	assert_true(ip6_equal(binding_of(p, link_of(2)).link_local, addr(ANOTHER)));
}

static void MAG_REG_11_a_fixed_address_is_neither_asked_for_nor_replaced(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	assert_null(mh_find(&p->pbu, OPT_LLA));
	reply(p, gives(HNP1, GIVEN));
	assert_true(ip6_equal(advert(p).advertise.src, p->conf.link_local));
	assert_true(ip6_equal(binding_of(p, link_of(1)).link_local, p->conf.link_local));
}

static void heard_from(struct mag_play *p, const char *source)
{
	tell(p, &(struct mag_event){.kind = MAG_HEARD,
				    .heard = {.link = link_of(1), .addr = addr(source)}});
}

static void MAG_REG_08_an_address_that_is_the_nodes_is_not_used(void **state)
{
	PLAY;

	without_fixed(p);
	heard_from(p, GIVEN);
	reply(p, gives(HNP1, GIVEN));
	struct ip6_addr own = binding_of(p, link_of(1)).link_local;
	assert_true(ip6_is_link_local(own));
	assert_false(ip6_equal(own, addr(GIVEN)));
	assert_true(ip6_equal(advert(p).advertise.src, own));
	pass_ms(p, 5); // and the LMA is told at once
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	assert_true(ip6_equal(pbu_link_local(p), own));
	expect_pbu_hnps(p, HNP1, NULL);
	reply(p, gives(NULL, GIVEN)); // which it does not take
	expect_said(p, "");
	assert_true(ip6_equal(binding_of(p, link_of(1)).link_local, own));
	pass_ms(p, 5000);
	assert_int_equal(p->n_pbus, 0); // once, not for ever
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_true(ip6_equal(pbu_link_local(p), own));
	reply(p, gives(NULL, ANOTHER)); // one that can be used is used again
	assert_true(ip6_equal(binding_of(p, link_of(1)).link_local, addr(ANOTHER)));
	assert_true(ip6_equal(advert(p).advertise.src, addr(ANOTHER)));
}

static void MAG_REG_08_an_lma_that_gives_no_usable_address_is_told_one(void **state)
{
	PLAY;
	static const char *const said[] = {NULL, "::", "2001:db8::1"};

	for (int i = 0; i < 3; i++) {
		without_fixed(p);
		hear(p, link_of(1), HEARD_FRAME);
		reply(p, gives(HNP1, said[i]));
		expect_said(p, "BA");
		struct ip6_addr own = binding_of(p, link_of(1)).link_local;
		assert_true(ip6_is_link_local(own));
		pass_ms(p, 5);
		assert_int_equal(p->n_pbus, 1);
		assert_true(ip6_equal(pbu_link_local(p), own));
		reply(p, gives(NULL, said[i]));
		expect_said(p, "");
		pass_ms(p, 5000);
		assert_int_equal(p->n_pbus, 0);
	}
}

static void MAG_RA_07_a_new_address_of_the_router_is_told(void **state)
{
	PLAY;

	without_fixed(p);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, gives(HNP1, GIVEN));
	while (binding_of(p, link_of(1)).state == BUL_BOUND)
		pass_with_ms(p, link_of(1), 1000);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	reply(p, gives(NULL, ANOTHER));
	expect_said(p, "A");
	assert_true(ip6_equal(advert(p).advertise.src, addr(ANOTHER)));
}

static void a_probe_before_the_lma_gave_an_address_has_a_source_too(void **state)
{
	PLAY;

	without_fixed(p);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 10010);
	assert_true(ip6_equal(last(p, MAG_PROBE)->probe.src, addr("fe80::200:5eff:fe00:5213")));
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_RA_07_a_node_is_told_again_before_its_router_is_over),
		T(MAG_RA_07_an_answered_solicitation_puts_the_next_one_off),
		T(without_an_interval_a_node_is_told_when_it_asks),
		T(MAG_RA_01_who_is_leaving_or_refused_is_told_nothing_again),
		T(one_that_was_leaving_and_stays_is_told_again),
		T(MAG_RA_05_prefixes_may_end_with_the_binding),
		T(MAG_RA_05_else_they_are_as_configured),
		T(an_unchanged_renewal_is_not_told_when_prefixes_are_free),
		T(MAG_RA_02_the_mtu_is_the_smaller_one_of_tunnel_and_access_link),
		T(MAG_REG_01_each_access_network_has_its_own_technology),
		T(MAG_REG_11_a_first_pbu_asks_for_the_address_and_a_renewal_tells_it),
		T(MAG_REG_11_each_session_has_its_own),
		T(MAG_REG_11_a_fixed_address_is_neither_asked_for_nor_replaced),
		T(MAG_REG_08_an_address_that_is_the_nodes_is_not_used),
		T(MAG_REG_08_an_lma_that_gives_no_usable_address_is_told_one),
		T(MAG_RA_07_a_new_address_of_the_router_is_told),
		T(a_probe_before_the_lma_gave_an_address_has_a_source_too),
	};

	return cmocka_run_group_tests_name("mag-advertise", tests, NULL, NULL);
}
