// Eight slots at once with AVX2 or AVX-512, one by one without.
#include "bcache/lines.h"

#include <stddef.h>

#include <immintrin.h>

void find_lines_scalar(const struct table *t, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	for (unsigned i = 0; i < n; i++)
		values[i] = table_find(t, hashes[i]);
}

__attribute__((target("avx2,bmi"))) void
find_lines_avx2(const struct table *t, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	const __m256i value_mask = _mm256_set1_epi64x((long long)t->value_mask);

	for (unsigned i = 0; i < n; i++) {
		const struct line *line = table_line(t, hashes[i]);
		const __m256i *slots = (const __m256i *)line;
		uint64_t rest = table_rest(t, hashes[i]);
		__m256i key = _mm256_set1_epi64x((long long)rest);
		__m256i a = _mm256_andnot_si256(value_mask, _mm256_load_si256(slots));
		__m256i b = _mm256_andnot_si256(value_mask, _mm256_load_si256(slots + 1));
		unsigned match = (unsigned)_mm256_movemask_pd(
					 _mm256_castsi256_pd(_mm256_cmpeq_epi64(a, key))) |
				 (unsigned)_mm256_movemask_pd(
					 _mm256_castsi256_pd(_mm256_cmpeq_epi64(b, key)))
					 << 4;
		uint32_t value = BCACHE_NONE;
		if (__builtin_expect(match != 0, 1))
			value = line_take(line, (unsigned)__builtin_ctz(match), rest,
					  t->value_mask);
		values[i] = __builtin_expect(value != BCACHE_NONE, 1) ? value
								      : table_find(t, hashes[i]);
	}
}

__attribute__((target("avx512f,bmi"))) void
find_lines_avx512(const struct table *t, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	const __m512i value_mask = _mm512_set1_epi64((long long)t->value_mask);

	for (unsigned i = 0; i < n; i++) {
		const struct line *line = table_line(t, hashes[i]);
		uint64_t rest = table_rest(t, hashes[i]);
		__m512i slots = _mm512_andnot_si512(value_mask, _mm512_load_si512(line));
		unsigned match = _mm512_cmpeq_epi64_mask(slots, _mm512_set1_epi64((long long)rest));
		uint32_t value = BCACHE_NONE;
		if (__builtin_expect(match != 0, 1))
			value = line_take(line, (unsigned)__builtin_ctz(match), rest,
					  t->value_mask);
		values[i] = __builtin_expect(value != BCACHE_NONE, 1) ? value
								      : table_find(t, hashes[i]);
	}
}

// ThreadSanitizer takes a vector load for a race: meson.build says when.
#ifdef NO_VECTORS
static const bool may_use_vectors = false;
#else
static const bool may_use_vectors = true;
#endif

find_lines_fn *find_lines_of(enum bcache_isa isa)
{
	bool avx2 = may_use_vectors && __builtin_cpu_supports("avx2");
	bool avx512 = may_use_vectors && __builtin_cpu_supports("avx512f");

	switch (isa) {
	case BCACHE_BEST:
		return avx512 ? find_lines_avx512 : avx2 ? find_lines_avx2 : find_lines_scalar;
	case BCACHE_AVX512:
		return avx512 ? find_lines_avx512 : NULL;
	case BCACHE_AVX2:
		return avx2 ? find_lines_avx2 : NULL;
	case BCACHE_SCALAR:
		return find_lines_scalar;
	}
	return NULL;
}
