/* What a listing answers, once it is loaded. */
#include <stdlib.h>
#include <string.h>

#include "store/listing_inside.h"

#define DIGIT_BITS 16
#define DIGITS (1u << DIGIT_BITS)

void listing_free(struct listing *l)
{
	if (l == NULL)
		return;
	free(l->id);
	for (size_t i = 0; i < LISTING_COLUMNS_MAX; i++)
		free(l->column[i].value);
	for (size_t i = 0; i < LISTING_DICTIONARIES; i++) {
		dictionary_done(&l->dictionary[i]);
		free(l->rank[i]);
	}
	free(l->order);
	free(l->first);
	free(l->device);
	free(l);
}

size_t listing_rows(const struct listing *l)
{
	return l->n;
}

int64_t listing_id(const struct listing *l, size_t row)
{
	return l->id[row];
}

uint32_t listing_number(const struct listing *l, size_t row, unsigned column)
{
	return l->column[column].value[row];
}

const char *listing_text(const struct listing *l, size_t row, unsigned column)
{
	return dictionary_text(l->column[column].dictionary, l->column[column].value[row]);
}

size_t listing_devices(const struct listing *l, size_t row, const uint32_t **ret)
{
	size_t i = l->links_of < 0 ? row : l->column[l->links_of].value[row];

	if (i >= l->n_links)
		return 0;
	*ret = l->device + l->first[i];
	return l->first[i + 1] - l->first[i];
}

const char *listing_serial(const struct listing *l, uint32_t device)
{
	return dictionary_text(&l->dictionary[IN_DEVICES], device);
}

bool listing_device(const struct listing *l, const char *serial, uint32_t *ret_device)
{
	return dictionary_get(&l->dictionary[IN_DEVICES], serial, ret_device);
}

enum status listing_link(struct listing *l, const struct link *links, size_t n, struct fault *f)
{
	size_t places = l->links_of < 0 ? l->n : l->column[l->links_of].dictionary->n;

