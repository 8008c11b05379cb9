// Anonymous mappings, asked to be large, and touched.
#include "base/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE = 2 << 20 };

void *pages_new(size_t bytes)
{
	if (bytes < LARGE)
		return calloc(1, bytes);
	return pages_touch(
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		bytes);
}

void *pages_touch(void *p, size_t bytes)
{
	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, bytes, MADV_HUGEPAGE);
	// Unknown before Linux 5.14: then a page comes when it is touched.
	if (madvise(p, bytes, MADV_POPULATE_WRITE) == 0 || errno == EINVAL)
		return p;
	munmap(p, bytes);
	return NULL;
}

void pages_free(void *p, size_t bytes)
{
	if (bytes < LARGE)
		free(p);
	else if (p != NULL)
		munmap(p, bytes);
}
