// Who a node is, and whether it may be served: from the table of MAC and NAI, or <mac>@realm.
//
// Decides nothing about a node that is known already.
#include "mob/mag_engine.h"

static const char hex[] = "0123456789abcdef";

// <mac>@realm for a node in no row of the table; its length, 0: not served.
static uint8_t write_nai(const struct mag *m, const uint8_t mac[6], char out[BUL_MAX_MN_ID])
{
	size_t realm = strlen(m->conf.realm);

	if (realm == 0 || realm > BUL_MAX_MN_ID - 13)
		return 0;
	for (int i = 0; i < 6; i++) {
		out[2 * i] = hex[mac[i] >> 4];
		out[2 * i + 1] = hex[mac[i] & 15];
	}
	out[12] = '@';
	memcpy(out + 13, m->conf.realm, realm);
	return (uint8_t)(13 + realm);
}

static uint64_t hash_mac(const struct mag *m, const uint8_t mac[6])
{
	return siphash(m->key, mac, 6);
}

static struct span identify(const struct mag *m, const uint8_t mac[6], char own[BUL_MAX_MN_ID])
{
	struct map_cursor c;
	uint32_t i = map_first(&m->node_rows, hash_mac(m, mac), &c);

	for (; i != MAP_NONE; i = map_next(&m->node_rows, &c)) {
		const struct mag_node_conf *row = &m->conf.nodes[i];
		if (memcmp(row->mac, mac, 6) == 0)
			return (struct span){(const uint8_t *)row->nai,
					     (uint16_t)strnlen(row->nai, sizeof(row->nai))};
	}
	return (struct span){(const uint8_t *)own, write_nai(m, mac, own)};
}

// MAG-MH-02: the same interface of a node at another place of ours: the older attachment ends
// without a de-registration, which would end the new one too.
static void end_older(struct mag *m, struct span nai, struct mag_link link)
{
	uint32_t i = bul_find_mn_id(&m->bul, nai, BUL_NULL);

	while (i != BUL_NULL) {
		if (memcmp(entry_of(m, i)->link.mac, link.mac, sizeof(link.mac)) == 0) {
			forget(m, i);
			return; // there is no third
		}
		i = bul_find_mn_id(&m->bul, nai, i);
	}
}

uint32_t appear(struct mag *m, struct mag_link link, struct span nai)
{
	static const uint8_t no_mac[6];
	char own[BUL_MAX_MN_ID];

	if ((link.mac[0] & 1) != 0 || memcmp(link.mac, no_mac, sizeof(no_mac)) == 0)
		return BUL_NULL; // nobody's source address (MAG-REG-10)
	if (nai.n == 0)
		nai = identify(m, link.mac, own);
	if (nai.n == 0 || nai.n > BUL_MAX_MN_ID) {
		note(m, MAG_NOTE_NO_PROFILE); // MAG-PP-01
		return BUL_NULL;
	}
	if (m->bul.n_pending >= m->conf.max_pending) {
		note(m, MAG_NOTE_PENDING_FULL);
		return BUL_NULL;
	}
	end_older(m, nai, link);
	uint32_t i = bul_add(&m->bul, link, nai);
	if (i == BUL_NULL) {
		note(m, MAG_NOTE_FULL);
		return BUL_NULL;
	}
	struct bul_entry *e = entry_of(m, i);
	e->since = e->heard = m->now.mono;
	e->due_probe = m->now.mono + m->conf.probe_after;
	note_of(m, MAG_NOTE_ATTACHED, i);
	return i;
}
