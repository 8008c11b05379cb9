// Two processes and a memif: the other end is this program again, a server that sends back what
// comes.
//
// EAL starts once in a process, so servers that come and go are processes of their own.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drivers/memif/memif.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

enum { PATIENCE_MS = 10000, BURST = 32 };

static char dir[] = "/tmp/kedge-memif-XXXXXX", path[64];
static struct rte_mempool *pool;
static struct port *port;
static char why[256];

static int open_memif(const char *at, bool server, struct port **out)
{
	const struct memif_conf conf = {
		.name = "peer", .socket = at, .id = 7, .server = server, .pool = pool};

	why[0] = '\0';
	return memif_open(&conf, out, why, sizeof(why));
}

static void says(const char *text)
{
	if (strstr(why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, text);
	assert_null(strchr(why, '\n'));
}

// ---- The other process
static int serve(const char *at)
{
	struct rte_mbuf *m[BURST];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (wire_eal() != 0 || (pool = wire_pool()) == NULL || open_memif(at, true, &port) != 0 ||
	    write(STDOUT_FILENO, "!", 1) != 1)
		return 1;
	for (;;) {
		uint16_t n = port_rx(port, 0, m, BURST);
		for (uint16_t sent = 0; sent < n;) // a full ring: try again
			sent = (uint16_t)(sent + port_tx(port, 0, m + sent, (uint16_t)(n - sent)));
		if (n == 0)
			poll(NULL, 0, 1);
	}
}

// Back once its socket is open. Its pid, to be killed.
static pid_t start_server(void)
{
	int told[2];
	char byte = 0;

	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(told[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_ports_memif", path, (char *)NULL);
		_exit(127);
	}
	close(told[1]);
	bool open = read(told[0], &byte, 1) == 1;
	close(told[0]);
	assert_true(open);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

// ---- This one
static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// Control's turns, until the link is as wanted.
static bool becomes(bool up)
{
	struct port_link link = {.up = !up};
	uint64_t until = now_ms() + PATIENCE_MS;

	for (; link.up != up && now_ms() < until; poll(NULL, 0, 10))
		port->ops->link(port, &link);
	return link.up == up;
}

static struct rte_mbuf *mbuf_of(const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, f->n), f->b, f->n);
	return m;
}

static bool comes_back(const struct frame *f)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	struct rte_mbuf *m = mbuf_of(f);
	bool same = false;

	if (port_tx(port, 0, &m, 1) != 1) {
		rte_pktmbuf_free(m);
		return false;
	}
	while (now_ms() < until)
		if (port_rx(port, 0, &m, 1) == 1) {
			same = m->pkt_len == f->n &&
			       memcmp(rte_pktmbuf_mtod(m, void *), f->b, f->n) == 0;
			rte_pktmbuf_free(m);
			break;
		}
	return same;
}

static void frames_go_there_and_back_whole(void **state)
{
	pid_t server = start_server();
	struct port_missed missed = {0};

	(void)state;
	assert_int_equal(open_memif(path, false, &port), 0);
	bool up = becomes(true), whole = up;
	unsigned n = 0;
	for (uint16_t len = 1; len <= 1600 && whole; len = (uint16_t)(len + 97), n++) {
		struct frame f = frame_to("2001:db8:1000::1", 17, NULL, 0, len);
		whole = comes_back(&f);
	}
	port->ops->missed(port, &missed);
	end(server);
	assert_true(up);
	assert_true(whole);
	assert_int_equal(missed.rx_packets, n);
	assert_int_equal(missed.tx_packets, n);
}

static void a_full_ring_takes_less_and_the_rest_later(void **state)
{
	const struct frame f = frame_to("2001:db8:1000::1", 17, NULL, 0, 100);
	pid_t server = start_server();
	unsigned full = 0, back = 0;

	(void)state;
	assert_int_equal(open_memif(path, false, &port), 0);
	bool up = becomes(true);
	kill(server, SIGSTOP); // it does not take any for now
	struct rte_mbuf *m = mbuf_of(&f);
	for (; up && port_tx(port, 0, &m, 1) == 1; full++)
		m = mbuf_of(&f);
	bool refused = up && port_tx(port, 0, &m, 1) == 0;
	kill(server, SIGCONT);
	for (uint64_t until = now_ms() + PATIENCE_MS; back < full && now_ms() < until;) {
		struct rte_mbuf *got;
		if (port_rx(port, 0, &got, 1) == 1) {
			rte_pktmbuf_free(got);
			back++;
		}
	}
	uint16_t later = port_tx(port, 0, &m, 1);
	if (later == 0)
		rte_pktmbuf_free(m);
	end(server);
	assert_true(refused);
	assert_true(full > 0);
	assert_int_equal(back, full);
	assert_int_equal(later, 1);
}

