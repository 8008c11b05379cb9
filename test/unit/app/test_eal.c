// What the ports of a configuration make of EAL's arguments.
#include "app/common/eal.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/test.h"

static struct conf_port ports[4];
static struct conf conf;
static char out[EAL_DEVICES][EAL_ARG];

static int fresh(void **state)
{
	(void)state;
	memset(ports, 0, sizeof(ports));
	conf = (struct conf){.ports = ports, .n_ports = 1};
	return 0;
}

static void add_pci(unsigned i, const char *device, const char *devargs)
{
	ports[i].driver = CONF_PCI;
	snprintf(ports[i].device, sizeof(ports[i].device), "%s", device);
	snprintf(ports[i].devargs, sizeof(ports[i].devargs), "%s", devargs);
	conf.n_ports = i + 1;
}

static void without_ports_on_pci_the_bus_is_left_alone(void **state)
{
	(void)state;
	ports[0].driver = CONF_AF_XDP;
	assert_int_equal(eal_devices(&conf, out, EAL_DEVICES), 1);
	assert_string_equal(out[0], "--no-pci");
}

static void each_port_on_pci_is_allowed_with_its_arguments_and_no_other_nic(void **state)
{
	(void)state;
	add_pci(1, "0000:03:00.0", "");
	add_pci(2, "0000:03:00.1", "dv_flow_en=0,mprq_en=1");
	assert_int_equal(eal_devices(&conf, out, EAL_DEVICES), 2);
	assert_string_equal(out[0], "--allow=0000:03:00.0");
	assert_string_equal(out[1], "--allow=0000:03:00.1,dv_flow_en=0,mprq_en=1");
}

static void the_longest_arguments_are_whole(void **state)
{
	char longest[sizeof(ports[0].devargs)];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	add_pci(0, "0000:03:00.0-and-what-more-fits", longest);
	assert_int_equal(eal_devices(&conf, out, EAL_DEVICES), 1);
	assert_int_equal(strlen(out[0]), strlen("--allow=") + 31 + 1 + strlen(longest));
}

static void memif_wants_memory_in_few_files_where_there_are_huge_pages(void **state)
{
	(void)state;
	ports[0].driver = CONF_MEMIF;
	assert_int_equal(eal_devices(&conf, out, EAL_DEVICES), 1);
	conf.dataplane.hugepages = true;
	assert_int_equal(eal_devices(&conf, out, EAL_DEVICES), 2);
	assert_string_equal(out[1], "--single-file-segments");
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(without_ports_on_pci_the_bus_is_left_alone),
		TEST(each_port_on_pci_is_allowed_with_its_arguments_and_no_other_nic),
		TEST(the_longest_arguments_are_whole),
		TEST(memif_wants_memory_in_few_files_where_there_are_huge_pages),
	};

	return cmocka_run_group_tests_name("eal", tests, NULL, NULL);
}
