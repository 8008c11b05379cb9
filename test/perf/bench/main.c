// Measures the forwarding path and the control plane in one process.
//
//   kedge-bench MODE --bindings N [--size BYTES] [--rounds N] [--cpus LIST] [--huge]
//       [--isa scalar|avx2|avx512] [--only VARIANT]
//
// path     floor of the ports, lookup, both ways; one CPU
// stages   each stage alone; one CPU
// workers  the same path on 1 to as many CPUs as are listed
// spread   one MAG's packets, received by one and decapsulated by all
// control  PBUs a second; one CPU, or two
// insert   a full cache: seconds, bytes a binding; one CPU
// changes  of the binding cache a second; one CPU
// serve    what a worker loses while control serves PBUs; two CPUs
// latency  from a PBU to the first packet by the new tunnel; two CPUs
//
// One JSON object a line. tools/bench calls it, and says what the numbers mean.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "test/perf/bench/bench.h"

static const struct {
	const char *name;
	int (*run)(const struct options *);
} modes[] = {{"path", bench_path},       {"stages", bench_stages},   {"workers", bench_workers},
	     {"spread", bench_spread},   {"control", bench_control}, {"insert", bench_insert},
	     {"changes", bench_changes}, {"serve", bench_serve},     {"latency", bench_latency}};

static int usage(void)
{
	fputs("usage: kedge-bench path|stages|workers|spread|control|insert|changes|serve|latency "
	      "[--bindings N] [--size BYTES] [--rounds N] [--cpus LIST] [--huge]\n",
	      stderr);
	return 2;
}

static bool read_isa(const char *name, enum bcache_isa *out)
{
	static const char *const names[] = {
		[BCACHE_BEST] = "best",
		[BCACHE_SCALAR] = "scalar",
		[BCACHE_AVX2] = "avx2",
		[BCACHE_AVX512] = "avx512",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (enum bcache_isa)i;
		return true;
	}
	return false;
}

static int start_eal(const struct options *o)
{
	// In memory: no file of another process, no mounted hugetlbfs.
	char *argv[] = {(char *)"kedge-bench",
			(char *)"--no-pci",
			(char *)"--log-level=error",
			(char *)"-l",
			(char *)(uintptr_t)o->cpus,
			(char *)"-m",
			(char *)"256",
			(char *)(uintptr_t)(o->huge ? "--in-memory" : "--no-huge"),
			(char *)"--no-shconf"};

	return rte_eal_init(9, argv);
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"bindings", required_argument, NULL, 'b'}, {"size", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'},   {"cpus", required_argument, NULL, 'c'},
		{"huge", no_argument, NULL, 'h'},           {"only", required_argument, NULL, 'o'},
		{"isa", required_argument, NULL, 'i'},      {0}};
	struct options o = {.bindings = 1000000, .size = 64, .rounds = 31, .cpus = "0"};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'b':
			o.bindings = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			o.size = (uint16_t)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			o.rounds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			o.cpus = optarg;
			break;
		case 'o':
			o.only = optarg;
			break;
		case 'h':
			o.huge = true;
			break;
		case 'i':
			if (!read_isa(optarg, &o.isa))
				return usage();
			break;
		default:
			return usage();
		}
	}
	if (optind + 1 != argc || o.size < 64 || o.size > 1500 || o.bindings < 1)
		return usage();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[optind], modes[i].name) != 0)
			continue;
		if (start_eal(&o) < 0) {
			fputs("kedge-bench: EAL does not start; --huge needs huge pages\n", stderr);
			return 1;
		}
		return modes[i].run(&o);
	}
	return usage();
}
