#include "tui/wizard/journal_export.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/wizard.h"

#define HASH_LINE 32   /* digits of it, read aloud from one line */
#define FORM 1   /* store/journal.h: what is hashed */

static bool is_utf8(const char *text)
{
	size_t left = strlen(text), took;
	uint32_t cp;

	while ((took = text_decode(text, left, &cp)) > 0) {
		if (cp == 0xfffd && took == 1)
			return false;
		text += took;
		left -= took;
	}
	return true;
}

static void put_hex(struct json_object *o, const char *name, const void *p, size_t n)
{
	char hex[2 * JOURNAL_TEXT_MAX + 1];

	hex_lower(hex, p, n);
	json_object_object_add(o, name, json_object_new_string(hex));
}

/* As it was hashed, byte for byte. */
static void put_text(struct json_object *o, const char *name, const char *text)
{
	char other[JOURNAL_WHAT_MAX];

	if (is_utf8(text)) {
		json_object_object_add(o, name, json_object_new_string(text));
		return;
	}
	snprintf(other, sizeof(other), "%s_hex", name);
	put_hex(o, other, text, strlen(text));
}

/* Takes o. A line in which something could not be had is no line. */
static enum status put_line(struct json_object *o, size_t members, struct file_new *out, struct fault *f)
{
	const char *line = o != NULL && (size_t)json_object_object_length(o) == members
				   ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
				   : NULL;
	enum status st = line != NULL ? file_new_put(out, cur_of(line, strlen(line)), f) : fault_set(f, ST_NO_MEMORY, NULL);

	json_object_put(o);
	return st == ST_OK ? file_new_put(out, cur_of("\n", 1), f) : st;
}

static enum status put_entry(const struct journal_row *e, struct file_new *out, struct fault *f)
{
	struct json_object *o = json_object_new_object();
	const time_t at = (time_t)e->at;
	char when[32] = "";
	struct tm tm;

