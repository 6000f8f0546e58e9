/* Loading a listing: one walk through each table, texts by number. */
#include "store/listing_inside.h"

#include "engine/base/bytes.h"
#include "store/backup.h"
#include "store/list.h"

/* How a column of the SELECT becomes one of the listing. */
enum source {
	FROM_NUMBER,    /* an integer, NULL or below 0: 0 */
	FROM_TEXT,
	FROM_NAME,      /* an id of the table name; NULL: "" */
	FROM_SERIAL,    /* of a device, perhaps one that was forgotten */
	FROM_KCV,
	FROM_TYPE,      /* three of the SELECT: algorithm, size, curve */
	FROM_NOWHERE,   /* worked out afterwards */
};

struct plan {
	const char *select;      /* the row's number first, in rising order */
	enum source from[LISTING_COLUMNS_MAX];
	size_t n_columns;
	unsigned order;          /* the listing's own: by this column */
	bool newest_first;       /* or by number, falling */
	bool devices_last;
	const char *links;       /* (id, device id) in order: id is the row's number, or with links_of the text of that column */
	int links_of;
};

static const struct plan plans[] = {
	[LISTING_KEYS] = {
		.select = "SELECT id, name, algorithm, size, curve, backups, proof FROM key ORDER BY id",
		.from = { [KEYS_LABEL] = FROM_NAME, [KEYS_TYPE] = FROM_TYPE, [KEYS_BACKUPS] = FROM_NUMBER,
			  [KEYS_PROOF] = FROM_NUMBER, [KEYS_DEVICES] = FROM_NOWHERE, [KEYS_CARE] = FROM_NOWHERE },
		.n_columns = KEYS_CARE + 1, .order = KEYS_LABEL, .devices_last = true, .links_of = -1,
		.links = "SELECT DISTINCT key, device FROM object WHERE key IS NOT NULL AND gone_at IS NULL ORDER BY key, device",
	},
	[LISTING_BACKUPS] = {
		.select = "SELECT id, name, algorithm, size, curve, made_on, kcv, coalesce(made_at, added_at), proof, proof_at, id"
			  " FROM backup ORDER BY id",
		.from = { [BACKUPS_LABEL] = FROM_NAME, [BACKUPS_TYPE] = FROM_TYPE, [BACKUPS_DEVICE] = FROM_SERIAL,
			  [BACKUPS_DKEK] = FROM_KCV, [BACKUPS_MADE] = FROM_NUMBER, [BACKUPS_PROOF] = FROM_NUMBER,
			  [BACKUPS_PROVEN] = FROM_NUMBER, [BACKUPS_NUMBER] = FROM_NUMBER },
		.n_columns = BACKUPS_NUMBER + 1, .newest_first = true, .devices_last = true, .links_of = BACKUPS_DKEK,
		.links = "SELECT DISTINCT kcv, device FROM domain WHERE kcv IS NOT NULL ORDER BY kcv, device",
	},
	[LISTING_JOURNAL] = {
		.select = "SELECT j.number, j.at, j.device, k.name, j.person, j.text, j.number FROM journal j"
			  " LEFT JOIN key k ON k.identity = j.key AND j.key <> x'' ORDER BY j.number",
		.from = { [JOURNAL_AT] = FROM_NUMBER, [JOURNAL_DEVICE] = FROM_SERIAL, [JOURNAL_KEY] = FROM_NAME,
			  [JOURNAL_PERSON] = FROM_TEXT, [JOURNAL_TEXT] = FROM_TEXT, [JOURNAL_NUMBER] = FROM_NUMBER },
		.n_columns = JOURNAL_NUMBER + 1, .newest_first = true, .links_of = -1,
	},
};

static const enum listing_dictionary dictionary_of[] = {
	[FROM_TEXT] = IN_TEXTS, [FROM_NAME] = IN_NAMES, [FROM_SERIAL] = IN_DEVICES, [FROM_KCV] = IN_KCVS, [FROM_TYPE] = IN_TYPES,
};

/* Numbers of the database's rows to those of a dictionary. */
struct map {
	uint32_t *to;
	size_t n;
};

static void map_done(struct map *m)
{
	free(m->to);
}

static bool map_set(struct map *m, int64_t id, uint32_t to)
{
	if ((size_t)id >= m->n) {
		size_t n = 2 * (size_t)id + 64;
		uint32_t *more = reallocarray(m->to, n, sizeof(*more));

		if (more == NULL)
			return false;
		memset(more + m->n, 0xff, (n - m->n) * sizeof(*more));
		m->to = more;
		m->n = n;
	}
	m->to[id] = to;
	return true;
}

