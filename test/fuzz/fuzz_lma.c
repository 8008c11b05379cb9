// The engine of an LMA from a script: the first octets choose a configuration, each further step is
// one thing that happens: a binding update with wrong fields, any octets as a message, time, clocks
// that step, an operator, workers without room, a new start.
//
// What must hold are the simulation's: after each step its ledger looks at workers' tables,
// promises and counters, and its model says what the LMA should have said. At the end time runs
// until nothing is left. test/sim/sim.h says which file is for what.
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "test/sim/model.h"

enum { MAX_SCRIPT = 4096, MAX_STEPS = 300, MAX_ENDS = 20000 };
static const uint64_t START_S = 1700000000;

static struct world w;
static struct reader script;
static bool is_drawing;  // happens() asks the generator, else the step
static uint8_t failures; // of BINDs in this step: a bit each

// ---- What the simulation's files ask of its main program and of its network.

_Noreturn void broke(const struct world *world, const char *what)
{
	fprintf(stderr, "step %llu: broken: %s\n", (unsigned long long)world->step, what);
	abort();
}

bool happens(struct world *world, uint32_t one_in)
{
	bool yes = (failures & 1) != 0;

	if (is_drawing)
		return rng_below(&world->rng, one_in) == 0;
	failures >>= 1;
	return yes;
}

void trace(const struct world *world, const char *what, const struct mh *mh, uint32_t number)
{
	char line[400];

	if (world->trace_from > 0)
		fprintf(stderr, "%s %u %s\n", what, number, mh_print(mh, line, sizeof(line)));
}

void trace_action(const struct world *world, const struct lma_action *a)
{
	char text[IP6_PREFIX_TEXT];

	if (world->trace_from == 0)
		return;
	if (a->kind == LMA_NOTE)
		fprintf(stderr, "    %s\n", lma_note_text(a->note.kind));
	else if (a->kind == LMA_SEND)
		trace(world, "    send", a->send.mh, 0);
	else
		fprintf(stderr, "    %c %s\n", "BDU"[a->kind],
			ip6_prefix_format(a->bind.hnp, text));
}

// Nobody hears it; whether it can be read was asked already.
void transmit(struct world *world, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	uint8_t bytes[MH_MAX_LEN];
	struct writer out = wr_over(bytes, sizeof(bytes));

	(void)world;
	REQUIRE(mh_emit(&out, src, dst, mh));
}

// ---- Time.

static void move_to(ns_t mono)
{
	if (mono > w.now.mono)
		w.now.mono = mono;
	w.now.wall_q16 = wall_q16_from_ns(START_S * NS_SEC + w.now.mono + (uint64_t)w.wall_off);
}

static void look(void)
{
	ledger_check(&w);
	if (w.setup.modelled)
		model_check(&w);
}

static void tick_at(ns_t time)
{
	move_to(time);
	tell(&w, &(struct lma_event){.kind = LMA_TICK});
	look();
}

static void pass(ns_t ns)
{
	ns_t end = w.now.mono + ns;
	uint32_t ends = 0;

	while (lma_deadline(w.lma) < end) {
		tick_at(lma_deadline(w.lma));
		REQUIRE(++ends < MAX_ENDS); // it would never rest
	}
	move_to(end);
}

// ---- Binding updates. Every octet that is 0 is what an honest MAG sends.

enum { NO_NAME = 1, NO_HI = 2, NO_ATT = 4, NO_LL_ID = 8, NO_STAMP = 16 };
enum { SERVICE = 32, LLA = 64, ALT_COA = 128 };
enum { HNP_ZERO, HNP_GRANTED, HNP_LONGER, HNP_FIRST }; // from there on the numbers of prefixes

// One more, or one that is written in vain when there are as many as there may be.
static struct mh_opt *add(struct mh *mh, enum opt_type type)
{
	static struct mh_opt spare;
	struct mh_opt *opt = mh_add(mh, type);

	return opt != NULL ? opt : &spare;
}

static void put_hnp(struct mh *mh, struct ip6_prefix hnp)
{
	struct mh_opt *opt = add(mh, OPT_HNP);

	opt->hnp.prefix = hnp.addr;
	opt->hnp.prefix_len = hnp.len;
}

static void put_hnps(struct mh *mh, const struct session *s)
{
	uint8_t n = rd_u8(&script);

	// The upper half is none; else one, or up to 16 of them.
	for (uint8_t i = 0; n < 128 && i <= n % 16; i++) {
		uint8_t what = rd_u8(&script);
		struct ip6_prefix hnp = {.len = 0};
		if (what >= HNP_LONGER)
			hnp = prefix_of_number(&w.setup, (what - HNP_LONGER) % w.setup.n_prefixes);
		hnp.len = (uint8_t)(hnp.len + (what == HNP_LONGER));
		for (uint8_t k = 0; what == HNP_GRANTED && k < s->n_hnps; k++)
			put_hnp(mh, s->hnps[k]);
		if (what != HNP_GRANTED || s->n_hnps == 0)
			put_hnp(mh, hnp);
	}
}