	if (o == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (gmtime_r(&at, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_object_add(o, "number", json_object_new_int64(e->number));
	json_object_object_add(o, "at", json_object_new_int64(e->at));
	json_object_object_add(o, "time", json_object_new_string(when));
	json_object_object_add(o, "run", json_object_new_int64(e->run));
	put_text(o, "device", e->device);
	put_hex(o, "key", e->key.bytes, e->key.len);
	put_text(o, "person", e->person);
	put_text(o, "what", e->what);
	put_text(o, "text", e->text);
	put_hex(o, "before", e->before, sizeof(e->before));
	put_hex(o, "hash", e->hash, sizeof(e->hash));
	return put_line(o, 11, out, f);
}

static enum status put_head(struct store *s, const struct journal_exported *j, struct file_new *out, struct fault *f)
{
	struct json_object *o = json_object_new_object();
	uint8_t identity[16];
	enum status st = store_identity(s, identity, f);

	if (st != ST_OK || o == NULL) {
		json_object_put(o);
		return st != ST_OK ? st : fault_set(f, ST_NO_MEMORY, NULL);
	}
	json_object_object_add(o, "journal", json_object_new_int(FORM));
	put_hex(o, "inventory", identity, sizeof(identity));
	json_object_object_add(o, "entries", json_object_new_int64(j->entries));
	json_object_object_add(o, "hash", json_object_new_string(j->hash));
	return put_line(o, 4, out, f);
}

/* Up to the entry that was the last one when it began: another program may be writing more. */
static enum status put_entries(struct step_env *e, struct journal_filter filter, int64_t entries, struct file_new *out,
			       struct fault *f)
{
	int64_t last = 0, done = 0;
	enum status st = ST_OK;
	size_t n;

	do {
		struct journal_row *rows = NULL;

		n = 0;
		st = store_journal_list(e->store, &filter, &rows, &n, f);
		for (size_t i = 0; st == ST_OK && i < n; i++) {
			st = put_entry(&rows[i], out, f);
			last = rows[i].number;
		}
		free(rows);
		filter.after = &last;
		done += (int64_t)n;
		job_progress(e->job, (unsigned)done, (unsigned)entries, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, NULL);
	} while (st == ST_OK && n == STORE_PAGE_MAX && done <= entries);
	if (st == ST_OK && done != entries)
		return fault_set(f, ST_STORE, "The journal was changed while it was written out. Nothing was exported. Try again.");
	return st;
}

static enum status write_journal(struct step_env *e, struct journal_exported *j, struct fault *f)
{
	uint8_t hash[JOURNAL_HASH_LEN];
	FILE_NEW out = { 0 };
	int64_t last;
	const struct journal_filter filter = { .oldest_first = true, .until = &last };
	size_t n = 0;
	enum status st;

	if ((st = store_journal_head(e->store, &last, hash, f)) != ST_OK ||
	    (st = store_journal_count(e->store, &filter, &n, f)) != ST_OK)
		return st;
	j->entries = (int64_t)n;
	if (last > 0)
		hex_lower(j->hash, hash, sizeof(hash));
	if ((st = file_new_open(&out, j->file, f)) != ST_OK || (st = put_head(e->store, j, &out, f)) != ST_OK ||
	    (st = put_entries(e, filter, j->entries, &out, f)) != ST_OK)
		return st;
	return file_new_name(&out, f);
}

static enum status record(struct step_env *e, const struct journal_exported *j, struct fault *f)
{
	char words[JOURNAL_TEXT_MAX];
	const struct journal_entry entry = { .at = clock_wall(), .what = "journal.exported", .text = words };

	if (store_read_only(e->store))
		return ST_OK;
	snprintf(words, sizeof(words), _("The journal was exported to %.500s: %lld entries, the last one with the hash %s."), j->file,
		 (long long)j->entries, j->hash);
	return store_journal(e->store, &entry, f);
}

static enum status export(struct step_env *e, struct fault *f)
{
	struct journal_exported *j = run_state(e->run);
	enum status st;

	*j = (struct journal_exported){ .file = run_get(e->run, "file", 0) };
	if (e->store == NULL)
		return fault_set(f, ST_STORE, "The inventory is not open, so there is no journal to be exported.");
	if ((st = file_check_new(j->file, f)) != ST_OK || (st = store_journal_verify(e->store, &j->verdict, f)) != ST_OK ||
	    (st = write_journal(e, j, f)) != ST_OK)
		return st;
	st = record(e, j, f);
	return st == ST_OK ? ST_OK : fault_add(f, "The file %s is whole; only the journal does not tell of it.", j->file);
}

static void say_file(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "The journal says what was done with this inventory, and each entry carries the hash of the one "
		  "before. In a file on another medium it can be checked by others, and shows later whether anything was changed.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct journal_exported *j = run_state(r);

	prose_add(out, PROSE_DONE, "The journal is in %s: %lld entries.", j->file, (long long)j->entries);
	if (j->verdict.broken != 0)
		prose_add(out, PROSE_WARNING, "It is not as it was written: entry %lld is the first that is wrong. It was exported as it "
			  "is. Keep this inventory as it is too, and compare it with an older copy.", (long long)j->verdict.broken);
	if (j->hash[0] == '\0')
		return;
	prose_add(out, PROSE_PLAIN, "Write down the hash of the last entry, and keep it elsewhere: with it nobody can cut entries "
		  "off.");
	for (size_t i = 0; i + HASH_LINE <= sizeof(j->hash); i += HASH_LINE)
		prose_add(out, PROSE_VALUE, "%.8s %.8s %.8s %.8s", j->hash + i, j->hash + i + 8, j->hash + i + 16, j->hash + i + 24);
}

const struct journal_exported *run_journal_exported(const struct run *r)
{
	return run_procedure(r) == &procedure_journal_export ? run_state(r) : NULL;
}

static const struct question questions[] = {
	{
		.name = "file",
		.value = "FILE",
		.ask = ASK_NEW_FILE,
		.positional = true,
		.words = N_("File"),
		.help = N_("A new file, best on another medium than this computer's disk; one that is there is never overwritten. It has a "
			   "line for each entry, which programs can read, and holds no secret."),
	},
	{ .name = NULL },
};

static const struct page pages[] = {
	{ .name = N_("File"), .title = N_("Where to"), .questions = questions, .text = say_file },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "export", .words = N_("Check the journal, write the file, read it back"), .where = ON_WORKER, .fn = export },
	{ .name = NULL },
};

const struct procedure procedure_journal_export = {
	.name = "journal-export",
	.command = "journal export",
	.title = N_("Export the journal"),
	.summary = N_("write the whole journal into a file that can be checked elsewhere"),
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct journal_exported),
	.outcome = outcome,
};
