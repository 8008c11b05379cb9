// Ports that do not open say why in one line, with what to type; and a port that was killed does
// not stand in the way of the next. EAL starts once in a process, so each test has its own.
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drivers/af_xdp/af_xdp.h"
#include "drivers/xdp/loader.h"
#include "test/unit/netns.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

// What opening a port came to, told by the process that tried to the one that tests.
struct outcome {
	int rc;
	char why[256];
	uint32_t map; // id of a pinned map
};

static bool access_port; // what the next ones open

static uint32_t pinned_map(void)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_obj_get("/sys/fs/bpf/kedge_tunnels");

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) != 0)
		return 0;
	close(fd);
	return info.id;
}

static struct outcome try_open(const char *netdev, uint16_t queues)
{
	struct outcome o = {.rc = -ECHILD};
	struct steer *steer;
	struct port *port;

	int rc = steer_open(&steer, o.why, sizeof(o.why));
	if (rc != 0 || wire_eal() != 0)
		return o;
	struct af_xdp_conf conf = {.name = "core",
				   .netdev = netdev,
				   .queues = queues,
				   .xdp_object = access_port ? steer_access_object_path(steer)
							     : steer_object_path(steer),
				   .access = access_port,
				   .pool = wire_pool()};
	o.map = pinned_map();
	o.rc = conf.pool == NULL ? -ENOMEM : af_xdp_open(&conf, &port, o.why, sizeof(o.why));
	return o;
}

// Opens in a process of its own, which stays until it is killed.
static pid_t start(const char *netdev, uint16_t queues, struct outcome *out)
{
	int told[2];

	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct outcome o = try_open(netdev, queues);
		if (write(told[1], &o, sizeof(o)) == sizeof(o))
			pause();
		_exit(1);
	}
	close(told[1]);
	bool whole = read(told[0], out, sizeof(*out)) == sizeof(*out);
	close(told[0]);
	assert_true(whole);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct outcome outcome_of(const char *netdev, uint16_t queues)
{
	struct outcome o;

	end(start(netdev, queues, &o));
	return o;
}

static void says(const struct outcome *o, const char *text)
{
	if (strstr(o->why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", o->why, text);
	assert_null(strchr(o->why, '\n'));
}

static bool has_program(void)
{
	return netns_ip("link show dev x0 | grep -q 'prog/xdp'") == 0;
}

static void a_netdev_that_is_not_there_is_named(void **state)
{
	struct outcome o = outcome_of("nosuch0", 0);

	(void)state;
	assert_int_equal(o.rc, -ENODEV);
	says(&o, "port core: there is no netdev \"nosuch0\" here");
	says(&o, "ip link");
}

static void more_sockets_than_queues_are_refused(void **state)
{
	struct outcome o = outcome_of("x0", 4);

	(void)state;
	assert_int_equal(o.rc, -EINVAL);
	says(&o, "x0 receives on 1 queues and 4 sockets are configured");
	says(&o, "ethtool -L x0 combined 4");
	assert_false(has_program());
}

static void more_queues_than_the_map_holds_are_refused(void **state)
{
	struct outcome o = outcome_of("x0", 65);

	(void)state;
	assert_int_equal(o.rc, -EINVAL);
	says(&o, "64 are the most");
}

static void somebody_elses_program_is_refused_and_left_alone(void **state)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int ifindex = (int)if_nametoindex("x0");
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "theirs", "GPL", pass, 2, NULL);

	(void)state;
	assert_true(program >= 0);
	assert_int_equal(bpf_xdp_attach(ifindex, program, XDP_FLAGS_DRV_MODE, NULL), 0);
	close(program);
	struct outcome o = outcome_of("x0", 0);
	assert_int_equal(o.rc, -EBUSY);
	says(&o, "x0 has an XDP program already");
	says(&o, "ip link set dev x0 xdp off");
	assert_true(has_program());
	assert_int_equal(netns_ip("link set dev x0 xdp off"), 0); // what it told us to type
	o = outcome_of("x0", 0);
	assert_int_equal(o.rc, 0);
}

static void a_netdev_has_one_port_at_a_time(void **state)
{
	struct outcome first, second;
	pid_t living = start("x0", 0, &first);

	(void)state;
	second = outcome_of("x0", 0);
	end(living);
	assert_int_equal(first.rc, 0);
	assert_int_equal(second.rc, -EBUSY);
	says(&second, "belongs to another instance");
}

// Maps are freed a while after their last user is gone.
static bool is_freed(uint32_t map)
{
	for (unsigned i = 0; i < 300; i++) {
		int fd = bpf_map_get_fd_by_id(map);
		if (fd < 0)
			return errno == ENOENT;
		close(fd);
		poll(NULL, 0, 10);
	}
	return false;
}

static void one_that_is_killed_leaves_nothing_pinned(void **state)
{
	struct outcome o;
	pid_t pid = start("x0", 0, &o);

	(void)state;
	assert_int_equal(o.rc, 0);
	assert_int_not_equal(o.map, 0);
	assert_int_equal(pinned_map(), 0); // nor to be seen from outside while it lives
	end(pid);
	// The program on the netdev is all that keeps the maps.
	assert_int_equal(netns_ip("link set dev x0 xdp off"), 0);
	assert_true(is_freed(o.map));
}

static void one_that_is_killed_does_not_stand_in_the_way(void **state)
{
	struct outcome killed, next;

	(void)state;
	killed = outcome_of("x0", 0);
	assert_int_equal(killed.rc, 0);
	assert_true(has_program()); // the kernel keeps it
	next = outcome_of("x0", 0);
	assert_int_equal(next.rc, 0);
	assert_true(is_freed(killed.map));
}

static void nor_does_a_killed_access_port_and_the_netdev_forgets_its_wish(void **state)
{
	struct outcome killed, next;

	(void)state;
	access_port = true;
	killed = outcome_of("x0", 0);
	access_port = false;
	assert_int_equal(killed.rc, 0);
	assert_true(has_program());
	assert_int_equal(netns_ip("-d link show dev x0 | grep -q 'promiscuity 0'"), 0);
	next = outcome_of("x0", 0);
	assert_int_equal(next.rc, 0);
}

static struct wire wire;

static int up(void **state)
{
	(void)state;
	return wire_up(&wire, "x");
}

static int down(void **state)
{
	(void)state;
	wire_down(&wire, "x");
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_netdev_that_is_not_there_is_named),
		TEST(more_sockets_than_queues_are_refused),
		TEST(more_queues_than_the_map_holds_are_refused),
		TEST(somebody_elses_program_is_refused_and_left_alone),
		TEST(a_netdev_has_one_port_at_a_time),
		TEST(one_that_is_killed_leaves_nothing_pinned),
		TEST(one_that_is_killed_does_not_stand_in_the_way),
		TEST(nor_does_a_killed_access_port_and_the_netdev_forgets_its_wish),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
