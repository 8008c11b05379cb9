// A private mount namespace with a bpffs, the maps pinned in it, the program as a file for the
// driver.
#include "drivers/xdp/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.skel.h"
#include "steer.skel.h"

#define BPFFS "/sys/fs/bpf"

struct steer {
	struct steer_bpf *skel;
	struct object {
		int file; // in memory
		char path[32];
	} steer, access;
	unsigned n_tunnels, n_pools;
	struct ip6_addr tunnels[STEER_MAX_TUNNEL_ADDRS];
	struct steer_pool_key pools[STEER_MAX_POOLS];
};

static int fail(int rc, char *why, size_t n, const char *what, const char *hint)
{
	snprintf(why, n, "%s: %s; %s", what, strerror(-rc), hint);
	return rc;
}

// Nothing that happens to mounts here is seen outside, and all of it goes with the process.
static int enter_own_mounts(char *why, size_t n)
{
	static const char hint[] = "AF_XDP ports need root (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_BPF)";

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return fail(-errno, why, n, "cannot have mounts of our own", hint);
	// After ip-netns-exec /sys may be a fresh one without the directory: bring a sysfs that has
	// it.
	if (access(BPFFS, F_OK) != 0 && mount("sysfs", "/sys", "sysfs", 0, NULL) != 0)
		return fail(-errno, why, n, "cannot mount sysfs", hint);
	if (mount("bpf", BPFFS, "bpf", 0, "mode=0700") != 0)
		return fail(-errno, why, n, "cannot mount " BPFFS, hint);
	return 0;
}

// The driver opens the program by path: that of a file in memory, which is there as long as we are.
static int write_object(struct object *o, const char *name, const void *bytes, size_t size,
			char *why, size_t n)
{
	static const char hint[] = "is /proc mounted, is there memory?";

	o->file = memfd_create(name, MFD_CLOEXEC);
	if (o->file < 0)
		return fail(-errno, why, n, "cannot have a file in memory", hint);
	snprintf(o->path, sizeof(o->path), "/proc/self/fd/%d", o->file);
	if (write(o->file, bytes, size) != (ssize_t)size || access(o->path, R_OK) != 0)
		return fail(-EIO, why, n, o->path, hint);
	return 0;
}

static int write_objects(struct steer *s, char *why, size_t n)
{
	size_t size;
	const void *bytes = steer_bpf__elf_bytes(&size);

	int rc = write_object(&s->steer, "steer.bpf.o", bytes, size, why, n);
	if (rc != 0)
		return rc;
	bytes = access_bpf__elf_bytes(&size);
	return write_object(&s->access, "access.bpf.o", bytes, size, why, n);
}

int steer_open(struct steer **out, char *why, size_t n)
{
	struct steer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return fail(-ENOMEM, why, n, "steering", "there is no memory");
	s->steer.file = s->access.file = -1;
	int rc = enter_own_mounts(why, n);
	if (rc == 0)
		rc = write_objects(s, why, n);
	if (rc == 0) {
		s->skel = steer_bpf__open_and_load();
		if (s->skel == NULL)
			rc = fail(-errno, why, n, "the kernel refuses the XDP program",
				  "it needs 5.9 or newer with BPF and AF_XDP");
	}
	if (rc != 0) {
		steer_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

void steer_close(struct steer *s)
{
	if (s == NULL)
		return;
	steer_bpf__destroy(s->skel);
	if (s->steer.file >= 0)
		close(s->steer.file);
	if (s->access.file >= 0)
		close(s->access.file);
	free(s);
}

const char *steer_object_path(const struct steer *s)
{
	return s->steer.path;
}

const char *steer_access_object_path(const struct steer *s)
{
	return s->access.path;
}

static bool has_key(const uint8_t *keys, unsigned n, const uint8_t *wanted, size_t key)
{
	for (unsigned i = 0; i < n; i++)
		if (memcmp(keys + i * key, wanted, key) == 0)
			return true;
	return false;
}

// Makes the map hold `new` instead of `old`. What is in both is there all the time: a packet in
// between must not go to the kernel, which would answer it.
static int replace(int fd, const void *old, unsigned n_old, const void *new, unsigned n_new,
		   size_t key)
{
	const uint8_t *o = old, *k = new;
	uint8_t yes = 1;

	for (unsigned i = 0; i < n_old; i++)
		if (!has_key(k, n_new, o + i * key, key))
			(void)bpf_map_delete_elem(fd, o + i * key);
	for (unsigned i = 0; i < n_new; i++)
		if (bpf_map_update_elem(fd, k + i * key, &yes, BPF_ANY) != 0)
			return -errno;
	return 0;
}

int steer_set_tunnel_addrs(struct steer *s, const struct ip6_addr *addrs, unsigned n)
{
	if (n > STEER_MAX_TUNNEL_ADDRS)
		return -ENOSPC;
	int rc = replace(bpf_map__fd(s->skel->maps.kedge_tunnels), s->tunnels, s->n_tunnels, addrs,
			 n, sizeof(*addrs));
	// Also after a failure: what is not in the map does not mind being deleted.
	for (unsigned i = 0; i < n; i++)
		s->tunnels[i] = addrs[i];
	s->n_tunnels = n;
	return rc;
}

int steer_set_pools(struct steer *s, const struct ip6_prefix *pools, unsigned n)
{
	struct steer_pool_key keys[STEER_MAX_POOLS];

	if (n > STEER_MAX_POOLS)
		return -ENOSPC;
	for (unsigned i = 0; i < n; i++) {
		keys[i].len = pools[i].len;
		memcpy(keys[i].addr, pools[i].addr.a, sizeof(keys[i].addr));
	}
	int rc = replace(bpf_map__fd(s->skel->maps.kedge_pools), s->pools, s->n_pools, keys, n,
			 sizeof(keys[0]));
	memcpy(s->pools, keys, n * sizeof(keys[0]));
	s->n_pools = n;
	return rc;
}

int steer_counters(struct steer *s, uint64_t out[STEER_N_COUNTERS])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;
	int rc = 0;

	if (each == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < STEER_N_COUNTERS && rc == 0; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.kedge_steered), &i, each) != 0)
			rc = -errno;
		out[i] = 0;
		for (int cpu = 0; cpu < cpus && rc == 0; cpu++)
			out[i] += each[cpu];
	}
	free(each);
	return rc;
}
