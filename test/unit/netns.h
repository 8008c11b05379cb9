// A network namespace of the test's own, shaped with ip(8), and a second one for the other end of
// a wire. Both go with the process; nothing outside is touched.
#pragma once

#include <sys/types.h>

// What meson takes for "skipped".
enum { NETNS_SKIP = 77 };

// Enters a new namespace, lo up. 0, or NETNS_SKIP after saying on stderr why not.
int netns_enter(void);

// Runs `ip` with these words in our namespace. Its exit status.
int netns_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The other namespace: a process of ours that sits in it until `netns_far_del`. Its pid is what
// `ip link set X netns <pid>` takes; netns_far_ip runs ip there.
pid_t netns_far_add(void);
void netns_far_del(pid_t);
int netns_far_ip(pid_t, const char *format, ...) __attribute__((format(printf, 2, 3)));
