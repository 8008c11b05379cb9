// A whole LMA in one process, for measurements: domain.h's data plane, the engine, and the control
// thread's turn around them as the program has it.
//
// What it has not: the kernel's twin, and a port that is not in memory. Two threads: who calls
// site_turn is control, who calls worker_turn of `work` is its only worker.
#pragma once

#include "app/lma/anchor.h"
#include "test/perf/bench/core.h"

struct site {
	struct domain domain;
	struct anchor anchor;
	struct lma_conf lma;
	struct lane_of_work *work;
	struct core *core; // quiet until told otherwise
	struct mags *mags;
	struct loop_program program;
	double engine_bytes; // resident, at its start
	bool is_alone;       // one CPU: worker and control take turns in one thread
	// By the last site_serve: CPU of control's turns that had something to do; the clock's.
	ns_t spent, elapsed;
};

// Room for so many bindings, none of them there yet. 0 or -errno, said on stderr.
int site_new(struct site *, uint32_t bindings, uint16_t size);
void site_free(struct site *);
bool site_turn(struct site *); // control
// Of the tables that workers read: the binding cache, and the entries.
double site_data_bytes(const struct site *);
double site_resident_bytes(void); // of the whole process, huge pages too
ns_t site_cpu_now(void);          // of this thread: what others do on its CPU does not count

// The worker on a second CPU, if there is one.
int site_start_worker(struct site *);
void site_stop_worker(struct site *);

// Every node registers, worker and control in this thread. False as below.
bool site_fill(struct site *);
// Control until so many more are answered; false: some were refused, or an answer is missing.
bool site_serve(struct site *, enum call, uint64_t n);
