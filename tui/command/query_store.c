#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "store/backup.h"
#include "store/journal.h"
#include "store/key.h"
#include "tui/command/cells.h"
#include "tui/command/json.h"
#include "tui/command/print.h"
#include "tui/command/query.h"
#include "tui/wizard/wizard.h"

/* Text of the inventory is as it came from cards and files. */
#define CELL_MAX 80
struct cell {
	char text[CELL_MAX];
};

static struct cell clean(const char *text)
{
	struct cell c;

	text_clean(c.text, sizeof(c.text), text, strlen(text));
	return c;
}

static struct cell moment(int64_t at)
{
	time_t t = (time_t)at;
	struct cell c = { "" };
	struct tm tm;

	if (at > 0 && localtime_r(&t, &tm) != NULL)
		strftime(c.text, sizeof(c.text), "%Y-%m-%d %H:%M", &tm);
	return c;
}

static void json_identity(struct json_object *o, const struct key_identity *k)
{
	char hex[65];

	hex_lower(hex, k->bytes, k->len);
	json_text(o, "spki_sha256", k->len == STORE_SPKI_LEN ? hex : NULL);
	json_text(o, "cmac", k->len == STORE_CMAC_LEN ? hex : NULL);
}

/* "RSA 4096", "EC secp256r1". */
static struct cell kind(const char *algorithm, unsigned size, const char *curve)
{
	struct cell c = { "" };
	char name[CELL_MAX / 2], on[CELL_MAX / 2];

	text_clean(name, sizeof(name), algorithm, strlen(algorithm));
	text_clean(on, sizeof(on), curve, strlen(curve));
	for (char *p = name; *p != '\0'; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	if (on[0] != '\0')
		snprintf(c.text, sizeof(c.text), "%s %s", name, on);
	else
		snprintf(c.text, sizeof(c.text), "%s %.0u", name, size);
	return c;
}

static const struct cell_column backup_columns[] = {
	{ N_("BACKUP"), 6 }, { N_("LABEL"), 24 }, { N_("KIND"), 18 }, { N_("DKEK"), 16 }, { N_("MADE"), 16 }, { N_("ON"), 12 },
	{ N_("PROOF"), 0 },
};
static const struct cell_column key_columns[] = {
	{ N_("LABEL"), 24 }, { N_("KIND"), 18 }, { N_("BACKUPS"), 7 }, { N_("DEVICES"), 8 }, { N_("WHICH"), 0 },
};

static void show_backup(const struct backup_row *b, struct json_object *all)
{
	char id[32], kcv[17], cka[2 * STORE_ID_MAX + 1];
	struct json_object *o;

	snprintf(id, sizeof(id), "%lld", (long long)b->id);
	hex_upper(kcv, b->kcv, sizeof(b->kcv));
	hex_lower(cka, b->cka_id, b->cka_id_len);
	if (all == NULL) {
		cells_row(backup_columns, 7, (const char *const[]){ id, clean(b->label).text,
			  kind(b->algorithm, b->size, b->curve).text, kcv, moment(b->made_at).text, clean(b->device).text,
			  proof_words(proof_word(b->proof)) });
		return;
	}
	o = json_object_new_object();
	if (o == NULL)
		return;
	json_text(o, "backup", id);
	json_identity(o, &b->key);
	json_text(o, "algorithm", b->algorithm);
	json_number(o, "size", b->size, 0);
	json_text(o, "curve", b->curve);
	json_text(o, "label", b->label);
	json_text(o, "id", cka);
	json_text(o, "dkek_kcv", kcv);
	json_text(o, "serial", b->device);
	json_time(o, "made", b->made_at);
	json_file(o, "file", b->file);
	json_text(o, "proof", proof_word(b->proof));
	json_time(o, "proven", b->proof_at);
	json_text(o, "proven_on", b->proof_device);
	json_object_array_add(all, o);
}

static struct json_object *array_wanted(const struct here *h)
{
	return h->args->json ? json_object_new_array() : NULL;
}

static enum status finish(const struct here *h, enum status st, struct json_object *all, struct fault *f)
{
	if (st == ST_OK && h->args->json)
		return json_out(all, f);
	json_object_put(all);
	return st;
}

enum status query_backups(const struct here *h, struct fault *f)
{
	struct json_object *all = array_wanted(h);
	struct backup_filter filter = { .page = { .limit = STORE_PAGE_MAX } };
	enum status st = ST_OK;
	size_t n = STORE_PAGE_MAX;

