// Taps opened, and pumped in both directions.
#include "app/common/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/common/plane.h"

enum { FRAMES_A_TURN = 64, MAC_PAIR = 12, TAG_LEN = 4, ETH_LEN = 14, TYPE_VLAN = 0x8100 };

// The netdev of an AF_XDP port is the kernel's side itself; a port that only reads a netdev, or has
// none, reaches the kernel by a TAP.
static bool needs_tap(const struct plane *p, const struct plane_interface *i)
{
	return i->conf->role != CONF_ACCESS && i->conf->twin[0] != '\0' &&
	       strcmp(p->ports[i->port]->ops->name, "af_xdp") != 0;
}

// A netdev that was set up a moment ago says so a moment later: its TAP would begin without a
// carrier, and what the kernel asks there be lost.
static void await_link(struct port *port, struct port_link *link)
{
	static const struct timespec nap = {0, 10 * 1000 * 1000};

	port->ops->link(port, link);
	for (int i = 0; i < 50 && !link->up; i++) {
		nanosleep(&nap, NULL);
		port->ops->link(port, link);
	}
}

int relay_start(struct plane *p, char *why, size_t n)
{
	for (unsigned i = 0; i < p->n_interfaces; i++) {
		struct plane_interface *in = &p->interfaces[i];
		struct port *port = p->ports[in->port];
		struct port_link link = {.mtu = 1500};
		if (!needs_tap(p, in))
			continue;
		await_link(port, &link);
		p->link_up[in->port] = link.up;
		int rc = tap_open(in->conf->twin, link.mac, link.mtu, &in->relay.tap, why, n);
		if (rc != 0)
			return rc;
		(void)tap_carrier(in->relay.tap, link.up);
	}
	return 0;
}

void relay_done(struct plane *p)
{
	for (unsigned i = 0; i < p->n_interfaces; i++)
		tap_close(p->interfaces[i].relay.tap);
}

void relay_carrier(struct plane *p, uint16_t port, bool up)
{
	for (unsigned i = 0; i < p->n_interfaces; i++)
		if (p->interfaces[i].port == port && p->interfaces[i].relay.tap != NULL)
			(void)tap_carrier(p->interfaces[i].relay.tap, up);
}

static struct tap *tap_of(const struct plane *p, uint16_t port, uint16_t vlan)
{
	for (unsigned i = 0; i < p->n_interfaces; i++)
		if (p->interfaces[i].port == port && p->interfaces[i].conf->vlan == vlan)
			return p->interfaces[i].relay.tap;
	return NULL;
}

// The kernel sees no tag on an interface's own TAP.
static void take_tag_off(struct rte_mbuf *m)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	if (rte_pktmbuf_data_len(m) < ETH_LEN + TAG_LEN)
		return;
	memmove(frame + TAG_LEN, frame, MAC_PAIR);
	rte_pktmbuf_adj(m, TAG_LEN);
}

static void put_tag_on(struct rte_mbuf *m, uint16_t vlan)
{
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, TAG_LEN);

	if (frame == NULL) // never: the buffer is new, and has its headroom
		return;
	memmove(frame, frame + TAG_LEN, MAC_PAIR);
	frame[12] = TYPE_VLAN >> 8;
	frame[13] = TYPE_VLAN & 0xff;
	frame[14] = (uint8_t)(vlan >> 8);
	frame[15] = (uint8_t)vlan;
}

static void give_to_kernel(struct plane *p, struct rte_mbuf *m)
{
	const struct fwd_punt *note = fwd_punt_of(m);
	struct tap *tap = tap_of(p, note->port, note->vlan);

	if (tap == NULL) {
		p->relayed.no_twin++;
	} else {
		if (note->vlan != 0)
			take_tag_off(m);
		if (tap_write(tap, rte_pktmbuf_mtod(m, void *), rte_pktmbuf_data_len(m)) == 0)
			p->relayed.to_kernel++;
		else
			p->relayed.refused++;
	}
	rte_pktmbuf_free(m);
}

// False: the kernel has nothing more just now.
static bool take_from_kernel(struct plane *p, const struct plane_interface *in)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);

	if (m == NULL) {
		p->relayed.no_mbuf++; // it waits in the TAP's queue
		return false;
	}
	int n = tap_read(in->relay.tap, rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m));
	if (n <= 0) {
		rte_pktmbuf_free(m);
		return false;
	}
	rte_pktmbuf_append(m, (uint16_t)n);
	if (in->conf->vlan != 0 && n >= ETH_LEN)
		put_tag_on(m, in->conf->vlan);
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_FROM_KERNEL, .port = in->port};
	if (rte_ring_enqueue(p->workers[0].inject, m) != 0) {
		p->relayed.ring_full++;
		rte_pktmbuf_free(m);
		return false;
	}
	p->relayed.from_kernel++;
	return true;
}

bool relay_turn(struct plane *p)
{
	struct rte_mbuf *pkts[FRAMES_A_TURN];
	unsigned n = 0;
	bool moved = false;

	if (p->relay == NULL)
		return false;
	n = rte_ring_dequeue_burst(p->relay, (void **)pkts, FRAMES_A_TURN, NULL);
	for (unsigned i = 0; i < n; i++)
		give_to_kernel(p, pkts[i]);
	for (unsigned i = 0; i < p->n_interfaces; i++) {
		if (p->interfaces[i].relay.tap == NULL)
			continue;
		for (unsigned k = 0; k < FRAMES_A_TURN; k++) {
			if (!take_from_kernel(p, &p->interfaces[i]))
				break;
			moved = true;
		}
	}
	return moved || n > 0;
}
