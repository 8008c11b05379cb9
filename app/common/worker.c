// The loop of a worker: input of all kinds, then output, then rest if there was none.
#include "app/common/worker.h"

#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_cycles.h>

enum { TX_TRIES = 4 };      // a full TX ring is often free again a moment later (memif, AF_XDP)
enum { OTHERS_BURSTS = 8 }; // that others have for this worker are taken a turn, before new packets

// What a packet carries through an inbox: its port and its verdict, in the mbuf's private area.
struct passage {
	uint16_t port;
	uint8_t verdict;
};

static struct passage *passage_of(struct rte_mbuf *m)
{
	return (struct passage *)rte_mbuf_to_priv(m);
}

// The monotonic clock, read from the TSC and set right by the kernel's once a second: its own costs
// a burst more than the lookup of a packet. It never goes back.
static ns_t now_ns(struct worker *w)
{
	struct worker_clock *c = &w->clock;
	uint64_t tsc = rte_rdtsc(), since = tsc - c->tsc;
	struct timespec t;

	if (since < c->hz)
		return c->ns + (ns_t)(((__uint128_t)since * c->ns_per_tick_q32) >> 32);
	ns_t before =
		c->hz == 0 ? 0 : c->ns + (ns_t)(((__uint128_t)since * c->ns_per_tick_q32) >> 32);
	clock_gettime(CLOCK_MONOTONIC, &t);
	ns_t now = (ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec;
	c->hz = rte_get_tsc_hz();
	c->ns_per_tick_q32 = ((uint64_t)NS_SEC << 32) / c->hz;
	c->tsc = tsc;
	c->ns = now > before || before - now > NS_SEC ? now : before;
	return c->ns;
}

static void send_own(struct worker *w, uint16_t port, struct fwd_out *out)
{
	struct worker_txq *q = &w->tx[port];
	uint16_t sent = 0;

	for (int i = 0; i < TX_TRIES && sent < out->n; i++)
		sent += port_tx(q->port, q->queue, out->pkts + sent, (uint16_t)(out->n - sent));
	fwd_sent(w->fwd, port, sent, V_DROP_TX_FULL);
}

// Hands packets to the owner of the port's queue. The owner counts what it takes; what does not fit
// into its ring is ours to count.
static void hand_over(struct worker *w, uint16_t port, struct fwd_out *out)
{
	struct rte_ring *owner = w->tx[port].owner;
	unsigned taken = 0;

	for (uint16_t i = 0; i < out->n; i++)
		*passage_of(out->pkts[i]) = (struct passage){port, out->verdicts[i]};
	if (owner != NULL)
		taken = rte_ring_enqueue_burst(owner, (void **)out->pkts, out->n, NULL);
	for (uint16_t i = 0; i + taken < out->n; i++) {
		out->pkts[i] = out->pkts[i + taken];
		out->lens[i] = out->lens[i + taken];
		out->verdicts[i] = out->verdicts[i + taken];
	}
	out->n = (uint16_t)(out->n - taken);
	if (out->n > 0)
		fwd_sent(w->fwd, port, 0, V_DROP_HANDOFF_FULL);
}

static void send_all(struct worker *w)
{
	for (uint16_t port = 0; port < w->n_ports; port++) {
		struct fwd_out *out = fwd_out(w->fwd, port);
		if (out->n == 0)
			continue;
		if (w->tx[port].own)
			send_own(w, port, out);
		else
			hand_over(w, port, out);
	}
}

// Packets of other workers for our queues join our output with the verdict they came with.
static unsigned take_from_inbox(struct worker *w)
{
	struct rte_mbuf *pkts[FWD_BURST];
	unsigned n = rte_ring_dequeue_burst(w->inbox, (void **)pkts, FWD_BURST, NULL);

	for (unsigned i = 0; i < n; i++) {
		struct passage p = *passage_of(pkts[i]);
		struct fwd_out *out = fwd_out(w->fwd, p.port);
		if (out->n == sizeof(out->pkts) / sizeof(out->pkts[0]))
			send_own(w, p.port, out);
		out->pkts[out->n] = pkts[i];
		out->lens[out->n] = rte_pktmbuf_data_len(pkts[i]);
		out->verdicts[out->n++] = p.verdict;
	}
	return n;
}

static unsigned take_inbox(struct worker *w)
{
	unsigned total = 0, n = 1;

	for (int i = 0; i < OTHERS_BURSTS && n > 0; i++)
		total += n = take_from_inbox(w);
	return total;
}

// Packets out of tunnels that others received.
static unsigned take_flows(struct worker *w, ns_t now)
{
	unsigned total = 0, n;

	for (int i = 0; i < OTHERS_BURSTS && (n = fwd_take_flows(w->fwd, now)) > 0; i++) {
		send_all(w);
		total += n;
	}
	return total;
}

static unsigned take_orders(struct worker *w)
{
	void *words[FWD_BURST];
	uint64_t orders[FWD_BURST];
	unsigned n = rte_ring_dequeue_burst(w->orders, words, FWD_BURST, NULL);

	for (unsigned i = 0; i < n; i++)
		orders[i] = (uint64_t)(uintptr_t)words[i];
	if (n > 0)
		fwd_take_orders(w->fwd, orders, n);
	return n;
}

static unsigned take_input(struct worker *w, ns_t now)
{
	struct rte_mbuf *pkts[FWD_BURST];
	unsigned ordered = w->orders != NULL ? take_orders(w) : 0;
	unsigned total = fwd_turn(w->fwd, now) + take_flows(w, now);

	for (unsigned i = 0; i < w->n_rx; i++) {
		uint16_t n = port_rx(w->rx[i].port, w->rx[i].queue, pkts, FWD_BURST);
		if (n == 0)
			continue;
		fwd_burst(w->fwd, w->rx[i].port->number, pkts, n, now);
		send_all(w);
		total += n;
	}
	if (total == 0)
		total = fwd_flush(w->fwd);
	unsigned n = rte_ring_dequeue_burst(w->inject, (void **)pkts, FWD_BURST, NULL);
	if (n > 0)
		fwd_originate(w->fwd, pkts, (uint16_t)n, now);
	total += n + ordered + take_inbox(w);
	send_all(w);
	return total;
}

static void rest(struct worker *w)
{
	struct timespec nap = {0, (long)w->idle_sleep_us * 1000};

	grace_offline(w->grace, w->number);
	nanosleep(&nap, NULL);
	grace_online(w->grace, w->number);
	telem_count(&w->telem->sleeps, 1);
}

unsigned worker_turn(struct worker *w)
{
	const struct fwd_conf *newest = atomic_load_explicit(&w->conf, memory_order_acquire);

	if (newest != w->current)
		fwd_set_conf(w->fwd, w->current = newest);
	unsigned n = take_input(w, now_ns(w));
	atomic_store_explicit(&w->held, fwd_held(w->fwd), memory_order_relaxed);
	telem_count(&w->telem->polls, 1);
	grace_quiescent(w->grace, w->number);
	return n;
}

int worker_run(void *arg)
{
	struct worker *w = arg;
	uint32_t idle = 0;
	bool due;

	prctl(PR_SET_TIMERSLACK, 1); // else a nap of 100 us takes 150
	grace_online(w->grace, w->number);
	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		if (worker_turn(w) > 0) {
			idle = 0;
			continue;
		}
		telem_count(&w->telem->idle_polls, 1);
		if (w->idle_sleep_us > 0 && ++idle > w->idle_polls && fwd_due(w->fwd) == 0 &&
		    !fwd_is_draining(w->fwd))
			rest(w);
	}
	do {
		due = take_input(w, now_ns(w)) > 0;
		fwd_flush(w->fwd);
		send_all(w);
	} while (due && fwd_due(w->fwd) > 0);
	fwd_stop(w->fwd);
	grace_offline(w->grace, w->number);
	return 0;
}