static void a_client_waits_for_its_server(void **state)
{
	const struct frame f = frame_to("2001:db8:1000::1", 17, NULL, 0, 100);
	struct port_link link = {.up = true};
	struct rte_mbuf *m = mbuf_of(&f);

	(void)state;
	assert_int_equal(open_memif(path, false, &port), 0);
	port->ops->link(port, &link);
	assert_false(link.up);
	assert_int_equal(port_tx(port, 0, &m, 1), 0); // nor is a worker harmed by it
	assert_int_equal(port_rx(port, 0, &(struct rte_mbuf *){NULL}, 1), 0);
	rte_pktmbuf_free(m);
	pid_t server = start_server();
	bool up = becomes(true), back = up && comes_back(&f);
	end(server);
	assert_true(up);
	assert_true(back);
}

static void a_server_that_was_killed_is_found_again_when_it_is_back(void **state)
{
	const struct frame f = frame_to("2001:db8:1000::1", 17, NULL, 0, 100);
	pid_t server = start_server();

	(void)state;
	assert_int_equal(open_memif(path, false, &port), 0);
	bool up = becomes(true);
	for (unsigned i = 0; i < 2 && up; i++) {
		end(server);
		up = becomes(false);
		server = start_server(); // over the socket that the last one left
		up = up && becomes(true) && comes_back(&f);
	}
	end(server);
	assert_true(up);
}

static void a_server_that_answers_is_not_robbed_of_its_socket(void **state)
{
	pid_t server = start_server();

	(void)state;
	int rc = open_memif(path, true, &port);
	end(server);
	assert_int_equal(rc, -EADDRINUSE);
	says("somebody serves");
	assert_int_equal(open_memif(path, true, &port), 0); // its socket is still there, nobody is
}

static void a_file_that_is_no_socket_stays(void **state)
{
	struct stat s;
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fclose(f);
	assert_int_equal(open_memif(path, true, &port), -EEXIST);
	says("is there and no socket");
	assert_int_equal(stat(path, &s), 0);
}

static void paths_that_cannot_be_are_refused(void **state)
{
	char longest[200];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(open_memif("relative.sock", false, &port), -EINVAL);
	says("port peer: \"relative.sock\" is no path for a socket: absolute");
	assert_int_equal(open_memif("/tmp/a,role=server", false, &port), -EINVAL);
	assert_int_equal(open_memif(longest, false, &port), -EINVAL);
	assert_int_equal(open_memif("", false, &port), -EINVAL);
	assert_int_equal(open_memif("/nonexistent/dir/m.sock", true, &port), -ENOENT);
	says("there is no directory /nonexistent/dir/ for its socket");
	says("mkdir -p /nonexistent/dir/");
}

static int clean(void **state)
{
	(void)state;
	if (port != NULL)
		port->ops->close(port);
	port = NULL;
	unlink(path);
	return 0;
}

static int group_start(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || wire_eal() != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/m.sock", dir);
	pool = wire_pool();
	return pool != NULL ? 0 : -1;
}

static int group_stop(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define TEST(name) cmocka_unit_test_teardown(name, clean)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(frames_go_there_and_back_whole),
		TEST(a_full_ring_takes_less_and_the_rest_later),
		TEST(a_client_waits_for_its_server),
		TEST(a_server_that_was_killed_is_found_again_when_it_is_back),
		TEST(a_server_that_answers_is_not_robbed_of_its_socket),
		TEST(a_file_that_is_no_socket_stays),
		TEST(paths_that_cannot_be_are_refused),
	};

	if (argc > 1)
		return serve(argv[1]);
	return cmocka_run_group_tests_name("memif", tests, group_start, group_stop);
}
