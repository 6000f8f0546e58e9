#include "store/away.h"

#include "store/backup.h"
#include "store/key.h"
#include "store/list.h"

#define KEYS_MAX (1 << 26)   /* numbers of keys beyond this are no Keyroom's */

/* The devices, and on each of them by an index what may need care: ?1 soon, ?2 and ?3 bits, ?4 flags, ?5 proof. */
static const char walk_sql[] =
	"SELECT d.serial, o.type, coalesce(o.key, (SELECT c.id FROM key c WHERE c.identity = o.certifies), 0),"
	" coalesce(nullif(o.label, ''), o.subject), o.backed, coalesce(k.proof, 0),"
	" (o.algorithm = 'rsa' AND o.size < ?2) OR (o.algorithm = 'ec' AND o.size < ?3), o.not_after"
	" FROM device d CROSS JOIN object o ON o.device = d.id AND o.gone_at IS NULL LEFT JOIN key k ON k.id = o.key"
	" WHERE ((o.type = 0 AND (o.backed = 0 OR k.proof < ?5 OR (o.algorithm = 'rsa' AND o.size < ?2)"
	"  OR (o.algorithm = 'ec' AND o.size < ?3))) OR (o.type = 1 AND o.not_after < ?1)) AND (o.flags & ?4) = 0"
	" ORDER BY d.id";

struct walk {
	const struct away_query *q;
	int64_t keys;                  /* the highest number of a key */
	uint8_t *is_here;              /* a bit for each key */
	uint8_t *ends_here;            /* and of those with a certificate there that ends */
	uint8_t *counted[AWAY_KINDS];
	int64_t *backup;               /* of each key: the newest one that a device which is here takes; 0 */
	uint8_t *taker;                /* which of them, from 1 on; 0: none */
	struct list rows, backups;     /* of struct away_row and int64_t */
	struct away_row now[AWAY_KINDS];
	int64_t mine[AWAY_BACKUPS_MAX];
	struct away *to;
};

static void walk_done(struct walk *w)
{
	free(w->is_here);
	free(w->ends_here);
	for (size_t i = 0; i < AWAY_KINDS; i++)
		free(w->counted[i]);
	free(w->backup);
	free(w->taker);
	list_done(&w->rows);
	list_done(&w->backups);
}

static bool has(const uint8_t *bits, int64_t key)
{
	return (bits[key >> 3] >> (key & 7) & 1) != 0;
}

/* True where it was not there before. */
static bool put(uint8_t *bits, int64_t key)
{
	const bool new = !has(bits, key);

	bits[key >> 3] |= (uint8_t)(1 << (key & 7));
	return new;
}

