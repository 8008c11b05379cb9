// One turn after the other, and the rest between them.
#include "app/common/loop.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_prefetch.h>

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

// Written by a worker on another CPU a moment ago.
static void fetch(struct rte_mbuf *const *pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		rte_prefetch0(pkts[i]);
		rte_prefetch0(fwd_punt_of(pkts[i]));
	}
	for (unsigned i = 0; i < n; i++) {
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], const void *));
		rte_prefetch0(rte_pktmbuf_mtod_offset(pkts[i], const void *, 64));
		rte_prefetch0(rte_pktmbuf_mtod_offset(pkts[i], const void *, 128));
	}
}

// What is for the program goes to the front.
static unsigned sort(struct plane *p, struct rte_mbuf **pkts, unsigned n, struct instant now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		switch (fwd_punt_of(pkts[i])->kind) {
		case FWD_PUNT_SIGNALLING:
		case FWD_PUNT_ACCESS:
			pkts[kept++] = pkts[i];
			break;
		case FWD_PUNT_GLEAN:
			p->counters.gleans++;
			twin_want(p->twin, fwd_punt_of(pkts[i])->glean);
			waiting_add(&p->waiting, pkts[i], now.mono);
			break;
		default:
			p->counters.icmp_punts++;
			tunnel_errors_take(p, pkts[i], now.mono);
			rte_pktmbuf_free(pkts[i]);
		}
	}
	return kept;
}

static unsigned take_punts(struct plane *p, const struct loop_program *program, struct instant now)
{
	struct rte_mbuf *pkts[PUNTS_A_TURN];
	unsigned n = rte_ring_dequeue_burst(p->punt, (void **)pkts, PUNTS_A_TURN, NULL);

	fetch(pkts, n);
	p->counters.punts += n;
	unsigned kept = sort(p, pkts, n, now);
	for (unsigned i = 0; i < kept; i += LOOP_PUNTS)
		program->on_punts(program->arg, pkts + i, RTE_MIN(kept - i, (unsigned)LOOP_PUNTS),
				  now);
	for (unsigned i = 0; i < kept; i++)
		rte_pktmbuf_free(pkts[i]);
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

bool loop_turn(struct plane *p, struct mgmt *mgmt, const struct loop_program *program)
{
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
	return busy;
}

void loop_run(struct plane *p, struct mgmt *mgmt, const struct loop_program *program,
	      const volatile sig_atomic_t *stop)
{
	int epoll = watch(p, mgmt);
	uint32_t idle = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	while (!*stop) {
		if (loop_turn(p, mgmt, program))
			idle = 0;
		else if (++idle > p->is.conf->dataplane.idle_polls)
			rest(p, epoll);
	}
	close(epoll);
}