static void put_identity(struct mh *mh, const struct iface *f, uint8_t options)
{
	if (!(options & NO_NAME)) {
		struct mh_opt *opt = add(mh, OPT_MN_ID);
		opt->mn_id.subtype = f->name_kind;
		opt->mn_id.id = (struct span){(const uint8_t *)f->name, f->name_len};
	}
	if (!(options & NO_LL_ID) && f->ll_id_len > 0)
		add(mh, OPT_LL_ID)->ll_id.id = (struct span){f->ll_id, f->ll_id_len};
	if (options & SERVICE) {
		const char *name = service_name(1 + rd_u8(&script) % 3u);
		add(mh, OPT_SERVICE)->service.name =
			(struct span){(const uint8_t *)name, (uint16_t)strlen(name)};
	}
}

static void put_others(struct mh *mh, const struct iface *f, uint8_t options, uint8_t hi)
{
	if (!(options & NO_HI))
		add(mh, OPT_HANDOFF)->handoff.indicator = hi;
	if (!(options & NO_ATT))
		add(mh, OPT_ACCESS)->access.tech = f->att;
	if (options & LLA)
		add(mh, OPT_LLA)->lla.addr = ip6_from64(0xfe80000000000000, rd_u8(&script) % 8u);
	if (options & ALT_COA)
		add(mh, OPT_ALT_COA)->alt_coa.addr = mag_addr(rd_u8(&script) % N_MAGS);
	if (!(options & NO_STAMP)) {
		int64_t off = (int8_t)rd_u8(&script) * 1024;
		add(mh, OPT_TIMESTAMP)->timestamp.wall_q16 = w.now.wall_q16 + (uint64_t)off;
	}
}

// Octets to the LMA, read as its control thread does.
static void receive(struct span wire, struct ip6_addr src, struct ip6_addr dst, uint8_t waited)
{
	struct mh mh;
	enum mh_err err = mh_parse(wire, src, dst, &mh);
	struct lma_event message = {
		.kind = LMA_MESSAGE,
		.message = {.src = src, .dst = dst, .arrival_wall_q16 = w.now.wall_q16, .mh = &mh}};
	struct lma_event bad = {.kind = LMA_BAD_MESSAGE, .bad = {src, dst, err, mh.type}};

	message.message.arrival_wall_q16 -= (uint64_t)waited * 256;
	if (err == MH_OK)
		trace(&w, "receive", &mh, (uint32_t)ip6_hi64(src) & 0xf);
	tell(&w, err == MH_OK ? &message : &bad);
}

static void seal(uint8_t *bytes, uint16_t n, struct ip6_addr src, struct ip6_addr dst)
{
	bytes[4] = bytes[5] = 0;
	uint16_t sum = mh_checksum(src, dst, (struct span){bytes, n});
	bytes[4] = (uint8_t)(sum >> 8);
	bytes[5] = (uint8_t)sum;
}

// What the interface was granted, to claim it again.
static void keep_granted(uint32_t iface)
{
	struct session *s = &w.mags[0].sessions[iface];
	const struct mh_opt *opt = NULL;

	if (w.n_pbas == 0 || w.pbas[0].type != MH_BA || w.pbas[0].ba.status >= 128)
		return;
	s->n_hnps = 0;
	while (s->n_hnps < MAX_HNPS && (opt = mh_find_next(&w.pbas[0], OPT_HNP, opt)) != NULL)
		s->hnps[s->n_hnps++] = (struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len};
}

static void update(void)
{
	uint8_t who = rd_u8(&script), where = rd_u8(&script), hi = rd_u8(&script);
	uint8_t options = rd_u8(&script), life = rd_u8(&script), spoilt = rd_u8(&script);
	uint32_t iface = who % N_IFACES;
	struct ip6_addr src = mag_addr(where % N_MAGS), dst = lma_addr(where / 8 % N_LMAAS);
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_A | BU_P}};
	uint8_t bytes[MH_MAX_LEN];
	struct writer out = wr_over(bytes, sizeof(bytes));

	mh.bu.lifetime_4s = (uint16_t)(life == 255 ? UINT16_MAX : life);
	mh.bu.seq = (uint16_t)(w.mags[0].seq++ - hi / 8); // repeats, and numbers that are too old
	put_identity(&mh, &w.ifaces[iface], options);
	put_hnps(&mh, &w.mags[0].sessions[iface]);
	put_others(&mh, &w.ifaces[iface], options, (uint8_t)((hi + 1) % 8));
	if (!mh_emit(&out, src, dst, &mh))
		return;
	uint16_t n = (uint16_t)wr_len(&out);
	for (int i = 0; i < spoilt % 4; i++)
		bytes[rd_u16(&script) % n] = rd_u8(&script);
	if (spoilt < 128)
		seal(bytes, n, src, dst);
	receive((struct span){bytes, n}, src, dst, where / 32);
	keep_granted(iface);
}

