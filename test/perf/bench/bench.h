// What is measured, and with what.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bcache/bcache.h"

struct options {
	uint32_t bindings;
	uint16_t size; // of a frame without its tunnel
	unsigned rounds;
	const char *cpus, *only; // the variant that is measured alone; NULL: all
	bool huge;
	enum bcache_isa isa; // that compares lines of the binding cache
};

// Modes; exit codes.
int bench_path(const struct options *);
int bench_stages(const struct options *);
int bench_workers(const struct options *);
int bench_spread(const struct options *);
int bench_control(const struct options *);
int bench_insert(const struct options *);
int bench_changes(const struct options *);
int bench_serve(const struct options *);
int bench_latency(const struct options *);
