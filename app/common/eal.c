// The argument list of rte_eal_init, made from the configuration.
#include "app/common/eal.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

enum { MAX_ARGS = 64, ARG_LEN = 1100 };

struct args {
	char text[MAX_ARGS][ARG_LEN];
	char *v[MAX_ARGS + 1];
	int n;
};

static void __attribute__((format(printf, 2, 3))) add(struct args *a, const char *format, ...)
{
	va_list args;

	if (a->n == MAX_ARGS)
		return;
	va_start(args, format);
	vsnprintf(a->text[a->n], ARG_LEN, format, args);
	va_end(args);
	a->v[a->n] = a->text[a->n];
	a->n++;
}

// "0-3,7": the CPUs we may run on, as EAL writes sets.
static void list_cpus(const cpu_set_t *set, char *out, size_t n)
{
	size_t len = 0;

	out[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set) && len < n)
			len += (size_t)snprintf(out + len, n - len, "%s%d", len ? "," : "", cpu);
}

static int nth_cpu(const cpu_set_t *set, unsigned nth)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set) && nth-- == 0)
			return cpu;
	return -1;
}

static int choose_lcores(const struct conf *conf, char *out, size_t n, char *why, size_t why_n)
{
	unsigned lcores = conf->dataplane.workers + 1;
	cpu_set_t set;
	char all[128];
	size_t len = 0;

	if (conf->dataplane.lcores[0] != '\0') {
		snprintf(out, n, "%s", conf->dataplane.lcores);
		return 0;
	}
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	if (conf->dataplane.hugepages && (unsigned)CPU_COUNT(&set) < lcores) {
		snprintf(why, why_n,
			 "%u workers and control need %u CPUs, this process may use %d: lower "
			 "dataplane.workers, or let them share with dataplane.lcores "
			 "'0@(0,1),1@(0,1)'",
			 conf->dataplane.workers, lcores, CPU_COUNT(&set));
		return -EINVAL;
	}
	list_cpus(&set, all, sizeof(all));
	out[0] = '\0';
	for (unsigned i = 0; i < lcores && len < n; i++) {
		const char *comma = i ? "," : "";
		if (conf->dataplane.hugepages)
			len += (size_t)snprintf(out + len, n - len, "%s%u@%d", comma, i,
						nth_cpu(&set, i));
		else
			len += (size_t)snprintf(out + len, n - len, "%s%u@(%s)", comma, i, all);
	}
	return 0;
}

static bool has_port(const struct conf *conf, enum conf_driver driver)
{
	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (conf->ports[i].driver == driver)
			return true;
	return false;
}

unsigned eal_devices(const struct conf *conf, char (*out)[EAL_ARG], unsigned max)
{
	unsigned n = 0;

	if (!has_port(conf, CONF_PCI) && n < max)
		snprintf(out[n++], EAL_ARG, "--no-pci");
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct conf_port *p = &conf->ports[i];
		if (p->driver == CONF_PCI && n < max)
			snprintf(out[n++], EAL_ARG, "--allow=%s%s%s", p->device,
				 p->devargs[0] != '\0' ? "," : "", p->devargs);
	}
	// A peer maps our memory file by file; without huge pages there is none to map.
	if (has_port(conf, CONF_MEMIF) && conf->dataplane.hugepages && n < max)
		snprintf(out[n++], EAL_ARG, "--single-file-segments");
	return n;
}

int eal_start(const char *program, const struct conf *conf, char *why, size_t n)
{
	static struct args a; // EAL keeps pointers into its arguments
	char lcores[1024], devices[EAL_DEVICES][EAL_ARG];

	int rc = choose_lcores(conf, lcores, sizeof(lcores), why, n);
	if (rc != 0)
		return rc;
	add(&a, "%s", program);
	add(&a, "--lcores=%s", lcores);
	add(&a, "--main-lcore=0");
	add(&a, "--file-prefix=kedge-%d", getpid());
	add(&a, "--no-telemetry");
	unsigned n_devices = eal_devices(conf, devices, EAL_DEVICES);
	for (unsigned i = 0; i < n_devices; i++)
		add(&a, "%s", devices[i]);
	add(&a, "--log-level=*:warning");
	if (!conf->dataplane.hugepages) {
		add(&a, "--no-huge");
		add(&a, "--no-shconf");
		add(&a, "-m");
		add(&a, "%u", conf->dataplane.memory_mb);
	} else {
		add(&a, "--in-memory");
	}
	add(&a, "--iova-mode=va");
	optind = 1;
	if (rte_eal_init(a.n, a.v) < 0) {
		rc = -rte_errno;
		snprintf(why, n, "DPDK does not start (%s)%s", rte_strerror(rte_errno),
			 conf->dataplane.hugepages
				 ? ": are huge pages set up? try: sysctl vm.nr_hugepages=512, or "
				   "dataplane.hugepages: false"
				 : ": see the lines of EAL above");
		return rc ? rc : -EIO;
	}
	return 0;
}
