#include "store/dictionary.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void dictionary_done(struct dictionary *d)
{
	free(d->text);
	free(d->folded);
	free(d->at);
	free(d->folded_at);
	free(d->slots);
	*d = (struct dictionary){ 0 };
}

static uint32_t hash_of(const char *text)
{
	uint32_t h = 2166136261u;   /* FNV-1a */

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

static size_t slot_of(const struct dictionary *d, const char *text)
{
	size_t i = hash_of(text) & (d->n_slots - 1);

	while (d->slots[i] != 0 && strcmp(dictionary_text(d, d->slots[i] - 1), text) != 0)
		i = (i + 1) & (d->n_slots - 1);
	return i;
}

bool dictionary_get(const struct dictionary *d, const char *text, uint32_t *ret)
{
	size_t slot = d->n_slots > 0 ? slot_of(d, text) : 0;

	if (d->n_slots == 0 || d->slots[slot] == 0)
		return false;
	*ret = d->slots[slot] - 1;
	return true;
}

static void *shrunk(void *p, size_t n)
{
	void *less = realloc(p, n);

	return less != NULL ? less : p;
}

void dictionary_trim(struct dictionary *d, bool lookup)
{
	if (!lookup) {
		free(d->slots);
		d->slots = NULL;
		d->n_slots = 0;
	}
	if (d->n == 0)
		return;
	d->text = shrunk(d->text, d->at[d->n]);
	d->folded = shrunk(d->folded, d->folded_at[d->n]);
	d->at = shrunk(d->at, (d->n + 1) * sizeof(*d->at));
	d->folded_at = shrunk(d->folded_at, (d->n + 1) * sizeof(*d->folded_at));
}

static bool grow_slots(struct dictionary *d)
{
	size_t n = d->n_slots > 0 ? 2 * d->n_slots : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (slots == NULL)
		return false;
	free(d->slots);
	d->slots = slots;
	d->n_slots = n;
	for (uint32_t i = 0; i < d->n; i++)
		d->slots[slot_of(d, dictionary_text(d, i))] = i + 1;
	return true;
}

static bool grow_rows(struct dictionary *d)
{
	size_t cap = d->cap > 0 ? 2 * d->cap : 64;
	uint32_t *at = reallocarray(d->at, cap + 1, sizeof(*at)), *folded_at;

	if (at == NULL)
		return false;
	d->at = at;
	if ((folded_at = reallocarray(d->folded_at, cap + 1, sizeof(*folded_at))) == NULL)
		return false;
	d->folded_at = folded_at;
	d->at[d->n] = d->n > 0 ? d->at[d->n] : 0;
	d->folded_at[d->n] = d->n > 0 ? d->folded_at[d->n] : 0;
	d->cap = cap;
	return true;
}

/* n bytes more, and a NUL or what separates. */
static bool reserve(char **buffer, size_t *cap, size_t used, size_t n)
{
	size_t wanted = *cap > 0 ? *cap : 1024;
	char *more;

	if (used + n < *cap)
		return true;
	if (used + n >= UINT32_MAX)
		return false;
	while (wanted <= used + n)
		wanted *= 2;
	if ((more = realloc(*buffer, wanted)) == NULL)
		return false;
	*buffer = more;
	*cap = wanted;
	return true;
}

static size_t fold(char *out, const char *in)
{
	size_t n = 0;

	for (; in[n] != '\0'; n++)
		out[n] = in[n] >= 'A' && in[n] <= 'Z' ? (char)(in[n] - 'A' + 'a') : in[n];
	out[n] = '\0';
	return n;
}

uint32_t dictionary_add(struct dictionary *d, const char *text, const char *also)
{
	const size_t n = strlen(text), n_also = also != NULL ? strlen(also) : 0;
	size_t slot, end;

	if (2 * d->n >= d->n_slots && !grow_slots(d))
		return DICTIONARY_FULL;
	slot = slot_of(d, text);
	if (d->slots[slot] != 0)
		return d->slots[slot] - 1;
	if ((d->n == d->cap && !grow_rows(d)) || !reserve(&d->text, &d->text_cap, d->at[d->n], n + 1) ||
	    !reserve(&d->folded, &d->folded_cap, d->folded_at[d->n], n + n_also + 2))
		return DICTIONARY_FULL;
	memcpy(d->text + d->at[d->n], text, n + 1);
	end = d->folded_at[d->n] + fold(d->folded + d->folded_at[d->n], text);
	if (n_also > 0) {
		d->folded[end++] = '\n';   /* nobody types one, so nothing is found across it */
		end += fold(d->folded + end, also);
	}
	d->slots[slot] = (uint32_t)d->n + 1;
	d->n++;
	d->at[d->n] = d->at[d->n - 1] + (uint32_t)n + 1;
	d->folded_at[d->n] = (uint32_t)end + 1;
	return (uint32_t)d->n - 1;
}

void dictionary_find(const struct dictionary *d, const char *wanted, bool *found)
{
	char small[256];
	size_t n = strnlen(wanted, sizeof(small) - 1);
	const char *end = d->n > 0 ? d->folded + d->folded_at[d->n] : NULL;
	char cut[256];
	uint32_t i = 0;

	memset(found, 0, d->n);
	memcpy(cut, wanted, n);
	cut[n] = '\0';
	n = fold(small, cut);
	for (const char *p = d->folded; p != NULL && i < d->n; p = d->folded + d->folded_at[i]) {
		const char *hit = memmem(p, (size_t)(end - p), small, n);

		if (hit == NULL)
			return;
		while (d->folded + d->folded_at[i + 1] <= hit)
			i++;
		found[i++] = true;
	}
}

/* What there is none of comes last. */
static int by_alphabet(const void *a, const void *b, void *ctx)
{
	const struct dictionary *d = ctx;
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const char *one = d->folded + d->folded_at[x], *other = d->folded + d->folded_at[y];
	int order = one[0] == '\0' || other[0] == '\0' ? (one[0] == '\0') - (other[0] == '\0') : strcmp(one, other);

	return order != 0 ? order : strcmp(dictionary_text(d, x), dictionary_text(d, y));
}

bool dictionary_rank(const struct dictionary *d, uint32_t *rank)
{
	uint32_t *order = calloc(d->n + 1, sizeof(*order));

	if (order == NULL)
		return false;
	for (uint32_t i = 0; i < d->n; i++)
		order[i] = i;
	qsort_r(order, d->n, sizeof(*order), by_alphabet, (void *)(uintptr_t)d);
	for (uint32_t i = 0; i < d->n; i++)
		rank[order[i]] = i;
	free(order);
	return true;
}
