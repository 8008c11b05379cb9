// Zipf's law by rejection-inversion (W. Hoermann, G. Derflinger, "Rejection-inversion to generate
// variates from monotone discrete distributions", 1996): needs no table over the nodes.
#include "tools/load/pick.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct zipf {
	double s; // the exponent
	double n;
	double at_first, at_last; // H at the ends
	double near;              // closer than this to a whole number is never rejected
};

// (e^x - 1) / x and ln(1 + x) / x, also where x is nearly 0.
static double grown(double x)
{
	return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2;
}

static double shrunk(double x)
{
	return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x / 2;
}

// h(x) = x^-s, the hat over the histogram; H its integral.
static double hat(const struct zipf *z, double x)
{
	return exp(-z->s * log(x));
}

static double area(const struct zipf *z, double x)
{
	return grown((1 - z->s) * log(x)) * log(x);
}

static double area_inverse(const struct zipf *z, double y)
{
	double t = y * (1 - z->s);

	return exp(shrunk(t < -1 ? -1 : t) * y);
}

static struct zipf zipf_of(double s, uint32_t n)
{
	struct zipf z = {.s = s, .n = n};

	z.at_first = area(&z, 1.5) - 1;
	z.at_last = area(&z, z.n + 0.5);
	z.near = 2 - area_inverse(&z, area(&z, 2.5) - hat(&z, 2));
	return z;
}

static uint32_t draw(const struct zipf *z, struct rng *rng)
{
	for (;;) {
		double u = (double)(rng_u64(rng) >> 11) * 0x1p-53;
		double y = z->at_last + u * (z->at_first - z->at_last), x = area_inverse(z, y);
		double k = floor(x + 0.5);
		k = k < 1 ? 1 : k > z->n ? z->n : k;
		if (k - x <= z->near || y >= area(z, k + 0.5) - hat(z, k))
			return (uint32_t)k - 1;
	}
}

int pick_init(struct pick *p, uint32_t n, double s, uint64_t seed)
{
	*p = (struct pick){.n = n, .rng = {seed}};
	if (s == 0)
		return 0;
	p->drawn = malloc(PICK_DRAWN * sizeof(*p->drawn));
	if (p->drawn == NULL)
		return -ENOMEM;
	struct zipf z = zipf_of(s, n);
	for (uint32_t i = 0; i < PICK_DRAWN; i++)
		p->drawn[i] = draw(&z, &p->rng);
	return 0;
}

void pick_done(struct pick *p)
{
	free(p->drawn);
	p->drawn = NULL;
}
