// Messages made octet by octet, parsed from memory of exactly their size.
#include "test/unit/wire/bytes.h"

#include <stdlib.h>

struct ip6_addr addr_of(const char *text)
{
	struct ip6_addr a = {0};

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

struct ip6_addr mag_addr(void)
{
	return addr_of("2001:db8:0:1::a");
}

struct ip6_addr lma_addr(void)
{
	return addr_of("2001:db8:0:1::1");
}

void seal(uint8_t *mh, size_t n)
{
	// The pseudo-header of RFC 8200 8.1 laid out as it stands there, then summed like any
	// octets.
	uint8_t all[40 + MH_MAX_LEN] = {0};
	uint32_t sum = 0;

	assert_true(n <= MH_MAX_LEN);
	memcpy(all, mag_addr().a, 16);
	memcpy(all + 16, lma_addr().a, 16);
	all[34] = (uint8_t)(n >> 8);
	all[35] = (uint8_t)n;
	all[39] = 135;
	mh[4] = mh[5] = 0;
	memcpy(all + 40, mh, n);
	for (size_t i = 0; i < 40 + n; i += 2)
		sum += (uint32_t)all[i] << 8 | all[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	mh[4] = (uint8_t)(~sum >> 8);
	mh[5] = (uint8_t)~sum;
}

size_t message_with(uint8_t *buf, uint8_t type, size_t fixed, const void *options, size_t n)
{
	size_t len = (fixed + n + 7) / 8 * 8;

	assert_true(len <= MH_MAX_LEN);
	memset(buf, 0, len);
	buf[0] = 59;
	buf[1] = (uint8_t)(len / 8 - 1);
	buf[2] = type;
	if (n > 0)
		memcpy(buf + fixed, options, n);
	seal(buf, len);
	return len;
}

enum mh_err parse(const uint8_t *mh, size_t n, struct mh *out)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);
	struct mh copy;

	assert_non_null(exact);
	if (n > 0)
		memcpy(exact, mh, n);
	// An allocation has at least one octet: none at all stands at its end.
	const uint8_t *at = n > 0 ? exact : exact + 1;
	enum mh_err err = mh_parse((struct span){at, (uint16_t)n}, mag_addr(), lma_addr(), &copy);
	free(exact);
	assert_int_equal(mh_parse((struct span){mh, (uint16_t)n}, mag_addr(), lma_addr(), out),
			 err);
	return err;
}

enum mh_err parse_bu(const void *options, size_t n, struct mh *out)
{
	static uint8_t buf[MH_MAX_LEN]; // options hold views into it, until the next call

	return parse(buf, message_with(buf, MH_BU, BU_FIXED, options, n), out);
}

static void assert_same_span(struct span a, struct span b)
{
	assert_int_equal(a.n, b.n);
	if (a.n > 0)
		assert_memory_equal(a.p, b.p, a.n);
}

static void assert_same_option(const struct mh_opt *a, const struct mh_opt *b)
{
	assert_int_equal(a->type, b->type);
	switch (a->type) {
	case OPT_REFRESH_ADVICE:
		assert_int_equal(a->refresh_advice.interval_4s, b->refresh_advice.interval_4s);
		break;
	case OPT_ALT_COA:
		assert_memory_equal(a->alt_coa.addr.a, b->alt_coa.addr.a, 16);
		break;
	case OPT_MN_ID:
		assert_int_equal(a->mn_id.subtype, b->mn_id.subtype);
		assert_same_span(a->mn_id.id, b->mn_id.id);
		break;
	case OPT_SERVICE:
		assert_same_span(a->service.name, b->service.name);
		break;
	case OPT_HNP:
		assert_int_equal(a->hnp.prefix_len, b->hnp.prefix_len);
		assert_memory_equal(a->hnp.prefix.a, b->hnp.prefix.a, 16);
		break;
	case OPT_HANDOFF:
		assert_int_equal(a->handoff.indicator, b->handoff.indicator);
		break;
	case OPT_ACCESS:
		assert_int_equal(a->access.tech, b->access.tech);
		break;
	case OPT_LL_ID:
		assert_same_span(a->ll_id.id, b->ll_id.id);
		break;
	case OPT_LLA:
		assert_memory_equal(a->lla.addr.a, b->lla.addr.a, 16);
		break;
	case OPT_TIMESTAMP:
		assert_true(a->timestamp.wall_q16 == b->timestamp.wall_q16);
		break;
	case OPT_RESTART_COUNTER:
		assert_true(a->restart_counter.count == b->restart_counter.count);
		break;
	case OPT_VENDOR:
		assert_true(a->vendor.vendor == b->vendor.vendor);
		assert_int_equal(a->vendor.subtype, b->vendor.subtype);
		assert_same_span(a->vendor.data, b->vendor.data);
		break;
	case OPT_GRE_KEY:
		assert_same_span(a->gre_key.key, b->gre_key.key);
		break;
	case OPT_IPV4_HOA:
		assert_int_equal(a->ipv4_hoa.prefix_len_10, b->ipv4_hoa.prefix_len_10);
		assert_true(a->ipv4_hoa.addr == b->ipv4_hoa.addr);
		break;
	case OPT_CONTEXT_REQUEST:
		assert_same_span(a->context_request.wanted, b->context_request.wanted);
		break;
	case OPT_LMAA:
		assert_int_equal(a->lmaa.code, b->lmaa.code);
		assert_same_span(a->lmaa.addr, b->lmaa.addr);
		break;
	case OPT_LLA_IID:
		assert_true(a->lla_iid.iid == b->lla_iid.iid);
		break;
	}
}

void assert_same_message(const struct mh *a, const struct mh *b)
{
	assert_int_equal(a->type, b->type);
	switch (a->type) {
	case MH_BRR:
		break; // has no fields
	case MH_BU:
		assert_int_equal(a->bu.seq, b->bu.seq);
		assert_int_equal(a->bu.flags, b->bu.flags);
		assert_int_equal(a->bu.lifetime_4s, b->bu.lifetime_4s);
		break;
	case MH_BA:
		assert_int_equal(a->ba.status, b->ba.status);
		assert_int_equal(a->ba.flags, b->ba.flags);
		assert_int_equal(a->ba.seq, b->ba.seq);
		assert_int_equal(a->ba.lifetime_4s, b->ba.lifetime_4s);
		break;
	case MH_HEARTBEAT:
		assert_int_equal(a->heartbeat.flags, b->heartbeat.flags);
		assert_true(a->heartbeat.seq == b->heartbeat.seq);
		break;
	case MH_HI:
		assert_int_equal(a->hi.seq, b->hi.seq);
		assert_int_equal(a->hi.flags, b->hi.flags);
		assert_int_equal(a->hi.code, b->hi.code);
		break;
	case MH_HACK:
		assert_int_equal(a->hack.seq, b->hack.seq);
		assert_int_equal(a->hack.flags, b->hack.flags);
		assert_int_equal(a->hack.code, b->hack.code);
		break;
	case MH_BE:
		assert_int_equal(a->be.status, b->be.status);
		assert_memory_equal(a->be.home.a, b->be.home.a, 16);
		break;
	}
	assert_int_equal(a->opts.n, b->opts.n);
	for (unsigned i = 0; i < a->opts.n; i++)
		assert_same_option(&a->opts.v[i], &b->opts.v[i]);
}