static enum status begin(struct walk *w, struct store *s, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_prepare(&q, s, "SELECT coalesce(max(id), 0) FROM key", f);
	size_t n;
	bool whole;

	if (st != ST_OK || (st = query_one(&q, f)) != ST_OK)
		return st;
	w->keys = get_int(&q, 0, KEYS_MAX);
	if ((st = query_end(&q, f)) != ST_OK)
		return st;
	n = (size_t)w->keys + 1;
	w->is_here = calloc(n / 8 + 1, 1);
	w->ends_here = calloc(n / 8 + 1, 1);
	w->backup = calloc(n, sizeof(*w->backup));
	w->taker = calloc(n, sizeof(*w->taker));
	whole = w->is_here != NULL && w->ends_here != NULL && w->backup != NULL && w->taker != NULL;
	for (size_t i = 0; i < AWAY_KINDS; i++)
		whole &= (w->counted[i] = calloc(n / 8 + 1, 1)) != NULL;
	return whole ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

/* --- what is here --- */

static enum status keys_here(struct walk *w, struct store *s, const struct away_here *h, struct fault *f)
{
	QUERY q = { 0 };
	bool row = false;
	enum status st = query_prepare(&q, s, "SELECT o.type, coalesce(o.key, c.id) FROM device d JOIN object o ON o.device = d.id"
				       " LEFT JOIN key c ON c.identity = o.certifies WHERE d.serial = ? AND o.gone_at IS NULL AND"
				       " ((o.type = 0 AND o.key IS NOT NULL) OR (o.type = 1 AND o.not_after < ? AND c.id IS NOT NULL))",
				       f);

	if (st != ST_OK)
		return st;
	bind_text(&q, h->serial, sizeof(h->serial));
	bind_int(&q, w->q->soon);
	while ((st = query_next(&q, &row, f)) == ST_OK && row) {
		uint8_t *bits = get_int(&q, 0, 2) == THING_KEY ? w->is_here : w->ends_here;

		(void)put(bits, get_int(&q, 0, w->keys));
	}
	return st;
}

static enum status taken_here(struct walk *w, struct store *s, size_t i, struct fault *f)
{
	QUERY q = { 0 };
	bool row = false;
	const struct away_here *h = &w->q->here[i];
	enum status st = query_prepare(&q, s, "SELECT b.key, max(b.id) FROM backup b JOIN key k ON k.id = b.key WHERE b.kcv = ?"
				       " AND k.proof < ? AND coalesce(k.size, 0) <="
				       " CASE k.algorithm WHEN 'rsa' THEN ? WHEN 'ec' THEN ? WHEN 'aes' THEN ? ELSE 0 END"
				       " GROUP BY b.key", f);

	if (st != ST_OK)
		return st;
	bind_blob(&q, h->kcv, STORE_KCV_LEN);
	bind_int(&q, PROOF_OPENED);
	bind_int(&q, h->rsa_max);
	bind_int(&q, h->ec_max);
	bind_int(&q, h->aes ? UINT16_MAX : -1);
	while ((st = query_next(&q, &row, f)) == ST_OK && row) {
		const int64_t key = get_int(&q, 0, w->keys), backup = get_int(&q, 1, INT64_MAX);

		if (w->taker[key] == 0 && !has(w->is_here, key)) {
			w->taker[key] = (uint8_t)(i + 1);
			w->backup[key] = backup;
		}
	}
	return st;
}

static enum status look_here(struct walk *w, struct store *s, struct fault *f)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < w->q->n_here && st == ST_OK; i++)
		st = keys_here(w, s, &w->q->here[i], f);
	for (size_t i = 0; i < w->q->n_here && i < UINT8_MAX && st == ST_OK; i++) {
		if (w->q->here[i].takes)
			st = taken_here(w, s, i, f);
	}
	return st;
}

/* --- what is away --- */

static void note(struct walk *w, enum away_kind kind, const char *label, int64_t not_after)
{
	struct away_row *r = &w->now[kind];

	if (r->n++ > 0 && (kind != AWAY_ENDING || not_after >= r->not_after))
		return;
	r->not_after = not_after;
	memcpy(r->label, label, AWAY_LABEL_MAX);
}

static void note_key(struct walk *w, enum away_kind kind, int64_t key, const char *label)
{
	struct away_row *r = &w->now[kind];

	note(w, kind, label, 0);
	w->to->keys[kind] += key == 0 || put(w->counted[kind], key);
	if (kind != AWAY_UNPROVEN || w->taker[key] == 0 || (r->here >= 0 && r->here != w->taker[key] - 1) ||
	    r->n_backups == AWAY_BACKUPS_MAX)
		return;
	r->here = w->taker[key] - 1;
	w->mine[r->n_backups++] = w->backup[key];
}

static void device_begin(struct walk *w, const char *serial)
{
	for (size_t i = 0; i < AWAY_KINDS; i++) {
		w->now[i] = (struct away_row){ .kind = (enum away_kind)i, .here = -1 };
		memcpy(w->now[i].serial, serial, STORE_SERIAL_MAX);
	}
}

static bool device_end(struct walk *w)
{
	for (size_t i = 0; i < AWAY_KINDS; i++) {
		struct away_row *r = w->now[i].n > 0 ? list_add(&w->rows) : NULL;

		if (w->now[i].n == 0)
			continue;
		if (r == NULL)
			return false;
		*r = w->now[i];
		r->backup = w->backups.n;
		for (size_t k = 0; k < r->n_backups; k++) {
			int64_t *to = list_add(&w->backups);

			if (to == NULL)
				return false;
			*to = w->mine[k];
		}
	}
	return true;
}

static bool is_here(const struct walk *w, const char *serial)
{
	for (size_t i = 0; i < w->q->n_here; i++) {
		if (strcmp(w->q->here[i].serial, serial) == 0)
			return true;
	}
	return false;
}

