// kedge-load: plays MAGs, mobile nodes and a correspondent against a real kedge-lma, and judges
// what comes back.
//
// plan       which MAGs and nodes there are, what they are called      pure
// node, flow what a node holds; its packets' numbers                   pure
// pbu        messages of the MAGs, by lib/wire's codec                 pure
// frame      packets of both ways, written and judged; stamp: payload  pure
// sink       what came, counted by verdict; histogram: delays          pure
// pick, sizes, pace   whose packet is next, how long, when             pure
// search     RFC 2544's search for a rate                              pure
// side       one of the two ports and its neighbour
// registrar  who registers, moves and leaves when
// traffic    packets of one direction out
// intake     packets in, to whom they are for
// load, run, trials   start and stop; phases; trials of a search
// arguments, options.def, port_words   the command line
// progress, report, report_json        what people and programs are told
//
// One thread, which is EAL's main lcore: it sends, receives and signals by turns, so what it can
// send is what one core can send and receive. Nothing here is shared with anybody.
//
// missing: renewals (a run is shorter than the lifetime), VLAN tags, several sending cores.
#pragma once

#include <signal.h>

#include "drivers/xdp/loader.h"
#include "tools/load/arguments.h"
#include "tools/load/registrar.h"
#include "tools/load/search.h"
#include "tools/load/traffic.h"

struct load {
	const struct arguments *args;
	const volatile sig_atomic_t *stop;
	struct steer *steer; // NULL without an AF_XDP port
	struct rte_mempool *pool;
	struct ticks ticks;
	struct plan plan;
	struct node *nodes;
	struct side sides[N_SIDES];
	struct registrar registrar;
	struct pick pick;
	struct traffic traffic[N_WAYS];
	uint64_t strange[N_SIDES]; // packets of nobody here
	uint64_t ahead[N_WAYS];    // packets sent before those that count
	struct {
		ns_t due, last;
		uint64_t sent[N_WAYS], received[N_WAYS], answers;
	} progress;
	// What phases took, for the report.
	ns_t registering, leaving;
	uint64_t registered_pbus, left_pbus;
	ns_t traffic_took;
	struct search search;
	char failed[256]; // why it ended early; ""
};

// EAL, ports, tables. 0, or -errno with one line of why; load_stop takes half-built ones.
int load_start(struct load *, const struct arguments *, char *why, size_t n);
void load_stop(struct load *);

struct now load_now(const struct load *);
// One turn of all that goes on by itself: packets in, what was not answered, packets out.
void load_turn(struct load *, struct now);

// All phases; false: it ended early, load->failed says why.
bool run_all(struct load *);
// A search's trials. False: it was stopped.
bool trials_run(struct load *);
// Traffic at these rates (pace.h) for so long, and until all of it has come.
bool run_traffic(struct load *, const double rates[N_WAYS], ns_t how_long, bool handovers);

void intake_turn(struct load *);

void progress_turn(struct load *, struct now);
void report_text(const struct load *, FILE *);
int report_json(const struct load *, const char *path); // 0 or -errno
// Nothing lost, wrong, late, doubled, refused or without an answer.
bool report_is_clean(const struct load *);
