// The result for programs: one JSON object.
#include "tools/load/load.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *delays(const struct histogram *h, double us)
{
	return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "n", (json_int_t)h->n, "p50_us",
			 (double)histogram_at(h, 0.5) * us, "p90_us",
			 (double)histogram_at(h, 0.9) * us, "p99_us",
			 (double)histogram_at(h, 0.99) * us, "p999_us",
			 (double)histogram_at(h, 0.999) * us, "max_us", (double)h->max * us);
}

static double rate(uint64_t n, ns_t took)
{
	return took > 0 ? (double)n * NS_SEC / (double)took : 0;
}

static json_t *signalling(const struct load *l, double us)
{
	const struct registrar *r = &l->registrar;
	const struct registrar_counts *c = &r->counts;
	json_t *refused = json_object(), *o = delays(&r->answers, us);

	for (unsigned i = 0; i < 256; i++)
		if (c->refused[i] > 0) {
			char status[8];
			snprintf(status, sizeof(status), "%u", i);
			json_object_set_new(refused, status, count(c->refused[i]));
		}
	json_object_set_new(o, "refused", refused);
	if (l->traffic[WAY_DOWN].counts.switched.n > 0)
		json_object_set_new(o, "switched",
				    delays(&l->traffic[WAY_DOWN].counts.switched, us));
	json_object_set_new(o, "registered", count(l->registered_pbus));
	json_object_set_new(o, "registered_per_s",
			    json_real(rate(l->registered_pbus, l->registering)));
	json_object_set_new(o, "left", count(l->left_pbus));
	json_object_set_new(o, "left_per_s", json_real(rate(l->left_pbus, l->leaving)));
	json_object_set_new(o, "pbus", count(c->pbus));
	json_object_set_new(o, "again", count(c->retransmitted));
	json_object_set_new(o, "accepted", count(c->accepted));
	json_object_set_new(o, "unanswered", count(r->waiting));
	json_object_set_new(o, "handovers", count(c->handovers));
	json_object_set_new(o, "moved", count(c->moved));
	json_object_set_new(o, "storms", count(c->storms));
	json_object_set_new(o, "old_answers", count(c->stale));
	json_object_set_new(o, "unexpected", count(c->unexpected));
	json_object_set_new(o, "unreadable", count(c->unreadable));
	json_object_set_new(o, "other_prefix", count(c->other_prefix));
	json_object_set_new(o, "heartbeats", count(c->heartbeats));
	return o;
}

static json_t *direction(const struct load *l, enum frame_way way, double us)
{
	const struct sink_counts *c = &l->traffic[way].counts;
	json_t *wrong = json_object(), *o = delays(&c->delays, us);

	for (enum frame_fault f = FAULT_NONE + 1; f < N_FAULTS; f++)
		if (c->wrong[f] > 0)
			json_object_set_new(wrong, frame_fault_name(f), count(c->wrong[f]));
	json_object_set_new(o, "wrong_by_fault", wrong);
	json_object_set_new(o, "ahead", count(l->ahead[way]));
	json_object_set_new(o, "sent", count(c->sent));
	json_object_set_new(o, "received", count(c->received));
	json_object_set_new(o, "lost", count(sink_lost(c)));
	json_object_set_new(o, "wrong", count(sink_wrong(c)));
	json_object_set_new(o, "late", count(c->late));
	json_object_set_new(o, "twice", count(c->twice));
	json_object_set_new(o, "previous_mag", count(c->previous));
	json_object_set_new(o, "mpps", json_real(rate(c->received, l->traffic_took) / 1e6));
	return o;
}

static json_t *search(const struct load *l)
{
	const struct search *s = &l->search;

	return json_pack("{s:s, s:f, s:o, s:o, s:f, s:o}", "kind", l->args->ndr ? "ndr" : "pdr",
			 "mpps", s->best.sent_rate / 1e6, "sent", count(s->best.sent), "lost",
			 count(s->best.lost), "most_mpps", s->most / 1e6, "trials",
			 count(s->trials));
}

static json_t *whole(const struct load *l)
{
	double us = ticks_stamp_ns(&l->ticks) / 1000;
	json_t *o = json_pack("{s:o, s:o, s:f, s:b}", "nodes", count(l->plan.nodes), "mags",
			      count(l->plan.mags), "seconds", (double)l->traffic_took / NS_SEC,
			      "clean", report_is_clean(l));

	json_object_set_new(o, "signalling", signalling(l, us));
	json_object_set_new(
		o, "icmp_errors",
		count(l->sides[SIDE_CORE].icmp_errors + l->sides[SIDE_BACKBONE].icmp_errors));
	for (enum frame_way way = 0; way < N_WAYS; way++)
		if (l->traffic[way].counts.sent > 0 && l->search.trials == 0)
			json_object_set_new(o, frame_way_name(way), direction(l, way, us));
	if (l->search.trials > 0)
		json_object_set_new(o, "search", search(l));
	if (l->failed[0] != '\0')
		json_object_set_new(o, "failed", json_string(l->failed));
	return o;
}

int report_json(const struct load *l, const char *path)
{
	json_t *o = whole(l);
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	int rc = 0;

	if (o == NULL || out == NULL)
		rc = out == NULL ? -errno : -ENOMEM;
	else if (json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) != 0 ||
		 fputc('\n', out) == EOF)
		rc = -EIO;
	if (out != NULL && out != stdout && fclose(out) != 0 && rc == 0)
		rc = -errno;
	json_decref(o);
	return rc;
}
