// The command line: every option is a row, with its range and its line of help.
//
// Words are those of the LMA's configuration (docs/configuration.md) where both have the thing.
// Pure but for what it prints.
#pragma once

#include <stdbool.h>

#include "conf/conf.h"
#include "tools/load/plan.h"
#include "tools/load/sizes.h"

struct arguments {
	struct conf_port core, backbone;
	struct ip6_addr core_gateway, backbone_gateway, backbone_address;
	struct plan plan; // but for the correspondent's, its own parts are options

	uint32_t access_technology, lifetime_s;
	double pbu_rate, handover_rate; // a second; PACE_MAX: as fast as possible
	uint32_t pbus_in_flight, storm_interval_s;
	bool keep_bindings, watch_handovers;

	double downlink, uplink; // packets a second; PACE_MAX
	struct sizes sizes;
	double zipf; // 0: uniform
	uint32_t in_flight, seconds;

	bool ndr;
	double pdr_percent; // 0: not asked for
	uint32_t trial_s, trial_tries;
	double resolution_percent;

	char lcores[64];
	bool hugepages;
	uint32_t memory_mb, mbufs;

	char json[256];
	bool expect_no_loss, quiet;
	uint32_t seed;
};

enum { ARGUMENTS_WHY = 256 };
enum arguments_wish { ARGUMENTS_RUN, ARGUMENTS_HELP, ARGUMENTS_VERSION, ARGUMENTS_WRONG };

// Once a process (getopt). WRONG: why says in one line what to type instead.
enum arguments_wish arguments_read(int argc, char **argv, struct arguments *out,
				   char why[static ARGUMENTS_WHY]);
void arguments_help(FILE *);
