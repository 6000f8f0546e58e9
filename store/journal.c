#include "store/journal.h"

#include <openssl/evp.h>

#include "engine/base/words.h"
#include "store/link.h"
#include "store/list.h"

static const uint8_t nothing_before[JOURNAL_HASH_LEN];

/* --- the hash --- */

static bool put(EVP_MD_CTX *md, const void *p, size_t n)
{
	return EVP_DigestUpdate(md, p, n) == 1;
}

static bool put_number(EVP_MD_CTX *md, int64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	return put(md, b, sizeof(b));
}

static bool put_field(EVP_MD_CTX *md, const void *p, size_t n)
{
	const uint8_t b[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	return put(md, b, sizeof(b)) && put(md, p, n);
}

static bool put_text(EVP_MD_CTX *md, const char *text)
{
	return put_field(md, text, strlen(text));
}

/* The format stands in the header. */
static enum status entry_hash(const struct journal_row *e, uint8_t ret[static JOURNAL_HASH_LEN], struct fault *f)
{
	static const char head[] = "keyroom journal 1";   /* with its NUL */
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && put(md, head, sizeof(head)) &&
		    put(md, e->before, sizeof(e->before)) && put_number(md, e->number) && put_number(md, e->at) &&
		    put_number(md, e->run) && put_text(md, e->device) && put_field(md, e->key.bytes, e->key.len) &&
		    put_text(md, e->person) && put_text(md, e->what) && put_text(md, e->text) &&
		    EVP_DigestFinal_ex(md, ret, NULL) == 1;

	EVP_MD_CTX_free(md);
	return good ? ST_OK : fault_set(f, md == NULL ? ST_NO_MEMORY : ST_CRYPTO, NULL);
}

/* --- writing --- */

static void cut(char *out, const char *text, size_t cap)
{
	size_t n = text != NULL ? text_cut(text, strnlen(text, cap), cap) : 0;

	memcpy(out, n > 0 ? text : "", n);
	out[n] = '\0';
}

static enum status insert(struct store *s, const struct journal_row *e, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_JOURNAL_ADD, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, e->number);
	bind_int(&q, e->at);
	bind_text(&q, e->what, sizeof(e->what));
	bind_text(&q, e->text, sizeof(e->text));
	bind_text(&q, e->device, sizeof(e->device));
	bind_blob(&q, e->key.bytes, e->key.len);
	bind_text(&q, e->person, sizeof(e->person));
	bind_int(&q, e->run);
	bind_blob(&q, e->before, sizeof(e->before));
	bind_blob(&q, e->hash, sizeof(e->hash));
	return query_run(&q, f);
}

enum status store_journal(struct store *s, const struct journal_entry *entry, struct fault *f)
{
	struct journal_row e = { .at = entry->at, .run = entry->run };
	WRITE w = { 0 };
	enum status st;