// Queue q of every port belongs to the same worker, for receiving and for sending, so that a packet
// rarely changes hands. Ports of one queue each all fall to the first worker: seen on veth with
// kernel 6.18, an AF_XDP socket stops receiving for good when another thread sends what it
// received. So where tunnels are spread over such ports, the others forward what the first one
// received, and it sends what they give to its inbox.
static unsigned owner_of(unsigned queue, unsigned n)
{
	return queue % n;
}

static int deal_port(struct worker *workers, unsigned n, struct port *port)
{
	for (uint16_t q = 0; q < port->n_rx; q++) {
		struct worker *w = &workers[owner_of(q, n)];
		if (w->n_rx == WORKER_RXQ_MAX)
			return -ENOSPC;
		w->rx[w->n_rx++] = (struct worker_rxq){port, q};
	}
	// Everybody sends through a queue of his own if he has one, else through some owner's ring.
	for (unsigned i = 0; i < n; i++)
		workers[i].tx[port->number] = (struct worker_txq){
			.port = port, .owner = workers[owner_of(i % port->n_tx, n)].inbox};
	for (unsigned i = 0; i < n; i++)
		workers[i].n_ports = RTE_MAX(workers[i].n_ports, (uint16_t)(port->number + 1));
	for (uint16_t q = 0; q < port->n_tx && q < n; q++)
		workers[owner_of(q, n)].tx[port->number] =
			(struct worker_txq){.port = port, .own = true, .queue = q};
	return 0;
}

int worker_deal(struct worker *workers, unsigned n, struct port *const *ports, unsigned n_ports)
{
	for (unsigned i = 0; i < n_ports; i++) {
		int rc = deal_port(workers, n, ports[i]);
		if (rc != 0)
			return rc;
	}
	return 0;
}
