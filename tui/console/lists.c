/* Which rows the main screen's lists have, and in which order. */
#include "tui/console/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"

size_t list_move(size_t at, size_t n, enum intent in, int page)
{
	const size_t by = page > 1 ? (size_t)page : 1, last = n > 0 ? n - 1 : 0;

	switch (in) {
	case IN_UP:
		return at - (at > 0);
	case IN_DOWN:
		return at < last ? at + 1 : last;
	case IN_PAGE_UP:
		return at > by ? at - by : 0;
	case IN_PAGE_DOWN:
		return at < last && by < last - at ? at + by : last;
	case IN_FIRST:
		return 0;
	case IN_LAST:
		return last;
	default:
		return at;
	}
}

int list_scroll(int top, int rows, enum intent in, int page)
{
	const int last = rows > page ? rows - page : 0;

	top += in == IN_UP ? -1 : in == IN_DOWN ? 1 : in == IN_PAGE_UP ? -page : in == IN_PAGE_DOWN ? page : 0;
	if (in == IN_LAST || top > last)
		return last;
	return in == IN_FIRST || top < 0 ? 0 : top;
}

void rows_done(struct rows *r)
{
	free(r->row);
	*r = (struct rows){ 0 };
}

static bool rows_add(struct rows *r, size_t i, bool child)
{
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 32 : r->cap * 2;
		struct row *row = reallocarray(r->row, cap, sizeof(*row));

		if (row == NULL)
			return false;
		r->row = row;
		r->cap = cap;
	}
	r->row[r->n++] = (struct row){ i, child, false };
	return true;
}

static bool fits(const char *filter, const char *const *texts)
{
	if (filter[0] == '\0')
		return true;
	for (; *texts != NULL; texts++) {
		if (strcasestr(*texts, filter) != NULL)
			return true;
	}
	return false;
}

/* --- orders --- */

struct order {
	int (*compare)(const void *ctx, size_t a, size_t b);
	const void *ctx;
};

static int by_order(const void *a, const void *b, void *ctx)
{
	const struct row *x = a, *y = b;
	const struct order *order = ctx;
	int c = order->compare(order->ctx, x->i, y->i);

	return c != 0 ? c : (x->i > y->i) - (x->i < y->i);   /* else as the fleet has them */
}

static void rows_sort(struct rows *r, struct order order)
{
	if (order.compare != NULL && r->n > 1)
		qsort_r(r->row, r->n, sizeof(*r->row), by_order, &order);
}

static int by_name(const void *ctx, size_t a, size_t b)
{
	return strcasecmp(device_name(fleet_device(ctx, a)), device_name(fleet_device(ctx, b)));
}

static int by_serial(const void *ctx, size_t a, size_t b)
{
	return strcmp(fleet_device(ctx, a)->serial, fleet_device(ctx, b)->serial);
}

static const struct {
	const char *title;
	int (*compare)(const void *fleet, size_t a, size_t b);
} device_orders[DEVICE_ORDERS] = {
	{ N_("Devices"), NULL }, { N_("Devices by name"), by_name }, { N_("Devices by serial"), by_serial },
};

const char *devices_title(unsigned order)
{
	return translated(device_orders[order].title);
}

bool rows_of_devices(struct rows *r, const struct fleet *fl, const char *filter, unsigned order)
{
	bool ok = true;

	r->n = 0;
	for (size_t i = 0; i < fleet_count(fl); i++) {
		const struct fleet_device *d = fleet_device(fl, i);

		if (fits(filter, (const char *const[]){ d->label, d->serial, d->reader, NULL }))
			ok = ok && rows_add(r, i, false);
	}
	rows_sort(r, (struct order){ device_orders[order].compare, fl });
	return ok;
}

static bool object_fits(const struct fleet_object *o, const char *filter)
{
	return fits(filter, (const char *const[]){ o->label, o->kind, o->id, o->subject, o->until, NULL });
}

static bool under_a_key(const struct fleet_object *o, size_t n, const struct fleet_object *cert)
{
	for (size_t i = 0; i < n; i++) {
		if (o[i].type == FLEET_KEY && cert->id[0] != '\0' && strcmp(o[i].id, cert->id) == 0)
			return true;
	}
	return false;
}

static int by_kind(const void *ctx, size_t a, size_t b)
{
	const struct fleet_object *o = ctx;

	return o[a].type != o[b].type ? (o[a].type > o[b].type) - (o[a].type < o[b].type) : strverscmp(o[a].kind, o[b].kind);
}

/* What has none comes last. */
static int by_id(const void *ctx, size_t a, size_t b)
{
	const struct fleet_object *o = ctx;
	bool none[] = { o[a].id[0] == '\0', o[b].id[0] == '\0' };

	return none[0] != none[1] ? none[0] - none[1] : strcmp(o[a].id, o[b].id);
}

static const struct {
	const char *proof, *words;
} proofs[] = {
	{ "none", N_("not proven") }, { "intact", N_("intact") }, { "matched", N_("matched") }, { "opened", N_("opened") },
	{ "restored", N_("proven") },
};

static size_t proof_of(const struct fleet_object *o)
{
	for (size_t i = 1; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		if (strcmp(o->proof, proofs[i].proof) == 0)
			return i;
	}
	return 0;
}

/* Keys without one first, then the worse proven; what is no key needs none. */
static int by_backups(const void *ctx, size_t a, size_t b)
{
	const struct fleet_object *o[] = { (const struct fleet_object *)ctx + a, (const struct fleet_object *)ctx + b };
	size_t rank[2];

	for (int i = 0; i < 2; i++)
		rank[i] = o[i]->type != FLEET_KEY ? SIZE_MAX : o[i]->backups == 0 ? 0 : 1 + proof_of(o[i]);
	return (rank[0] > rank[1]) - (rank[0] < rank[1]);
}

/* Of the columns from the left. */
static int (*const object_orders[OBJECT_ORDERS])(const void *objects, size_t a, size_t b) = { NULL, by_kind, by_id, by_backups };

static bool tops_of_objects(struct rows *r, const struct fleet_object *o, size_t n, unsigned order)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		if (o[i].type != FLEET_CERTIFICATE || !under_a_key(o, n, &o[i]))
			ok = ok && rows_add(r, i, false);
	}
	rows_sort(r, (struct order){ object_orders[order], o });
	return ok;
}

bool rows_of_objects(struct rows *r, const struct fleet_object *o, size_t n, const char *filter, unsigned order)
{
	struct rows tops = { 0 };
	bool ok = tops_of_objects(&tops, o, n, order);

	r->n = r->n_marked = 0;
	for (size_t t = 0; t < tops.n; t++) {
		const struct fleet_object *top = &o[tops.row[t].i];

		if (object_fits(top, filter))
			ok = ok && rows_add(r, tops.row[t].i, false);
		for (size_t c = 0; c < n && top->type == FLEET_KEY && top->id[0] != '\0'; c++) {
			if (o[c].type == FLEET_CERTIFICATE && strcmp(o[c].id, top->id) == 0 && object_fits(&o[c], filter))
				ok = ok && rows_add(r, c, true);
		}
	}
	rows_done(&tops);
	return ok;
}

void backup_words(char *out, size_t cap, const struct fleet_object *o)
{
	if (o->type != FLEET_KEY)
		out[0] = '\0';
	else if (o->backups == 0)
		(void)snprintf(out, cap, "%s", _("none"));
	else
		(void)snprintf(out, cap, "%u, %s", o->backups, translated(proofs[proof_of(o)].words));
}