// Any octets, from anybody.
static void say_octets(void)
{
	uint8_t bytes[256] = {0}, where = rd_u8(&script), n = rd_u8(&script);
	struct ip6_addr src = mag_addr(where % N_MAGS), dst = lma_addr(where / 8 % N_LMAAS);
	struct span given = rd_bytes(&script, n);

	if (given.n > 0)
		memcpy(bytes, given.p, given.n);
	uint16_t len = (uint16_t)((bytes[1] + 1) * 8);
	if (given.n >= 8 && len <= given.n)
		seal(bytes, len, src, dst);
	receive((struct span){bytes, given.n}, src, dst, 0);
}

static void beat(void)
{
	uint8_t where = rd_u8(&script), seq = rd_u8(&script);
	struct mh mh = {.type = MH_HEARTBEAT};
	uint8_t bytes[64];
	struct writer out = wr_over(bytes, sizeof(bytes));
	struct ip6_addr src = mag_addr(where % N_MAGS), dst = lma_addr(0);

	mh.heartbeat.flags = where / 8 % 4;
	mh.heartbeat.seq = seq;
	if (where & 64)
		mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = where / 128;
	REQUIRE(mh_emit(&out, src, dst, &mh));
	receive((struct span){bytes, (uint16_t)wr_len(&out)}, src, dst, 0);
}

// ---- Steps.

static void forbid(void)
{
	uint8_t err = rd_u8(&script), where = rd_u8(&script);

	tell(&w,
	     &(struct lma_event){.kind = LMA_BAD_MESSAGE,
				 .bad = {mag_addr(where % N_MAGS), lma_addr(where / 8 % N_LMAAS),
					 MH_OK + 1 + err % (MH_N_ERRS - 1), MH_BU}});
}

static void operate(void)
{
	uint32_t i = rd_u8(&script) % w.setup.n_prefixes;

	tell(&w,
	     &(struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix_of_number(&w.setup, i)});
}

static void restart(void)
{
	is_drawing = true;
	w.restarts = 0; // no crowd: it costs too much
	start_lma(&w);
	is_drawing = false;
}

enum { SAY = 8, BEAT, FORBID, OPERATE, PASS, WAIT, SLEEP, STEP_CLOCK, RESTART, N_STEPS };

static void follow(void)
{
	uint8_t what = rd_u8(&script);

	failures = what < 192 ? 0 : rd_u8(&script);
	switch (what % N_STEPS) {
	case SAY:
		return say_octets();
	case BEAT:
		return beat();
	case FORBID:
		return forbid();
	case OPERATE:
		return operate();
	case PASS:
		return pass(rd_u8(&script) * 20 * NS_MSEC);
	case WAIT:
		return pass(rd_u8(&script) * NS_SEC);
	case SLEEP: // nobody calls
		return move_to(w.now.mono + rd_u8(&script) * 100 * NS_MSEC);
	case STEP_CLOCK:
		w.wall_off += (int8_t)rd_u8(&script) * 50 * (int64_t)NS_MSEC;
		return move_to(w.now.mono);
	case RESTART:
		return restart();
	default:
		return update();
	}
}

// What one input leaves must not be there for the next.
static void start(uint16_t seed)
{
	w.step = 0;
	w.wall_off = 0;
	w.now = (struct instant){NS_SEC, START_S << 16};
	w.rng.state = seed;
	for (uint32_t i = 0; i < N_IFACES; i++)
		w.mags[0].sessions[i].n_hnps = 0;
	w.mags[0].seq = 0;
	for (uint32_t i = 0; i < N_MAGS; i++)
		w.mags[i].addr = mag_addr(i);
	restart();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	w.model = model_new();
	REQUIRE(w.model != NULL);
	w.trace_from = getenv("FUZZ_TRACE") != NULL;
	is_drawing = true;
	make_ifaces(&w);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3 || size > MAX_SCRIPT)
		return 0;
	script = rd_over((struct span){data, (uint16_t)size});
	start(rd_u16(&script));
	while (rd_left(&script) > 0 && !script.failed && w.step++ < MAX_STEPS) {
		follow();
		look();
	}
	failures = 0;
	for (uint32_t i = 0; lma_deadline(w.lma) != NS_NEVER; i++) {
		tick_at(lma_deadline(w.lma));
		REQUIRE(i < MAX_ENDS);
	}
	ledger_check_empty(&w);
	lma_free(w.lma);
	w.lma = NULL;
	return 0;
}