struct loading {
	struct listing *l;
	const struct plan *plan;
	listing_type_fn *type;
	struct map names, devices;
	size_t cap;
	char text[JOURNAL_CELL];
	bool no_memory;
};

/* Texts of a table with their numbers: also is a second text by which they are found, or NULL. */
static enum status load_map(struct store *s, const char *select, bool also, struct dictionary *d, struct map *m, struct fault *f)
{
	QUERY q = { 0 };
	bool row = false;
	enum status st = query_prepare(&q, s, select, f);

	while (st == ST_OK && (st = query_next(&q, &row, f)) == ST_OK && row) {
		char text[STORE_LABEL_MAX], label[STORE_LABEL_MAX] = "";
		int64_t id = get_int(&q, 1, INT32_MAX);
		uint32_t i;

		get_text(&q, text, sizeof(text));
		if (also)
			get_text(&q, label, sizeof(label));
		if ((i = dictionary_add(d, text, label)) == DICTIONARY_FULL || !map_set(m, id, i))
			return fault_set(f, ST_NO_MEMORY, NULL);
	}
	return st;
}

static void read_type(struct loading *g, struct query *q, char out[static STORE_NAME_MAX])
{
	char algorithm[STORE_NAME_MAX], curve[STORE_NAME_MAX];
	int64_t size;

	get_text(q, algorithm, sizeof(algorithm));
	size = get_opt_int(q, 0, INT32_MAX);
	get_text(q, curve, sizeof(curve));
	g->type(algorithm, size > 0 ? (unsigned)size : 0, curve, out);
}

static void kcv_words(struct query *q, char out[static 2 * STORE_KCV_LEN + 1])
{
	uint8_t kcv[STORE_KCV_LEN];

	get_blob(q, kcv, sizeof(kcv));
	hex_upper(out, kcv, sizeof(kcv));
}

/* The next column of the SELECT, as a number. */
static uint32_t read_value(struct loading *g, struct query *q, enum source from)
{
	int64_t v;
	uint32_t at;

	g->text[0] = '\0';
	switch (from) {
	case FROM_NUMBER:
		v = get_opt_int(q, INT64_MIN, INT64_MAX);
		return v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	case FROM_NOWHERE:
		return 0;
	case FROM_NAME:
		v = get_opt_int(q, 1, INT32_MAX);
		if (v > 0 && (size_t)v < g->names.n && g->names.to[v] != DICTIONARY_FULL)
			return g->names.to[v];
		break;
	case FROM_TYPE:
		read_type(g, q, g->text);
		break;
	case FROM_KCV:
		kcv_words(q, g->text);
		break;
	default:
		get_opt_text(q, g->text, sizeof(g->text));
		break;
	}
	at = dictionary_add(&g->l->dictionary[dictionary_of[from]], g->text, NULL);
	g->no_memory |= at == DICTIONARY_FULL;
	return at;
}

static bool grow(struct loading *g)
{
	size_t cap = g->cap > 0 ? 2 * g->cap : 1024;
	int64_t *id = reallocarray(g->l->id, cap, sizeof(*id));

	if (id == NULL)
		return false;
	g->l->id = id;
	for (size_t c = 0; c < g->plan->n_columns; c++) {
		uint32_t *value = reallocarray(g->l->column[c].value, cap, sizeof(*value));

		if (value == NULL)
			return false;
		g->l->column[c].value = value;
	}
	g->cap = cap;
	return true;
}

static enum status load_rows(struct loading *g, struct store *s, struct fault *f)
{
	struct listing *l = g->l;
	QUERY q = { 0 };
	bool row = false;
	enum status st = query_prepare(&q, s, g->plan->select, f);

	while (st == ST_OK && (st = query_next(&q, &row, f)) == ST_OK && row) {
		if (l->n == g->cap && !grow(g))
			return fault_set(f, ST_NO_MEMORY, NULL);
		l->id[l->n] = get_int(&q, 1, INT64_MAX);
		for (size_t c = 0; c < g->plan->n_columns; c++)
			l->column[c].value[l->n] = read_value(g, &q, g->plan->from[c]);
		if (g->no_memory)
			return fault_set(f, ST_NO_MEMORY, NULL);
		l->n++;
	}
	return st;
}

