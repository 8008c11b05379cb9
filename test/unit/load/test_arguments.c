// The command line: what is taken, and what is said about what is not.
#include "test/unit/test.h"
#include "tools/load/arguments.h"
#include "tools/load/pace.h"

#include <string.h>

enum { MOST = 48 };

static struct arguments arguments;
static char why[ARGUMENTS_WHY];

#define PLACE                                                                                      \
	"--core", "driver=memif,socket=/run/c.sock", "--core-address", "2001:db8:c::2",            \
		"--core-gateway", "2001:db8:c::1", "--backbone",                                   \
		"driver=memif,socket=/run/b.sock,id=3", "--backbone-address", "2001:db8:b0::2",    \
		"--backbone-gateway", "2001:db8:b0::1", "--lma", "2001:db8:1a::1", "--proxy-coa",  \
		"2001:db8:b1::1"

static enum arguments_wish read_words(const char *const *words)
{
	char *argv[MOST] = {(char *)(uintptr_t) "kedge-load"};
	int argc = 1;

	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	why[0] = '\0';
	memset(&arguments, 0, sizeof(arguments));
	return arguments_read(argc, argv, &arguments, why);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

static void says(const char *text)
{
	if (strstr(why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, text);
	assert_null(strchr(why, '\n'));
}

static void what_must_be_given_is_enough(void **state)
{
	(void)state;
	assert_int_equal(READ(PLACE), ARGUMENTS_RUN);
	assert_int_equal(arguments.core.driver, CONF_MEMIF);
	assert_string_equal(arguments.core.socket, "/run/c.sock");
	assert_int_equal(arguments.backbone.id, 3);
	assert_int_equal(arguments.plan.mags, 1);
	assert_int_equal(arguments.plan.nodes, 1000);
	assert_true(arguments.pbu_rate == PACE_MAX);
	assert_true(arguments.downlink == 0);
	assert_int_equal(arguments.sizes.of[0], 64);
}

static void each_kind_of_value_is_taken(void **state)
{
	(void)state;
	assert_int_equal(READ(PLACE, "--nodes", "1_000_000", "--mags=64", "--downlink", "1500000",
			      "--uplink", "max", "--size", "imix", "--zipf", "1.1", "--realm", "r",
			      "--pdr", "0.5", "--expect-no-loss", "--lcores", "0@1"),
			 ARGUMENTS_RUN);
	assert_int_equal(arguments.plan.nodes, 1000000);
	assert_int_equal(arguments.plan.mags, 64);
	assert_true(arguments.downlink == 1500000);
	assert_true(arguments.uplink == PACE_MAX);
	assert_int_equal(arguments.sizes.n, SIZES_IMIX);
	assert_true(arguments.zipf == 1.1);
	assert_string_equal(arguments.plan.realm, "r");
	assert_true(arguments.pdr_percent == 0.5);
	assert_true(arguments.expect_no_loss);
	assert_string_equal(arguments.lcores, "0@1");
}

static void help_and_version_need_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(READ("--help"), ARGUMENTS_HELP);
	assert_int_equal(READ("--version"), ARGUMENTS_VERSION);
}

static void what_is_missing_is_said_with_what_to_type(void **state)
{
	(void)state;
	assert_int_equal(read_words((const char *const[]){NULL}), ARGUMENTS_WRONG);
	says("--core is missing: type --core PORT");
	assert_int_equal(READ("--core", "driver=memif,socket=/run/c.sock"), ARGUMENTS_WRONG);
	says("--core-address is missing: type --core-address ADDRESS");
}

static void an_option_that_is_misspelt_gets_the_nearest(void **state)
{
	(void)state;
	assert_int_equal(READ(PLACE, "--noeds", "5"), ARGUMENTS_WRONG);
	says("there is no --noeds: did you mean --nodes?");
	assert_int_equal(READ(PLACE, "--frobnicate"), ARGUMENTS_WRONG);
	says("there is no --frobnicate: kedge-load --help");
	assert_int_equal(READ(PLACE, "-x"), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "nodes"), ARGUMENTS_WRONG);
	says("nodes: options begin with --");
	assert_int_equal(READ(PLACE, "--nodes"), ARGUMENTS_WRONG);
	says("--nodes: something has to follow");
}

