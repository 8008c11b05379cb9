// The control thread's loop. A turn takes a bounded piece of everything: punted packets, the
// engine's timers, kernel events, operators. It sleeps only when all of them had nothing.
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "app/lma/anchor.h"

enum { PUNTS_A_TURN = 64, IP6_HEADER = 40 };

static ns_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec;
}

ns_t control_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static struct instant read_instant(void)
{
	return (struct instant){control_now(), wall_q16_from_ns(read_clock(CLOCK_REALTIME))};
}

static void take_signalling(struct anchor *a, struct rte_mbuf *m, struct instant now)
{
	const struct fwd_punt *punt = fwd_punt_of(m);
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	struct span bytes = {ip + punt->mh_offset, punt->mh_len};
	struct ip6_addr src, dst;
	struct mh mh;

	if ((uint32_t)punt->mh_offset + punt->mh_len > rte_pktmbuf_data_len(m) ||
	    punt->mh_offset < IP6_HEADER) {
		a->counters.parse_errors[MH_TRUNCATED]++;
		return;
	}
	memcpy(src.a, ip + 8, sizeof(src.a));
	memcpy(dst.a, ip + 24, sizeof(dst.a));
	enum mh_err err = mh_parse(bytes, src, dst, &mh);
	struct lma_event event = {.kind = LMA_MESSAGE};
	if (err == MH_OK) {
		ns_t waited = now.mono > punt->arrival ? now.mono - punt->arrival : 0;
		event.message.src = src;
		event.message.dst = dst;
		event.message.mh = &mh;
		event.message.arrival_wall_q16 = now.wall_q16 - wall_q16_from_ns(waited);
	} else {
		a->counters.parse_errors[err]++;
		event.kind = LMA_BAD_MESSAGE;
		event.bad.src = src;
		event.bad.dst = dst;
		event.bad.err = err;
	}
	lma_input(a->lma, now, &event);
	effects_apply(a, now);
}

static unsigned take_punts(struct anchor *a, struct instant now)
{
	struct rte_mbuf *pkts[PUNTS_A_TURN];
	unsigned n = rte_ring_dequeue_burst(a->punt, (void **)pkts, PUNTS_A_TURN, NULL);

	for (unsigned i = 0; i < n; i++) {
		a->counters.punts++;
		switch (fwd_punt_of(pkts[i])->kind) {
		case FWD_PUNT_SIGNALLING:
			take_signalling(a, pkts[i], now);
			break;
		case FWD_PUNT_GLEAN:
			a->counters.gleans++;
			twin_want(a->twin, fwd_punt_of(pkts[i])->glean);
			waiting_add(&a->waiting, pkts[i], now.mono);
			continue;
		default: // what a tunnel reports; the path MTU follows with RFC 2473 8
			a->counters.icmp_punts++;
		}
		rte_pktmbuf_free(pkts[i]);
	}
	return n;
}

static void take_time(struct anchor *a, struct instant now)
{
	if (lma_deadline(a->lma) > now.mono)
		return;
	lma_input(a->lma, now, &(struct lma_event){.kind = LMA_TICK});
	effects_apply(a, now);
}

static void take_kernel(struct anchor *a)
{
	if (!twin_poll(a->twin))
		return;
	effects_resolve(a);
	anchor_publish_conf(a);
}

// Waits for kernel or operator, at most as long as a punted packet may wait: the punt ring has no
// descriptor, and a worker makes no system call to wake us.
static void rest(const struct anchor *a, int epoll)
{
	struct epoll_event events[4];
	struct timespec nap = {0, (long)a->conf->dataplane.idle_sleep_us * 1000};

	if (a->conf->dataplane.idle_sleep_us > 0)
		(void)epoll_pwait2(epoll, events, 4, &nap, NULL);
}

static int watch(const struct anchor *a)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event in = {.events = EPOLLIN};

	epoll_ctl(epoll, EPOLL_CTL_ADD, mgmt_fd(a->mgmt), &in);
	if (a->kernel != NULL)
		epoll_ctl(epoll, EPOLL_CTL_ADD, kernel_fd(a->kernel), &in);
	return epoll;
}

void control_run(struct anchor *a, const volatile sig_atomic_t *stop)
{
	int epoll = watch(a);
	uint32_t idle = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	while (!*stop) {
		struct instant now = read_instant();
		unsigned punts = take_punts(a, now);
		take_time(a, now);
		take_kernel(a);
		waiting_turn(&a->waiting, a->fib, a->workers[0].inject, now.mono);
		bool dumping = mgmt_poll(a->mgmt, now.mono);
		grace_poll(a->grace);
		if (punts > 0 || dumping)
			idle = 0;
		else if (++idle > a->conf->dataplane.idle_polls)
			rest(a, epoll);
	}
	close(epoll);
}
