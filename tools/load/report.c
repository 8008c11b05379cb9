// The table for people.
#include "tools/load/load.h"

static const double shares[] = {0.5, 0.9, 0.99, 0.999};

static uint64_t refused(const struct load *l)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 256; i++)
		n += l->registrar.counts.refused[i];
	return n;
}

bool report_is_clean(const struct load *l)
{
	for (unsigned way = 0; way < N_WAYS; way++) {
		const struct sink_counts *c = &l->traffic[way].counts;
		if (sink_lost(c) + sink_wrong(c) + c->late + c->twice > 0)
			return false;
	}
	return l->failed[0] == '\0' && refused(l) == 0 && l->registrar.waiting == 0 &&
	       l->registrar.counts.other_prefix == 0;
}

static void say_delays(FILE *out, const char *what, const struct histogram *h, double us)
{
	if (h->n == 0)
		return;
	fprintf(out, "               %s", what);
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		fprintf(out, "  p%g %.1f", shares[i] * 100,
			(double)histogram_at(h, shares[i]) * us);
	fprintf(out, "  max %.1f us\n", (double)h->max * us);
}

static void say_phase(FILE *out, const char *what, uint64_t n, ns_t took)
{
	if (took > 0)
		fprintf(out, "%-14s %lu accepted in %.2f s, %.0f a second\n", what, n,
			(double)took / NS_SEC, (double)n * NS_SEC / (double)took);
}

static void say_signalling(const struct load *l, FILE *out, double us)
{
	const struct registrar *r = &l->registrar;
	const struct registrar_counts *c = &r->counts;

	say_phase(out, "registration", l->registered_pbus, l->registering);
	if (c->handovers > 0)
		fprintf(out, "handovers      %lu begun, %lu accepted, %lu storms\n", c->handovers,
			c->moved, c->storms);
	say_phase(out, "leaving", l->left_pbus, l->leaving);
	fprintf(out,
		"signalling     %lu PBUs, %lu of them again; %lu accepted, %lu refused, "
		"%u without an answer\n",
		c->pbus, c->retransmitted, c->accepted, refused(l), r->waiting);
	for (unsigned i = 0; i < 256; i++)
		if (c->refused[i] > 0)
			fprintf(out, "               %lu refused with %u, %s\n", c->refused[i], i,
				pba_status_name((uint8_t)i));
	if (c->stale + c->unexpected + c->unreadable + c->other_prefix > 0)
		fprintf(out,
			"               %lu old answers, %lu unexpected, %lu unreadable messages, "
			"%lu prefixes missing or changed\n",
			c->stale, c->unexpected, c->unreadable, c->other_prefix);
	say_delays(out, "PBU to PBA", &r->answers, us);
	say_delays(out, "PBU to the first packet by the new MAG",
		   &l->traffic[WAY_DOWN].counts.switched, us);
}

static void say_way(const struct load *l, enum frame_way way, FILE *out, double us)
{
	const struct sink_counts *c = &l->traffic[way].counts;

	if (c->sent == 0 || l->search.trials > 0) // of a search: the last trial's alone
		return;
	double s = (double)l->traffic_took / NS_SEC;
	fprintf(out, "%-14s %lu sent, %lu received, %lu lost, %lu wrong; %.3f Mpps, %.2f Gb/s\n",
		frame_way_name(way), c->sent, c->received, sink_lost(c), sink_wrong(c),
		(double)c->received / s / 1e6, (double)c->sent_octets * 8 / s / 1e9);
	double asked = way == WAY_DOWN ? l->args->downlink : l->args->uplink;
	if (asked > 0 && (double)c->sent < 0.95 * asked * s)
		fprintf(out, "               %.3f Mpps asked for, %.3f sent: held up by %s\n",
			asked / 1e6, (double)c->sent / s / 1e6,
			l->args->in_flight > 0 ? "--in-flight, the port or the CPU"
					       : "the port or the CPU");
	fprintf(out, "               %lu out of order, %lu twice, %lu by the previous MAG\n",
		c->late, c->twice, c->previous);
	for (enum frame_fault f = FAULT_NONE + 1; f < N_FAULTS; f++)
		if (c->wrong[f] > 0)
			fprintf(out, "               %lu wrong: %s\n", c->wrong[f],
				frame_fault_text(f));
	say_delays(out, "delay", &c->delays, us);
}

static void say_search(const struct load *l, FILE *out)
{
	const struct search *s = &l->search;

	if (s->trials == 0)
		return;
	fprintf(out,
		"%-14s %.3f Mpps with %lu of %lu lost, after %u trials of %u s; %.3f Mpps is the "
		"most that was sent\n",
		l->args->ndr ? "NDR" : "PDR", s->best.sent_rate / 1e6, s->best.lost, s->best.sent,
		s->trials, l->args->trial_s, s->most / 1e6);
}

void report_text(const struct load *l, FILE *out)
{
	double us = ticks_stamp_ns(&l->ticks) / 1000;

	fprintf(out, "played         %u nodes at %u MAGs\n", l->plan.nodes, l->plan.mags);
	say_signalling(l, out, us);
	for (enum frame_way way = 0; way < N_WAYS; way++)
		say_way(l, way, out, us);
	say_search(l, out);
	if (l->sides[SIDE_CORE].icmp_errors + l->sides[SIDE_BACKBONE].icmp_errors > 0)
		fprintf(out, "ICMPv6 errors  %lu on the core side, %lu on the backbone side\n",
			l->sides[SIDE_CORE].icmp_errors, l->sides[SIDE_BACKBONE].icmp_errors);
	if (l->strange[SIDE_CORE] + l->strange[SIDE_BACKBONE] > 0)
		fprintf(out,
			"others         %lu packets on the core side, %lu on the backbone side\n",
			l->strange[SIDE_CORE], l->strange[SIDE_BACKBONE]);
}