	cut(e.what, entry->what, sizeof(e.what));
	cut(e.text, entry->text, sizeof(e.text));
	cut(e.device, entry->device, sizeof(e.device));
	cut(e.person, entry->person, sizeof(e.person));
	if (entry->key != NULL)
		e.key = *entry->key;
	if (e.what[0] == '\0' || e.key.len > sizeof(e.key.bytes))
		return fault_set(f, ST_BAD_FORM, "An entry of the journal must say what happened.");
	if ((st = write_begin(s, &w, f)) != ST_OK || (st = store_journal_head(s, &e.number, e.before, f)) != ST_OK)
		return st;
	e.number++;
	if ((st = entry_hash(&e, e.hash, f)) != ST_OK || (st = insert(s, &e, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

/* --- reading --- */

enum status store_journal_head(struct store *s, int64_t *ret_number, uint8_t ret_hash[static JOURNAL_HASH_LEN], struct fault *f)
{
	QUERY q = { 0 };
	int64_t number;
	uint8_t hash[JOURNAL_HASH_LEN];
	enum status st = query_open(&q, s, SQL_JOURNAL_HEAD, f);

	if (st != ST_OK)
		return st;
	if ((st = query_one(&q, f)) == ST_NOT_FOUND) {
		*ret_number = 0;
		memset(ret_hash, 0, JOURNAL_HASH_LEN);
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	number = get_int(&q, 1, INT64_MAX - 1);
	get_blob(&q, hash, sizeof(hash));
	if ((st = query_end(&q, f)) == ST_OK) {
		*ret_number = number;
		memcpy(ret_hash, hash, sizeof(hash));
	}
	return st;
}

static void read_entry(struct query *q, void *to)
{
	struct journal_row *e = to;

	e->number = get_int(q, INT64_MIN, INT64_MAX);
	e->at = get_int(q, INT64_MIN, INT64_MAX);
	get_text(q, e->what, sizeof(e->what));
	get_text(q, e->text, sizeof(e->text));
	get_text(q, e->device, sizeof(e->device));
	get_identity(q, &e->key);
	get_text(q, e->person, sizeof(e->person));
	e->run = get_int(q, 0, INT64_MAX);
	get_blob(q, e->before, sizeof(e->before));
	get_blob(q, e->hash, sizeof(e->hash));
}

static const char journal_select[] = "SELECT number, at, what, text, device, key, person, run, before, hash FROM journal";

#define JOURNAL_CLAUSES 5

static void journal_clauses(const struct journal_filter *filter, struct clause ret[static JOURNAL_CLAUSES])
{
	const struct clause clauses[JOURNAL_CLAUSES] = {
		{ filter->device != NULL, "device = :device AND device <> ''" },
		{ filter->key != NULL, "key = :key AND key <> x''" },
		{ filter->number != 0, "number = :number" },
		{ filter->after != NULL, "number > :after" },
		{ filter->until != NULL, "number <= :until" },
	};

	memcpy(ret, clauses, sizeof(clauses));
}

static void bind_filter(struct query *q, const void *what)
{
	const struct journal_filter *filter = what;

	if (bind_at(q, ":device"))
		bind_text(q, filter->device, STORE_SERIAL_MAX);
	if (bind_at(q, ":key"))
		bind_blob(q, filter->key->bytes, filter->key->len);
	if (bind_at(q, ":number"))
		bind_int(q, filter->number);
	if (bind_at(q, ":after"))
		bind_int(q, *filter->after);
	if (bind_at(q, ":until"))
		bind_int(q, *filter->until);
	bind_page(q, filter->page);
}

enum status store_journal_list(struct store *s, const struct journal_filter *filter, struct journal_row **ret,
			       size_t *ret_n, struct fault *f)
{
	struct clause clauses[JOURNAL_CLAUSES];
	const struct search what = { journal_select,
				     filter->oldest_first ? "ORDER BY number LIMIT :limit OFFSET :offset"
							  : "ORDER BY number DESC LIMIT :limit OFFSET :offset",
				     clauses, JOURNAL_CLAUSES, bind_filter, filter };
	void *rows = NULL;
	enum status st;

	journal_clauses(filter, clauses);
	if ((st = search_all(s, &what, sizeof(**ret), read_entry, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

enum status store_journal_count(struct store *s, const struct journal_filter *filter, size_t *ret, struct fault *f)
{
	struct clause clauses[JOURNAL_CLAUSES];
	const struct search what = { "SELECT count(*) FROM journal", "", clauses, JOURNAL_CLAUSES, bind_filter, filter };

	journal_clauses(filter, clauses);
	return search_count(s, &what, ret, f);
}

/* --- the chain --- */

/* What is wrong with an entry, from its own words and the one before; NULL: nothing. */
static enum status judge(const struct journal_row *e, bool odd, int64_t expected, const uint8_t *before, const char **ret,
			 struct fault *f)
{
	uint8_t hash[JOURNAL_HASH_LEN];
	enum status st = entry_hash(e, hash, f);

	if (st != ST_OK)
		return st;
	if (e->number != expected)
		*ret = N_("An entry before this one is missing, or was put in.");
	else if (odd)
		*ret = N_("It holds a value that no Keyroom writes.");
	else if (memcmp(e->before, before, JOURNAL_HASH_LEN) != 0)
		*ret = N_("It does not follow the entry before it: one of them was changed, taken out or put in.");
	else if (memcmp(e->hash, hash, JOURNAL_HASH_LEN) != 0)
		*ret = N_("Its words are not those that were written.");
	else
		*ret = NULL;
	return ST_OK;
}

enum status store_journal_verify(struct store *s, struct journal_verdict *ret, struct fault *f)
{
	QUERY q = { 0 };
	struct journal_verdict v = { 0 };
	bool row = false;
	enum status st = query_compose(&q, s, journal_select, NULL, 0, "ORDER BY number", f);

	memcpy(v.head, nothing_before, sizeof(v.head));
	while (st == ST_OK && (st = query_next(&q, &row, f)) == ST_OK && row) {
		struct journal_row e;
		const char *why = NULL;
		bool odd;

		read_entry(&q, &e);
		if (q.no_memory)
			return fault_set(f, ST_NO_MEMORY, NULL);
		odd = q.odd;
		q.odd = false;   /* a verdict, not a failure */
		if ((st = judge(&e, odd, v.entries + 1, v.head, &why, f)) != ST_OK)
			return st;
		if (why != NULL) {
			v.broken = e.number;
			snprintf(v.why, sizeof(v.why), "%s", why);
			break;
		}
		v.entries++;
		memcpy(v.head, e.hash, sizeof(v.head));
	}
	if (st == ST_OK)
		*ret = v;
	return st;
}