/* The row that q stands on, of a device that is away. */
static void take(struct walk *w, struct query *q)
{
	const int64_t type = get_int(q, 0, 2), key = get_int(q, 0, w->keys);
	char label[AWAY_LABEL_MAX] = "";
	int64_t backed, proof, weak, not_after;

	get_text(q, label, sizeof(label));
	backed = get_int(q, 0, 1);
	proof = get_int(q, 0, PROOF_RESTORED);
	weak = get_opt_int(q, 0, 1);
	not_after = get_opt_time(q);
	if (q->odd)
		return;
	if (type == THING_CERTIFICATE && key != 0 && has(w->ends_here, key))
		return;
	if (type == THING_CERTIFICATE) {
		note(w, AWAY_ENDING, label, not_after);
		w->to->keys[AWAY_ENDING]++;
		return;
	}
	if (key != 0 && has(w->is_here, key))
		return;
	if (backed == 0)
		note_key(w, AWAY_NO_BACKUP, key, label);
	else if (proof < PROOF_OPENED)
		note_key(w, AWAY_UNPROVEN, key, label);
	if (weak == 1)
		note_key(w, AWAY_WEAK, key, label);
}

static enum status walk(struct walk *w, struct store *s, struct fault *f)
{
	QUERY q = { 0 };
	bool row = false;
	enum status st = query_prepare(&q, s, walk_sql, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, w->q->soon);
	bind_int(&q, w->q->rsa_weak_below);
	bind_int(&q, w->q->ec_weak_below);
	bind_int(&q, w->q->not_flags);
	bind_int(&q, PROOF_OPENED);
	device_begin(w, (char[STORE_SERIAL_MAX]){ "" });
	while ((st = query_next(&q, &row, f)) == ST_OK && row) {
		char serial[STORE_SERIAL_MAX] = "";

		get_text(&q, serial, sizeof(serial));
		if (strcmp(serial, w->now[0].serial) != 0) {
			if (!device_end(w))
				return fault_set(f, ST_NO_MEMORY, NULL);
			device_begin(w, serial);
		}
		if (!is_here(w, serial))
			take(w, &q);
	}
	if (st == ST_OK && !device_end(w))
		return fault_set(f, ST_NO_MEMORY, NULL);
	return st;
}

/* Keys that are in backups alone. */
static enum status walk_lost(struct walk *w, struct store *s, struct fault *f)
{
	const unsigned before = w->to->keys[AWAY_UNPROVEN];
	QUERY q = { 0 };
	bool row = false;
	enum status st = query_prepare(&q, s, "SELECT k.id, n.text FROM key k JOIN name n ON n.id = k.name WHERE k.backups > 0 AND"
				       " k.proof < ? AND NOT EXISTS (SELECT 1 FROM object o WHERE o.key = k.id AND o.gone_at IS NULL)", f);

	if (st != ST_OK)
		return st;
	bind_int(&q, PROOF_OPENED);
	device_begin(w, (char[STORE_SERIAL_MAX]){ "" });
	while ((st = query_next(&q, &row, f)) == ST_OK && row) {
		const int64_t key = get_int(&q, 1, w->keys);
		char label[AWAY_LABEL_MAX] = "";

		get_text(&q, label, sizeof(label));
		if (!q.odd)
			note_key(w, AWAY_UNPROVEN, key, label);
	}
	w->to->keys[AWAY_UNPROVEN] = before;
	if (st == ST_OK && !device_end(w))
		return fault_set(f, ST_NO_MEMORY, NULL);
	return st;
}

enum status store_away(struct store *s, const struct away_query *q, struct away **ret, struct fault *f)
{
	CLEANUP(away_free_guard) struct away *a = calloc(1, sizeof(*a));
	CLEANUP(walk_done) struct walk w = { .q = q, .to = a, .rows.size = sizeof(struct away_row), .backups.size = sizeof(int64_t) };
	enum status st;

	if (a == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if ((st = begin(&w, s, f)) != ST_OK || (st = look_here(&w, s, f)) != ST_OK || (st = walk(&w, s, f)) != ST_OK ||
	    (st = walk_lost(&w, s, f)) != ST_OK)
		return st;
	a->row = w.rows.rows;
	a->n = w.rows.n;
	a->backup = w.backups.rows;
	w.rows.rows = w.backups.rows = NULL;
	*ret = STEAL(a);
	return ST_OK;
}

void away_free(struct away *a)
{
	if (a == NULL)
		return;
	free(a->row);
	free(a->backup);
	free(a);
}
