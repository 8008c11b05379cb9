// Eight slots at once with AVX2 or AVX-512, one by one without.
#include "bcache/lines.h"

#include <stddef.h>

#include <immintrin.h>

void find_lines_scalar(const struct table *t, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	for (unsigned i = 0; i < n; i++)
		values[i] = table_find(t, hashes[i]);
}

// The slots of a line whose rest of a hash is that, a bit each.
__attribute__((target("avx2,bmi,bmi2"))) static inline unsigned
match_avx2(const struct line *line, uint64_t rest, __m256i value_mask)
{
	const __m256i *slots = (const __m256i *)line;
	__m256i key = _mm256_set1_epi64x((long long)rest);
	__m256i a =
		_mm256_cmpeq_epi64(_mm256_andnot_si256(value_mask, _mm256_load_si256(slots)), key);
	__m256i b = _mm256_cmpeq_epi64(
		_mm256_andnot_si256(value_mask, _mm256_load_si256(slots + 1)), key);

	return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(a)) |
	       (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(b)) << 4;
}

__attribute__((target("avx2,bmi,bmi2"))) void
find_lines_avx2(const struct table *t, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	const struct table_view v = table_view(t);
	const __m256i value_mask = _mm256_set1_epi64x((long long)v.value_mask);

	for (unsigned i = 0; i < n; i++) {
		const struct line *line = view_line(&v, hashes[i]);
		uint64_t rest = hashes[i] << v.bits;
		unsigned match = match_avx2(line, rest, value_mask);
		uint64_t value = match != 0 ? line_take(line, match, rest) : 0;
		values[i] = view_is_value(&v, value) ? (uint32_t)value : table_find(t, hashes[i]);
	}
}

__attribute__((target("avx512f,bmi,bmi2"))) void
find_lines_avx512(const struct table *t, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	const struct table_view v = table_view(t);
	const __m512i value_mask = _mm512_set1_epi64((long long)v.value_mask);

	for (unsigned i = 0; i < n; i++) {
		const struct line *line = view_line(&v, hashes[i]);
		uint64_t rest = hashes[i] << v.bits;
		__m512i slots = _mm512_andnot_si512(value_mask, _mm512_load_si512(line));
		unsigned match = _mm512_cmpeq_epi64_mask(slots, _mm512_set1_epi64((long long)rest));
		uint64_t value = match != 0 ? line_take(line, match, rest) : 0;
		values[i] = view_is_value(&v, value) ? (uint32_t)value : table_find(t, hashes[i]);
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
	bool avx2 =
		may_use_vectors && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
	bool avx512 = avx2 && __builtin_cpu_supports("avx512f");

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