	if (all == NULL)
		cells_head(backup_columns, 7);
	while (st == ST_OK && n == STORE_PAGE_MAX) {
		struct backup_row *rows = NULL;

		n = 0;
		st = store_backups(h->env->store, &filter, &rows, &n, f);
		for (size_t i = 0; i < n; i++)
			show_backup(&rows[i], all);
		free(rows);
		filter.page.offset += (unsigned)n;
	}
	return finish(h, st, all, f);
}

static void show_key(const struct key_row *k, struct json_object *all)
{
	struct json_object *o;

	if (all == NULL) {
		char backups[12], devices[12];

		snprintf(backups, sizeof(backups), "%u", k->backups);
		snprintf(devices, sizeof(devices), "%u", k->devices);
		cells_row(key_columns, 5, (const char *const[]){ clean(k->label).text,
			  kind(k->algorithm, k->size, k->curve).text, backups, devices, clean(k->on).text });
		return;
	}
	o = json_object_new_object();
	if (o == NULL)
		return;
	json_identity(o, &k->identity);
	json_text(o, "algorithm", k->algorithm);
	json_number(o, "size", k->size, 0);
	json_text(o, "curve", k->curve);
	json_text(o, "label", k->label);
	json_number(o, "backups", k->backups, -1);
	json_text(o, "proof", proof_word(k->proof));
	json_number(o, "on_devices", k->devices, -1);
	json_text(o, "devices", k->on);
	json_object_array_add(all, o);
}

enum status query_keys(const struct here *h, struct fault *f)
{
	struct json_object *all = array_wanted(h);
	struct store_page page = { .limit = STORE_PAGE_MAX };
	enum status st = ST_OK;
	size_t n = STORE_PAGE_MAX;

	if (all == NULL)
		cells_head(key_columns, 5);
	while (st == ST_OK && n == STORE_PAGE_MAX) {
		struct key_row *rows = NULL;

		n = 0;
		st = store_keys(h->env->store, page, &rows, &n, f);
		for (size_t i = 0; i < n; i++)
			show_key(&rows[i], all);
		free(rows);
		page.offset += (unsigned)n;
	}
	return finish(h, st, all, f);
}

static void show_entry(const struct journal_row *j, struct json_object *all)
{
	char hash[2 * JOURNAL_HASH_LEN + 1];
	struct json_object *o;

	if (all == NULL) {
		char text[JOURNAL_TEXT_MAX * 3];

		text_clean(text, sizeof(text), j->text, strlen(j->text));
		printf("%5lld  %s  %-12s  %s\n", (long long)j->number, moment(j->at).text, clean(j->device).text, text);
		return;
	}
	o = json_object_new_object();
	if (o == NULL)
		return;
	hex_lower(hash, j->hash, sizeof(j->hash));
	json_number(o, "number", j->number, 0);
	json_time(o, "at", j->at);
	json_text(o, "what", j->what);
	json_text(o, "text", j->text);
	json_text(o, "serial", j->device);
	json_identity(o, &j->key);
	json_text(o, "person", j->person);
	json_text(o, "hash", hash);
	json_object_array_add(all, o);
}

static enum status journal_limit(const struct args *a, size_t *ret, struct fault *f)
{
	const char *text = args_option(a, "limit", 0);
	char *end;
	long n;

	*ret = SIZE_MAX;
	if (text == NULL)
		return ST_OK;
	n = strtol(text, &end, 10);
	if (*end != '\0' || end == text || n < 1)
		return fault_set(f, ST_USAGE, "--limit takes a number of entries, 1 or more.");
	*ret = (size_t)n;
	return ST_OK;
}

enum status query_journal(const struct here *h, struct fault *f)
{
	struct journal_filter filter = { .device = h->args->device };
	struct json_object *all;
	size_t n = STORE_PAGE_MAX, left;
	enum status st = journal_limit(h->args, &left, f);

	if (st != ST_OK)
		return st;
	all = array_wanted(h);
	while (st == ST_OK && n == STORE_PAGE_MAX && left > 0) {
		struct journal_row *rows = NULL;

		n = 0;
		filter.page.limit = left < STORE_PAGE_MAX ? (unsigned)left : STORE_PAGE_MAX;
		st = store_journal_list(h->env->store, &filter, &rows, &n, f);
		for (size_t i = 0; i < n; i++)
			show_entry(&rows[i], all);
		free(rows);
		filter.page.offset += (unsigned)n;
		left -= n;
	}
	return finish(h, st, all, f);
}

enum status query_journal_verify(const struct here *h, struct fault *f)
{
	struct journal_verdict v;
	char head[2 * JOURNAL_HASH_LEN + 1];
	struct json_object *o;
	enum status st = store_journal_verify(h->env->store, &v, f);

	if (st != ST_OK)
		return st;
	hex_lower(head, v.head, sizeof(v.head));
	if (v.broken != 0)
		return fault_set(f, ST_DAMAGED,
				 "The journal is not as it was written: entry %lld is the first that is wrong. %s "
				 "Keep this inventory as it is, and compare it with an older copy.", (long long)v.broken, translated(v.why));
	if (!h->args->json) {
		printf(translated_n("The journal is whole and in order: %lld entry.\nThe last one's hash is %s.\n",
				    "The journal is whole and in order: %lld entries.\nThe last one's hash is %s.\n",
				    (unsigned long)v.entries), (long long)v.entries, head);
		return ST_OK;
	}
	o = json_object_new_object();
	json_flag(o, "whole", true);
	json_number(o, "entries", v.entries, -1);
	json_text(o, "hash", v.entries > 0 ? head : NULL);
	return json_out(o, f);
}