	l->first = calloc(places + 2, sizeof(*l->first));
	l->device = calloc(n + 1, sizeof(*l->device));
	if (l->first == NULL || l->device == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	l->n_links = places;
	for (size_t i = 0; i < n; i++)
		l->first[links[i].from + 2]++;
	for (size_t i = 2; i < places + 2; i++)
		l->first[i] += l->first[i - 1];
	for (size_t i = 0; i < n; i++)
		l->device[l->first[links[i].from + 1]++] = links[i].device;
	return ST_OK;
}

/* --- order --- */

/* Puts rows into the order of their keys (rows that are alike stay as they are): one pass for each digit. */
static bool sort_rows(uint32_t *rows, size_t n, const uint32_t *key, bool descending)
{
	uint32_t *count = malloc(DIGITS * sizeof(*count)), *other = malloc((n + 1) * sizeof(*other)), most = 0;
	bool good = count != NULL && other != NULL;

	for (size_t i = 0; i < n; i++)
		most = key[rows[i]] > most ? key[rows[i]] : most;
	for (unsigned shift = 0; good && shift < 32 && (most >> shift) != 0; shift += DIGIT_BITS) {
		uint32_t sum = 0;

		memset(count, 0, DIGITS * sizeof(*count));
		for (size_t i = 0; i < n; i++)
			count[((descending ? most - key[rows[i]] : key[rows[i]]) >> shift) & (DIGITS - 1)]++;
		for (size_t d = 0; d < DIGITS; d++) {
			uint32_t here = count[d];

			count[d] = sum;
			sum += here;
		}
		for (size_t i = 0; i < n; i++)
			other[count[((descending ? most - key[rows[i]] : key[rows[i]]) >> shift) & (DIGITS - 1)]++] = rows[i];
		memcpy(rows, other, n * sizeof(*rows));
	}
	free(count);
	free(other);
	return good;
}

/* By the column: texts by their rank. */
static bool sort_by(const struct listing *l, uint32_t *rows, size_t n, unsigned column, bool descending)
{
	const struct dictionary *d = l->column[column].dictionary;
	const uint32_t *value = l->column[column].value, *rank;
	uint32_t *key;
	bool good;

	if (d == NULL)
		return sort_rows(rows, n, value, descending);
	rank = l->rank[d - l->dictionary];
	if ((key = malloc((l->n + 1) * sizeof(*key))) == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		key[rows[i]] = rank[value[rows[i]]];
	good = sort_rows(rows, n, key, descending);
	free(key);
	return good;
}

enum status listing_settle(struct listing *l, unsigned column, bool newest_first, struct fault *f)
{
	bool good = (l->order = malloc((l->n + 1) * sizeof(*l->order))) != NULL;

	for (size_t i = 0; good && i < LISTING_DICTIONARIES; i++) {
		l->rank[i] = malloc((l->dictionary[i].n + 1) * sizeof(*l->rank[i]));
		good = l->rank[i] != NULL && dictionary_rank(&l->dictionary[i], l->rank[i]);
	}
	for (size_t i = 0; good && i < l->n; i++)
		l->order[i] = (uint32_t)(newest_first ? l->n - 1 - i : i);
	if (good && !newest_first)
		good = sort_by(l, l->order, l->n, column, false);
	return good ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

/* --- the filter --- */

struct found {
	bool *in[LISTING_DICTIONARIES];
};

static void found_done(struct found *found)
{
	for (size_t i = 0; i < LISTING_DICTIONARIES; i++)
		free(found->in[i]);
}

static bool find_texts(const struct listing *l, const char *text, struct found *found)
{
	for (size_t i = 0; i < LISTING_DICTIONARIES; i++) {
		if ((found->in[i] = malloc(l->dictionary[i].n + 1)) == NULL)
			return false;
		dictionary_find(&l->dictionary[i], text, found->in[i]);
	}
	return true;
}

/* Which texts count: all of a row, all but devices, or devices alone. */
enum where { ANYWHERE, NO_DEVICES, DEVICES };

static bool row_fits(const struct listing *l, uint32_t row, const struct found *found, enum where where)
{
	const uint32_t *devices = NULL;
	size_t n;

	for (size_t c = 0; c < l->n_columns; c++) {
		const struct dictionary *d = l->column[c].dictionary;
		bool device = d == &l->dictionary[IN_DEVICES];

		if (d == NULL || (where == NO_DEVICES && device) || (where == DEVICES && !device))
			continue;
		if (found->in[d - l->dictionary][l->column[c].value[row]])
			return true;
	}
	n = where != NO_DEVICES && l->links_of < 0 ? listing_devices(l, row, &devices) : 0;
	for (size_t i = 0; i < n; i++) {
		if (found->in[IN_DEVICES][devices[i]])
			return true;
	}
	return false;
}

/* found NULL: all rows. How many. */
static size_t take(const struct listing *l, const struct found *found, enum where where, uint32_t *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (found == NULL || row_fits(l, l->order[i], found, where))
			rows[n++] = l->order[i];
	}
	return n;
}

enum status listing_find(const struct listing *l, const struct listing_query *q, uint32_t **ret, size_t *ret_n, struct fault *f)
{
	uint32_t *rows = malloc((l->n + 1) * sizeof(*rows));
	CLEANUP(found_done) struct found found = { 0 };
	bool all = q->text == NULL || q->text[0] == '\0';
	size_t n = 0;

	if (rows == NULL || (!all && !find_texts(l, q->text, &found))) {
		free(rows);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	n = take(l, all ? NULL : &found, l->devices_last ? NO_DEVICES : ANYWHERE, rows);
	if (n == 0 && l->devices_last)
		n = take(l, all ? NULL : &found, DEVICES, rows);
	if (!sort_by(l, rows, n, q->column, q->descending)) {
		free(rows);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	*ret = rows;
	*ret_n = n;
	return ST_OK;
}
