#include "tui/command/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "tui/command/json.h"
#include "tui/command/print.h"
#include "tui/wizard/journal_export.h"
#include "tui/wizard/results.h"
#include "tui/wizard/share.h"
#include "tui/wizard/wizard.h"

static struct json_object *key_json(const struct key_result *k)
{
	struct json_object *o = json_object_new_object();

	if (o == NULL)
		return NULL;
	json_text(o, "serial", k->serial);
	json_text(o, "label", k->label);
	json_text(o, "id", k->id);
	json_number(o, "key_ref", k->key_ref, -1);
	json_text(o, "algorithm", k->algorithm);
	json_number(o, "size", k->size, 0);
	json_text(o, "curve", k->curve);
	json_text(o, "spki_sha256", k->spki_sha256);
	json_text(o, "cmac", k->cmac);
	return o;
}

static struct json_object *thing_json(const struct key_result *k, const char *type)
{
	struct json_object *o = json_object_new_object();

	if (o == NULL)
		return NULL;
	json_text(o, "type", type);
	json_text(o, "serial", k->serial);
	json_text(o, "label", k->label);
	json_file(o, "file", k->file);
	return o;
}

static struct json_object *certificate_json(const struct key_result *k)
{
	struct json_object *o = thing_json(k, "certificate");

	if (o == NULL)
		return NULL;
	json_text(o, "id", k->id);
	json_number(o, "key_ref", k->key_ref, -1);
	json_text(o, "subject", k->subject);
	json_text(o, "until", k->until);
	json_text(o, "spki_sha256", k->spki_sha256);
	return o;
}

static struct json_object *data_json(const struct key_result *k)
{
	struct json_object *o = thing_json(k, "data");

	if (o == NULL)
		return NULL;
	json_number(o, "size", k->size, 0);
	json_flag(o, "private", k->is_private);
	return o;
}

static struct json_object *show_certificate(const struct run *r)
{
	const struct key_result *k = run_key(r);

	return k != NULL ? certificate_json(k) : NULL;
}

static struct json_object *show_data(const struct run *r)
{
	const struct key_result *k = run_key(r);

	return k != NULL ? data_json(k) : NULL;
}

static struct json_object *row_json(const struct key_result *k)
{
	struct json_object *o = key_json(k);

	if (o == NULL)
		return NULL;
	json_file(o, "file", k->file);
	json_text(o, "backup", k->backup);
	json_text(o, "dkek_kcv", k->dkek_kcv);
	json_text(o, "proof", k->proof);
	json_flag(o, "compared", k->compared);
	json_text(o, "remark", k->remark);
	return o;
}

/* One object of a clone: of what is no key, only that it is there. */
static struct json_object *cloned_json(const struct key_result *k)
{
	struct json_object *o = row_json(k);

	if (o == NULL)
		return NULL;
	json_text(o, "type", k->thing);
	json_flag(o, "was_there", k->there);
	return o;
}

static struct json_object *show_key(const struct run *r)
{
	const struct key_result *k = run_key(r);

	return k != NULL ? key_json(k) : NULL;
}

/*
 * What would be put out without --json, where no file took it: "content", in hex where it is no text. Data that is private
 * stays out of the document: it would be left in memory that is not erased.
 */
static struct json_object *with_content(const struct run *r, struct json_object *o)
{
	const struct cur c = run_exported(r);
	const struct key_result *k = run_key(r);
	const bool text = run_is(r, "format", "pem") || run_is(r, "format", "ssh") || run_is(r, "format", "hex");
	char *content = o != NULL && c.n > 0 && !k->is_private ? malloc(c.n * 2 + 1) : NULL;
	size_t n = 0;

	if (o == NULL)
		return NULL;
	if (content != NULL && !text) {
		n = c.n * 2;
		hex_lower(content, c.p, c.n);
	}
	for (size_t i = 0; content != NULL && text && i < c.n; i++) {
		if (c.p[i] != '\n' || !run_is(r, "format", "hex"))
			content[n++] = (char)c.p[i];
	}
	json_object_object_add(o, "content", content != NULL ? json_object_new_string_len(content, (int)n) : NULL);
	free(content);
	return o;
}

static struct json_object *show_exported_key(const struct run *r)
{
	return with_content(r, show_key(r));
}

static struct json_object *show_exported_certificate(const struct run *r)
{
	return with_content(r, show_certificate(r));
}

static struct json_object *show_read_data(const struct run *r)
{
	return with_content(r, show_data(r));
}

