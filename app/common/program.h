// What every program of ours does with its arguments: run, check a configuration, print it.
#pragma once

#include <signal.h>

#include "conf/conf.h"

struct program {
	const char *name;    // "kedge-lma"
	const char *purpose; // "run the Local Mobility Anchor"
	const char *example; // a configuration file, for the last line of --help
	enum conf_program reads;
	// Starts, serves until *stop, stops; owns the configuration. False: it did not start, and
	// has said why.
	bool (*run)(struct conf *, const volatile sig_atomic_t *stop);
};

// Exit codes: 0 well, 1 did not start, 2 wrong arguments or configuration.
int program_main(const struct program *, int argc, char **argv);

// "ready" for whoever started us, and one line for the log.
void program_ready(const struct conf *, const char *look_with);
