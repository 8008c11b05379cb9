// Writes the seeds of the corpus 'mh': one file for each message, for each message with each
// option, and one with all of them. What the fuzzer found beyond these has its hash for a name.
//
// seeds_mh DIR
#include <stdio.h>

#include "wire/mh.h"

static const struct ip6_addr mag = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a}};
static const struct ip6_addr lma = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x01}};
static const uint8_t octets[] = "mn1@example.com";

static const struct mh_opt options[] = {
	{.type = OPT_ALT_COA, .alt_coa.addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 7}}},
	{.type = OPT_MN_ID, .mn_id = {MN_ID_NAI, {octets, 15}}},
	{.type = OPT_HNP, .hnp = {64, {{0x20, 0x01, 0x0d, 0xb8, 0, 1}}}},
	{.type = OPT_HANDOFF, .handoff.indicator = HI_BETWEEN_MAGS},
	{.type = OPT_ACCESS, .access.tech = 3},
	{.type = OPT_LL_ID, .ll_id.id = {octets, 6}},
	{.type = OPT_LLA, .lla.addr = {{0xfe, 0x80, [15] = 1}}},
	{.type = OPT_TIMESTAMP, .timestamp.wall_q16 = 0x18000},
};
enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

// Silent where the message may not carry the option: there is no seed of that.
static bool write_seed(const char *dir, const char *name, const struct mh *mh)
{
	char path[4096];
	uint8_t buf[MH_MAX_LEN];
	struct writer w = wr_over(buf, sizeof(buf));

	if (!mh_emit(&w, mag, lma, mh))
		return true;
	snprintf(path, sizeof(path), "%s/%s-%s", dir, mh_type_name((unsigned)mh->type), name);
	FILE *f = fopen(path, "wb");
	if (f == NULL) {
		perror(path);
		return false;
	}
	bool ok = fwrite(buf, 1, wr_len(&w), f) == wr_len(&w);
	return fclose(f) == 0 && ok;
}

static bool write_seeds(const char *dir, struct mh mh)
{
	bool ok = write_seed(dir, "plain", &mh);

	for (unsigned i = 0; i < N_OPTIONS; i++) {
		*mh_add(&mh, options[i].type) = options[i];
		ok = write_seed(dir, mh_opt_name((unsigned)options[i].type), &mh) && ok;
		mh.opts.n = 0;
	}
	for (unsigned i = mh.type == MH_BU ? 0 : 1; i < N_OPTIONS; i++)
		*mh_add(&mh, options[i].type) = options[i];
	return write_seed(dir, "all", &mh) && ok;
}

int main(int argc, char **argv)
{
	static const struct mh messages[] = {
		{.type = MH_BU, .bu = {0x1234, BU_A | BU_P, 25}},
		{.type = MH_BA, .ba = {PBA_ACCEPTED, BA_P, 0x1234, 25}},
		{.type = MH_BE, .be = {.status = BE_UNKNOWN_MH_TYPE}},
	};
	bool ok = true;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		ok = write_seeds(argv[1], messages[i]) && ok;
	return ok ? 0 : 1;
}