/* Those of one kind ("key"; what does not say is one), or NULL: all. Takes o. */
static struct json_object *add_rows(struct json_object *o, const struct run *r, const char *name, const char *kind,
				    struct json_object *(*row)(const struct key_result *k))
{
	struct json_object *rows = json_object_new_array();
	const struct key_result *k;
	size_t n;

	k = run_keys(r, &n);
	if (o == NULL || rows == NULL) {
		json_object_put(o);
		json_object_put(rows);
		return NULL;
	}
	json_object_object_add(o, name, rows);
	for (size_t i = 0; i < n; i++) {
		if (kind == NULL || k[i].thing[0] == '\0' || strcmp(k[i].thing, kind) == 0)
			json_object_array_add(rows, row(&k[i]));
	}
	return o;
}

static struct json_object *show_rows(const struct run *r, const char *name, struct json_object *(*row)(const struct key_result *k))
{
	struct json_object *o = json_object_new_object();

	if (o != NULL)
		json_text(o, "serial", run_serial(r));
	return add_rows(o, r, name, NULL, row);
}

static struct json_object *show_keys(const struct run *r)
{
	return show_rows(r, "keys", row_json);
}

static struct json_object *show_clone(const struct run *r)
{
	struct json_object *o = show_rows(r, "objects", cloned_json);

	if (o != NULL)
		json_text(o, "to", run_other(r));
	return o;
}

static struct json_object *tested_json(const struct key_result *k)
{
	struct json_object *o = key_json(k);

	if (o != NULL) {
		json_flag(o, "passed", k->fault.st == ST_OK);
		json_flag(o, "compared", k->compared);
		json_text(o, "remark", k->remark);
	}
	return o;
}

/* The first one's members, as where there is one only; and under the name all of them. */
static struct json_object *with_all(const struct run *r, const char *name, const char *kind,
				    struct json_object *(*row)(const struct key_result *k))
{
	const struct key_result *k = run_key(r);

	return k != NULL ? add_rows(row(k), r, name, kind, row) : NULL;
}

static struct json_object *show_tested(const struct run *r)
{
	return with_all(r, "keys", NULL, tested_json);
}

static struct json_object *show_forgotten(const struct run *r)
{
	struct json_object *o = json_object_new_object();

	if (o != NULL)
		json_text(o, "serial", run_get(r, "serial", 0));
	return o;
}

static struct json_object *show_journal(const struct run *r)
{
	const struct journal_exported *j = run_journal_exported(r);
	struct json_object *o = json_object_new_object();

	if (o == NULL)
		return NULL;
	json_file(o, "file", j->file);
	json_number(o, "entries", j->entries, -1);
	json_text(o, "hash", j->hash);
	json_flag(o, "whole", j->verdict.broken == 0);
	return o;
}

static struct json_object *deleted_json(const struct key_result *k)
{
	struct json_object *o;

	if (strcmp(k->thing, "key") != 0)
		return strcmp(k->thing, "data") == 0 ? data_json(k) : certificate_json(k);
	o = row_json(k);
	if (o != NULL)
		json_text(o, "type", k->thing);
	return o;
}

static struct json_object *show_deleted(const struct run *r)
{
	return add_rows(with_all(r, "objects", NULL, deleted_json), r, "keys", "key", deleted_json);
}

static struct json_object *show_deleted_certificates(const struct run *r)
{
	return with_all(r, "certificates", NULL, certificate_json);
}

static struct json_object *show_deleted_data(const struct run *r)
{
	return with_all(r, "data", NULL, data_json);
}

static struct json_object *show_device(const struct run *r)
{
	struct json_object *o = json_object_new_object();

	if (o != NULL)
		json_text(o, "serial", run_serial(r));
	return o;
}

static struct json_object *show_label(const struct run *r)
{
	struct json_object *o = show_device(r);

	if (o != NULL)
		json_text(o, "label", run_get(r, "label", 0));
	return o;
}

static struct json_object *show_random(const struct run *r)
{
	struct json_object *o = show_device(r);

	if (o != NULL) {
		json_number(o, "bytes", run_number(r, "bytes", 0), 0);
		json_file(o, "file", run_get(r, "out", 0));
	}
	return o;
}