static void a_value_out_of_range_is_told_the_range(void **state)
{
	(void)state;
	assert_int_equal(READ(PLACE, "--nodes", "0"), ARGUMENTS_WRONG);
	says("--nodes 0: wanted is a whole number from 1 to 16777216");
	assert_int_equal(READ(PLACE, "--nodes", "16777217"), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "--nodes", "1.5"), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "--nodes", "-1"), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "--nodes", "10k"), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "--nodes", ""), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "--size", "63"), ARGUMENTS_WRONG);
	says("a whole number from 64 to 1514, or imix");
	assert_int_equal(READ(PLACE, "--downlink", "fast"), ARGUMENTS_WRONG);
	says("a number from 0 to 1000000000, or max");
	assert_int_equal(READ(PLACE, "--lma", "10.0.0.1"), ARGUMENTS_WRONG);
	says("--lma 10.0.0.1: wanted is an IPv6 address");
	assert_int_equal(READ(PLACE, "--realm", ""), ARGUMENTS_WRONG);
	says("a text of at most 199 characters");
}

static void a_port_that_cannot_be_says_why(void **state)
{
	(void)state;
	assert_int_equal(READ("--core", "driver=memfi,socket=/c"), ARGUMENTS_WRONG);
	says("--core: driver=memfi: wanted is af_xdp, af_packet, pci, vdev or memif");
	assert_int_equal(READ("--core", "driver=memif"), ARGUMENTS_WRONG);
	says("memif needs a socket; try: driver=memif,socket=");
	assert_int_equal(READ("--core", "driver=memif,sokcet=/c"), ARGUMENTS_WRONG);
	says("a port has no \"sokcet\", did you mean socket?");
	assert_int_equal(READ("--core", "driver=memif,socket=c"), ARGUMENTS_WRONG);
	says("socket=c: wanted is an absolute path");
	assert_int_equal(READ("--core", "socket=/c"), ARGUMENTS_WRONG);
	says("a port begins with its driver");
	assert_int_equal(READ("--core", ""), ARGUMENTS_WRONG);
	assert_int_equal(READ("--core", "driver=memif,socket=/c,server=yes"), ARGUMENTS_WRONG);
	says("server=yes: wanted is true or false");
	assert_int_equal(READ("--core", "driver=memif,socket=/c,queues=65"), ARGUMENTS_WRONG);
	assert_int_equal(READ("--core", "driver=af_xdp,socket=/c"), ARGUMENTS_WRONG);
	says("af_xdp needs a netdev");
	assert_int_equal(READ("--core", "driver=af_packet,netdev=a-name-too-long-for-it"),
			 ARGUMENTS_WRONG);
}

static void further_arguments_of_a_driver_may_have_commas(void **state)
{
	(void)state;
	assert_int_equal(READ(PLACE, "--core", "driver=vdev,device=net_ring0,devargs=a=1,b=2"),
			 ARGUMENTS_RUN);
	assert_string_equal(arguments.core.devargs, "a=1,b=2");
	assert_string_equal(arguments.core.device, "net_ring0");
}

static void what_does_not_go_together_is_refused(void **state)
{
	(void)state;
	assert_int_equal(READ(PLACE, "--ndr"), ARGUMENTS_WRONG);
	says("a search needs a direction: add --downlink max");
	assert_int_equal(READ(PLACE, "--ndr", "--pdr", "1", "--uplink", "max"), ARGUMENTS_WRONG);
	says("--ndr or --pdr, not both");
	assert_int_equal(READ(PLACE, "--handover-rate", "5"), ARGUMENTS_WRONG);
	says("another MAG: --mags 2");
	assert_int_equal(READ(PLACE, "--storm-interval-s", "5"), ARGUMENTS_WRONG);
	assert_int_equal(READ(PLACE, "--handover-rate", "5", "--mags", "2"), ARGUMENTS_RUN);
	assert_int_equal(READ(PLACE, "--handover-rate", "5", "--mags", "2", "--watch-handovers"),
			 ARGUMENTS_WRONG);
	says("--watch-handovers needs handovers and packets: add --handover-rate 100");
	assert_int_equal(
		READ(PLACE, "--proxy-coa", "2001:db8:b1:0:ffff:ffff:ffff:fff0", "--mags", "100"),
		ARGUMENTS_WRONG);
	says("100 proxy-CoAs do not fit");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_must_be_given_is_enough),
		cmocka_unit_test(each_kind_of_value_is_taken),
		cmocka_unit_test(help_and_version_need_nothing_else),
		cmocka_unit_test(what_is_missing_is_said_with_what_to_type),
		cmocka_unit_test(an_option_that_is_misspelt_gets_the_nearest),
		cmocka_unit_test(a_value_out_of_range_is_told_the_range),
		cmocka_unit_test(a_port_that_cannot_be_says_why),
		cmocka_unit_test(further_arguments_of_a_driver_may_have_commas),
		cmocka_unit_test(what_does_not_go_together_is_refused),
	};

	return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