/* Which of the things that devices hang on has this number: a row, or a text of the column links_of. -1: none. */
static int64_t linked(struct loading *g, struct query *q, size_t *io_row)
{
	const struct listing *l = g->l;

	if (g->plan->links_of < 0) {
		int64_t id = get_int(q, 1, INT64_MAX);

		while (*io_row < l->n && l->id[*io_row] < id)
			++*io_row;
		return *io_row < l->n && l->id[*io_row] == id ? (int64_t)*io_row : -1;
	}
	kcv_words(q, g->text);
	return dictionary_add(&g->l->dictionary[IN_KCVS], g->text, NULL);
}

static enum status load_links(struct loading *g, struct store *s, struct fault *f)
{
	LIST pairs = { .size = sizeof(struct link) };
	QUERY q = { 0 };
	bool row = false;
	size_t at = 0;
	enum status st = query_prepare(&q, s, g->plan->links, f);

	while (st == ST_OK && (st = query_next(&q, &row, f)) == ST_OK && row) {
		int64_t from = linked(g, &q, &at), device = get_int(&q, 1, INT32_MAX);
		struct link *to;

		if (from < 0 || (size_t)device >= g->devices.n || g->devices.to[device] == DICTIONARY_FULL)
			continue;
		if ((to = list_add(&pairs)) == NULL || from == DICTIONARY_FULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		*to = (struct link){ (uint32_t)from, g->devices.to[device] };
	}
	return st == ST_OK ? listing_link(g->l, pairs.rows, pairs.n, f) : st;
}

static void work_out_care(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const uint32_t *unused, devices = (uint32_t)listing_devices(l, i, &unused), backups = listing_number(l, i, KEYS_BACKUPS);
		enum key_care care = CARE_NONE;

		if (backups == 0)
			care = devices == 0 ? CARE_GONE : devices == 1 ? CARE_ONLY_ONE : CARE_NO_BACKUP;
		else if (listing_number(l, i, KEYS_PROOF) < PROOF_OPENED)
			care = CARE_UNPROVEN;
		l->column[KEYS_DEVICES].value[i] = devices;
		l->column[KEYS_CARE].value[i] = care;
	}
}

/* What was reserved while rows came. Where that fails it stays reserved. */
static void trim(struct listing *l)
{
	int64_t *id = reallocarray(l->id, l->n + 1, sizeof(*id));

	l->id = id != NULL ? id : l->id;
	for (size_t c = 0; c < l->n_columns; c++) {
		uint32_t *value = reallocarray(l->column[c].value, l->n + 1, sizeof(*value));

		l->column[c].value = value != NULL ? value : l->column[c].value;
	}
	for (size_t i = 0; i < LISTING_DICTIONARIES; i++)
		dictionary_trim(&l->dictionary[i], i == IN_DEVICES);
}

static enum status load(struct loading *g, struct store *s, enum listing_kind kind, struct fault *f)
{
	struct listing *l = g->l;
	enum status st;

	if ((st = load_map(s, "SELECT id, serial, label FROM device", true, &l->dictionary[IN_DEVICES], &g->devices, f)) != ST_OK ||
	    (st = load_map(s, "SELECT id, text FROM name", false, &l->dictionary[IN_NAMES], &g->names, f)) != ST_OK ||
	    (st = load_rows(g, s, f)) != ST_OK)
		return st;
	for (size_t c = 0; c < g->plan->n_columns; c++) {
		bool text = g->plan->from[c] != FROM_NUMBER && g->plan->from[c] != FROM_NOWHERE;

		l->column[c].dictionary = text ? &l->dictionary[dictionary_of[g->plan->from[c]]] : NULL;
	}
	l->links_of = g->plan->links_of;
	l->devices_last = g->plan->devices_last;
	if (g->plan->links != NULL && (st = load_links(g, s, f)) != ST_OK)
		return st;
	if (kind == LISTING_KEYS)
		work_out_care(l);
	trim(l);
	return listing_settle(l, g->plan->order, g->plan->newest_first, f);
}

enum status store_listing(struct store *s, enum listing_kind kind, listing_type_fn *type, struct listing **ret, struct fault *f)
{
	CLEANUP(listing_free_guard) struct listing *l = calloc(1, sizeof(*l));
	struct loading *g = calloc(1, sizeof(*g));
	enum status st = ST_NO_MEMORY;

	if (l == NULL || g == NULL) {
		free(g);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	g->l = l;
	g->plan = &plans[kind];
	g->type = type;
	l->n_columns = g->plan->n_columns;
	st = load(g, s, kind, f);
	map_done(&g->names);
	map_done(&g->devices);
	free(g);
	if (st == ST_OK)
		*ret = STEAL(l);
	return st;
}
