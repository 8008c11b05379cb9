// Who deals a tunnel's packets out at a port, and the number that says how even it came out.
#include "app/common/spreading.h"

#include <rte_ethdev.h>

#include "drivers/ethdev/ethdev.h"
#include "test/unit/test.h"

static struct port port_of(uint16_t queues, bool inner_rss)
{
	return (struct port){.n_rx = queues, .n_tx = queues, .inner_rss = inner_rss};
}

static void assert_choice(enum conf_spread wanted, unsigned workers, struct port p,
			  enum spreading spreading)
{
	assert_string_equal(spreading_name(spreading_of(wanted, workers, &p)),
			    spreading_name(spreading));
}

static void one_worker_has_nobody_to_share_with(void **state)
{
	(void)state;
	assert_choice(CONF_SPREAD_AUTO, 1, port_of(1, false), SPREADING_NONE);
	assert_choice(CONF_SPREAD_ON, 1, port_of(4, true), SPREADING_NONE);
}

static void left_to_itself_the_nic_does_it_if_it_can_for_all_workers(void **state)
{
	(void)state;
	assert_choice(CONF_SPREAD_AUTO, 4, port_of(4, true), SPREADING_NIC);
	assert_choice(CONF_SPREAD_AUTO, 4, port_of(8, true), SPREADING_NIC);
	assert_choice(CONF_SPREAD_AUTO, 4, port_of(3, true), SPREADING_WORKERS);
	assert_choice(CONF_SPREAD_AUTO, 4, port_of(4, false), SPREADING_WORKERS);
	assert_choice(CONF_SPREAD_AUTO, 2, port_of(1, false), SPREADING_WORKERS);
}

static void an_operator_who_trusts_no_nic_has_the_workers_do_it(void **state)
{
	(void)state;
	assert_choice(CONF_SPREAD_ON, 4, port_of(4, true), SPREADING_WORKERS);
}

static void switched_off_it_says_what_remains(void **state)
{
	(void)state;
	assert_choice(CONF_SPREAD_OFF, 4, port_of(2, true), SPREADING_NIC);
	assert_choice(CONF_SPREAD_OFF, 4, port_of(4, false), SPREADING_OUTER);
	assert_choice(CONF_SPREAD_OFF, 4, port_of(1, false), SPREADING_ONE_QUEUE);
}

static void a_nic_is_asked_for_innermost_headers_only_if_it_says_that_it_knows_them(void **state)
{
	const uint64_t ip = RTE_ETH_RSS_IPV6, vlan = RTE_ETH_RSS_C_VLAN;

	(void)state;
	assert_true(ethdev_rss(ip | vlan) == ip);
	assert_true(ethdev_rss(ip | RTE_ETH_RSS_LEVEL_MASK) == (ip | RTE_ETH_RSS_LEVEL_INNERMOST));
	assert_true(ethdev_rss(ip | RTE_ETH_RSS_LEVEL_OUTERMOST) == ip);
	assert_true(ethdev_rss(vlan | RTE_ETH_RSS_LEVEL_MASK) == 0); // a level of nothing
}

static void the_imbalance_is_what_the_busiest_has_above_the_mean(void **state)
{
	static struct telem_worker workers[4];
	struct balance b = {0};

	(void)state;
	assert_int_equal(balance_percent(&b, workers, 4), 0);
	for (int i = 0; i < 4; i++)
		telem_count(&workers[i].decapsulated, 1000);
	assert_int_equal(balance_percent(&b, workers, 4), 0);
	telem_count(&workers[2].decapsulated, 400); // 1400 of a mean of 1100
	assert_int_equal(balance_percent(&b, workers, 4), 27);
	assert_int_equal(balance_percent(&b, workers, 1), 0);
}

static void the_imbalance_is_that_of_the_last_ten_seconds(void **state)
{
	static struct telem_worker workers[2];
	struct balance b = {0};
	ns_t now = 5 * NS_SEC;

	(void)state;
	telem_count(&workers[0].decapsulated, 100000);
	for (int second = 0; second <= 12; second++, now += NS_SEC) {
		balance_turn(&b, workers, 2, now);
		balance_turn(&b, workers, 2, now + NS_SEC / 2); // too early: no sample
		assert_int_equal(balance_percent(&b, workers, 2), second < 9 ? 100 : 0);
	}
	telem_count(&workers[1].decapsulated, 10);
	assert_int_equal(balance_percent(&b, workers, 2), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_worker_has_nobody_to_share_with),
		cmocka_unit_test(left_to_itself_the_nic_does_it_if_it_can_for_all_workers),
		cmocka_unit_test(an_operator_who_trusts_no_nic_has_the_workers_do_it),
		cmocka_unit_test(switched_off_it_says_what_remains),
		cmocka_unit_test(
			a_nic_is_asked_for_innermost_headers_only_if_it_says_that_it_knows_them),
		cmocka_unit_test(the_imbalance_is_what_the_busiest_has_above_the_mean),
		cmocka_unit_test(the_imbalance_is_that_of_the_last_ten_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