static struct json_object *show_shares(const struct run *r)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(), *row;

	if (o == NULL || list == NULL) {
		json_object_put(o);
		json_object_put(list);
		return NULL;
	}
	if (run_serial(r)[0] != '\0')
		json_text(o, "serial", run_serial(r));
	json_text(o, "dkek_kcv", run_kcv(r));
	json_object_object_add(o, "shares", list);
	for (size_t i = 0; i < run_shares(r); i++) {
		row = json_object_new_object();
		if (row == NULL)
			break;
		json_file(row, "file", run_share_file(r, i));
		json_text(row, "kcv", run_share_kcv(r, i));
		json_object_array_add(list, row);
	}
	return o;
}

/* Plain output: what is asked for is the result itself, not words about it. */
static enum status print_exported(const struct run *r, struct fault *f)
{
	struct cur c = run_exported(r);

	/* Past the buffer of stdout, in which what is private would stay. */
	if (fflush(stdout) != 0)
		return fault_set(f, ST_DISK, "It could not be written to standard output.");
	while (c.n > 0) {
		ssize_t n = write(STDOUT_FILENO, c.p, c.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fault_set(f, ST_DISK, "It could not be written to standard output.");
		(void)cur_take(&c, (size_t)n, NULL);
	}
	return ST_OK;
}

static enum status print_shares(const struct run *r, struct fault *f)
{
	(void)f;
	for (size_t i = 0; i < run_shares(r); i++) {
		char file[4096];

		text_clean(file, sizeof(file), run_share_file(r, i), strlen(run_share_file(r, i)));
		printf("%s  %s\n", run_share_kcv(r, i), file);
	}
	printf("%s  together\n", run_kcv(r));
	return ST_OK;
}

static const struct show {
	const char *command;
	struct json_object *(*json)(const struct run *r);
	enum status (*print)(const struct run *r, struct fault *f);   /* NULL: the outcome's sentences say it all */
	bool several;   /* keys: it fails where one of them did, although the others are done */
} shows[] = {
	{ "key new", show_key, NULL, false },
	{ "key export", show_exported_key, print_exported, false },
	{ "key delete", show_deleted, NULL, false },
	{ "key rename", show_key, NULL, false },
	{ "key test", show_tested, NULL, true },
	{ "cert import", show_certificate, NULL, false },
	{ "cert export", show_exported_certificate, print_exported, false },
	{ "cert delete", show_deleted_certificates, NULL, false },
	{ "data write", show_data, NULL, false },
	{ "data read", show_read_data, print_exported, false },
	{ "data delete", show_deleted_data, NULL, false },
	{ "backup", show_keys, NULL, true },
	{ "restore", show_keys, NULL, true },
	{ "clone", show_clone, NULL, true },
	{ "inventory forget", show_forgotten, NULL, false },
	{ "journal export", show_journal, NULL, false },
	{ "label", show_label, NULL, false },
	{ "random", show_random, NULL, false },
	{ "share new", show_shares, NULL, false },
	{ "share check", show_shares, print_shares, false },
	{ "share import", show_shares, NULL, false },
	{ "init", show_shares, NULL, false },
};

static const struct show *show_of(const struct run *r)
{
	static const struct show any = { "", show_device, NULL, false };

	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		if (strcmp(shows[i].command, run_procedure(r)->command) == 0)
			return &shows[i];
	}
	return &any;
}

bool result_tell_failed(const struct run *r)
{
	size_t n;
	const struct key_result *k = run_keys(r, &n);

	for (size_t i = 0; i < n; i++) {
		if (k[i].fault.st != ST_OK)
			print_line(PROSE_WARNING, "%s: %s", k[i].label[0] != '\0' ? k[i].label : k[i].file, k[i].fault.what);
	}
	if (n > 1 && run_keys_failed(r) == n)
		print_line(PROSE_PLAIN, "keyroom: None of the %zu could be done.", n);
	return n > 0 && run_keys_failed(r) == n;
}

/* Some keys could not be wrapped or restored, which the outcome has named, and the others are. */
static enum status some_failed(const struct run *r, struct fault *f)
{
	size_t n;

	(void)run_keys(r, &n);
	return fault_set(f, ST_CARD_ERROR, "%zu of %zu could not be done; the others are.", run_keys_failed(r), n);
}

enum status result_show(const struct run *r, const struct args *a, struct fault *f)
{
	const struct show *s = show_of(r);

	if (s->several && run_keys_failed(r) > 0)
		return some_failed(r, f);
	if (a->json && s->print == print_exported && run_exported(r).n > 0 && run_key(r)->is_private)
		return fault_set(f, ST_USAGE, "This data is private, and is not put into a document: name a file for it with --out.");
	if (a->json)
		return json_out(s->json(r), f);
	return s->print != NULL ? s->print(r, f) : ST_OK;
}
