// One turn after the other, and the rest between them.
#include "app/common/loop.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "app/common/tunnel_errors.h"
#include "app/common/tunnels.h"

enum { PUNTS_A_TURN = 64 };

static ns_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec;
}

ns_t loop_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct instant loop_instant(void)
{
	return (struct instant){loop_now(), wall_q16_from_ns(read_clock(CLOCK_REALTIME))};
}

static unsigned take_punts(struct plane *p, const struct loop_program *program, struct instant now)
{
	struct rte_mbuf *pkts[PUNTS_A_TURN];
	unsigned n = rte_ring_dequeue_burst(p->punt, (void **)pkts, PUNTS_A_TURN, NULL);

	for (unsigned i = 0; i < n; i++) {
		p->counters.punts++;
		switch (fwd_punt_of(pkts[i])->kind) {
		case FWD_PUNT_SIGNALLING:
		case FWD_PUNT_ACCESS:
			program->on_punt(program->arg, pkts[i], now);
			break;
		case FWD_PUNT_GLEAN:
			p->counters.gleans++;
			twin_want(p->twin, fwd_punt_of(pkts[i])->glean);
			waiting_add(&p->waiting, pkts[i], now.mono);
			continue;
		default:
			p->counters.icmp_punts++;
			tunnel_errors_take(p, pkts[i], now.mono);
		}
		rte_pktmbuf_free(pkts[i]);
	}
	return n;
}

static void ask_for(void *plane, struct ip6_addr neighbour)
{
	twin_want(((struct plane *)plane)->twin, neighbour);
}

static void take_kernel(struct plane *p)
{
	if (!twin_poll(p->twin))
		return;
	tunnels_resolve(p);
	plane_publish(p);
}

// Waits for kernel or operator, at most as long as a punted packet may wait: the rings have no
// descriptor, and a worker makes no system call to wake us.
static void rest(const struct plane *p, int epoll)
{
	uint32_t sleep_us = p->is.conf->dataplane.idle_sleep_us;
	struct epoll_event events[4];
	struct timespec nap = {0, (long)sleep_us * 1000};

	if (sleep_us > 0)
		(void)epoll_pwait2(epoll, events, 4, &nap, NULL);
}

static void watch_fd(int epoll, int fd)
{
	struct epoll_event in = {.events = EPOLLIN};

	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &in);
}

static int watch(const struct plane *p, struct mgmt *mgmt)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	watch_fd(epoll, mgmt_fd(mgmt));
	if (p->kernel != NULL)
		watch_fd(epoll, kernel_fd(p->kernel));
	for (unsigned i = 0; i < p->n_interfaces; i++)
		if (p->interfaces[i].relay.tap != NULL)
			watch_fd(epoll, tap_fd(p->interfaces[i].relay.tap));
	return epoll;
}

void loop_run(struct plane *p, struct mgmt *mgmt, const struct loop_program *program,
	      const volatile sig_atomic_t *stop)
{
	int epoll = watch(p, mgmt);
	uint32_t idle = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	while (!*stop) {
		struct instant now = loop_instant();
		bool busy = take_punts(p, program, now) > 0;
		program->on_time(program->arg, now);
		take_kernel(p);
		busy |= relay_turn(p);
		plane_links(p, now.mono, program->on_link, program->arg);
		waiting_turn(&p->waiting, p->fib, p->workers[0].inject, now.mono, ask_for, p);
		busy |= mgmt_poll(mgmt, now.mono);
		path_mtu_turn(p, now.mono);
		balance_turn(&p->balance, p->telem, p->n_workers, now.mono);
		if (program->on_path_mtu != NULL)
			path_mtu_tell(p, program->on_path_mtu, program->arg);
		grace_poll(p->grace);
		if (busy)
			idle = 0;
		else if (++idle > p->is.conf->dataplane.idle_polls)
			rest(p, epoll);
	}
	close(epoll);
}
