/*
 * Answers are kept as one JSON object, an array of texts for each question; facts, which steps leave for a later start,
 * as one of texts. Both are small. What is secret is never a text (run_set() refuses it), so none can get in here.
 */
#include "tui/wizard/run_record.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/device.h"
#include "store/run.h"
#include "tui/wizard/runner.h"

#define HOST_WORK_LEAST_MS 200

static void json_guard(struct json_object **j)
{
	json_object_put(*j);
}

static bool put_text(struct json_object *object, const char *name, const char *text)
{
	struct json_object *value = json_object_new_string(text);

	if (value && json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

/* All values of one question; left out where nothing was answered. */
static bool put_answer(const struct run *r, const struct question *q, struct json_object *object)
{
	struct json_object *values;
	unsigned n = 0;

	for (const struct answer *a = r->answers; a; a = a->next) {
		if (strcmp(a->question->name, q->name) == 0 && a->text && a->text[0] && a->index + 1 > n)
			n = a->index + 1;
	}
	if (n == 0 || ask_is_secret(q->ask) || json_object_object_get_ex(object, q->name, NULL))
		return true;
	values = json_object_new_array();
	if (!values || json_object_object_add(object, q->name, values) != 0) {
		json_object_put(values);
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		struct json_object *value = json_object_new_string(run_get(r, q->name, i));

		if (!value || json_object_array_add(values, value) != 0) {
			json_object_put(value);
			return false;
		}
	}
	return true;
}

static struct json_object *answers_json(const struct run *r)
{
	struct json_object *object = json_object_new_object();
	bool good = object != NULL;

	for (const struct page *page = r->p->pages; good && page && page->name; page++) {
		for (const struct question *q = page->questions; good && q && q->name; q++)
			good = put_answer(r, q, object);
	}
	if (good)
		return object;
	json_object_put(object);
	return NULL;
}

enum status record_begin(struct run *r, struct fault *f)
{
	CLEANUP(json_guard) struct json_object *answers = NULL;
	enum status st;

	if (r->p->unrecorded || !r->env.store || r->record != 0)
		return ST_OK;
	answers = answers_json(r);
	if (!answers)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = store_run_begin(r->env.store, r->p->name, r->serial, r->has_kcv ? r->kcv : NULL,
			     json_object_to_json_string_ext(answers, JSON_C_TO_STRING_PLAIN), clock_wall(), &r->record, f);
	return st == ST_OK ? store_run_hold(r->env.store, r->record, f) : st;
}

void record_let_go(struct run *r)
{
	if (r->record != 0 && r->env.store)
		store_run_release(r->env.store, r->record);
	r->record = 0;
}

static enum status finish(struct run *r, enum run_state state, struct fault *f)
{
	enum status st;

	if (r->record == 0)
		return ST_OK;
	st = store_run_finish(r->env.store, r->record, state, clock_wall(), f);
	if (st == ST_OK)
		record_let_go(r);
	return st;
}

enum status record_end(struct run *r, struct fault *f)
{
	return finish(r, RUN_STATE_DONE, f);
}

void record_drop(struct run *r)
{
	struct fault f;

	/* Where this fails the record stays open, and the next start finds that nothing was changed. */
	if (finish(r, RUN_STATE_ROLLED_BACK, &f) != ST_OK)
		record_let_go(r);
}

/* --- facts --- */

static struct json_object *facts_json(const struct run *r)
{
	struct json_object *object = json_object_new_object();

	for (const struct fact *fact = r->facts; object && fact; fact = fact->next) {
		if (fact->name[0] && !put_text(object, fact->name, fact->text)) {
			json_object_put(object);
			return NULL;
		}
	}
	return object;
}

static bool fact_put(struct run *r, const char *name, const char *text)
{
	struct fact *fact = calloc(1, sizeof(*fact) + strlen(name) + strlen(text) + 2);

	if (!fact)
		return false;
	fact->name = (char *)(fact + 1);
	fact->text = fact->name + strlen(name) + 1;
	memcpy(fact->name, name, strlen(name) + 1);
	memcpy(fact->text, text, strlen(text) + 1);
	/* The newest stands first and counts; older ones stay, since somebody may be reading them. */
	pthread_mutex_lock(r->lock);
	for (struct fact *old = r->facts; old; old = old->next) {
		if (strcmp(old->name, name) == 0)
			old->name[0] = '\0';
	}
	fact->next = r->facts;
	r->facts = fact;
	pthread_mutex_unlock(r->lock);
	return true;
}

const char *run_fact(const struct run *r, const char *name)
{
	pthread_mutex_t *lock = r->lock;
	const char *text = "";

	pthread_mutex_lock(lock);
	for (const struct fact *fact = r->facts; fact; fact = fact->next) {
		if (strcmp(fact->name, name) == 0) {
			text = fact->text;
			break;
		}
	}
	pthread_mutex_unlock(lock);
	return text;
}

static enum status write_step(struct step_env *e, struct fault *f)
{
	struct run *r = e->run;
	CLEANUP(json_guard) struct json_object *facts = NULL;

	pthread_mutex_lock(r->lock);
	facts = facts_json(r);
	pthread_mutex_unlock(r->lock);
	if (!facts)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return store_run_step(e->store, r->record, (unsigned)r->step_no, e->index, r->p->steps[r->step_no].name,
			      json_object_to_json_string_ext(facts, JSON_C_TO_STRING_PLAIN), clock_wall(), f);
}

enum status run_note(struct step_env *e, const char *name, const char *text, struct fault *f)
{
	struct run *r = e->run;

	if (!fact_put(r, name, text))
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (r->record == 0 || r->phase != RUN_RUNNING || r->resuming)
		return ST_OK;
	return write_step(e, f);
}

int64_t run_record_id(const struct run *r)
{
	return r->record;
}

enum status record_step(struct step_env *e, const struct step *s, struct fault *f)
{
	struct run *r = e->run;

	(void)s;
	if (r->record == 0 || r->phase != RUN_RUNNING || r->resuming)
		return ST_OK;
	if (!e->store)
		return fault_set(f, ST_STORE, "The inventory is not open, so nothing was begun.");
	return write_step(e, f);
}

/* --- how long it takes --- */

static const char *usual_name(const struct run *r, const struct step *s)
{
	return s->usual_of ? s->usual_of(r) : s->usual;
}

int64_t record_usual(const struct run *r, const struct step *s)
{
	const char *name = usual_name(r, s);
	struct fault f;
	int64_t ms;

	if (!name || !r->env.store || store_usual(r->env.store, r->serial, name, &ms, &f) != ST_OK || ms < 0)
		return 0;
	return ms;
}

/*
 * What this computer does by itself has no device, or one that is not known yet: it goes with any that is, since what is
 * looked up for a device without a time of its own is taken from all of them.
 */
static void add_host_time(struct store *s, const char *name, int64_t ms)
{
	struct device_filter any = { .page = { .limit = 1 } };
	struct device_row *rows = NULL;
	struct fault f;
	size_t n = 0;

	if (store_devices(s, &any, &rows, &n, &f) == ST_OK && n > 0)
		(void)store_usual_add(s, rows[0].serial, name, ms, &f);
	free(rows);
}

void record_time(struct step_env *e, const struct step *s, int64_t ms)
{
	const char *name = usual_name(e->run, s);
	struct fault f;

	/* Work that turned out to be none says nothing of how long it takes. */
	if (!name || !e->store || (s->where == ON_WORKER && ms < HOST_WORK_LEAST_MS))
		return;
	/* A time that cannot be written down is no reason to fail what was done. */
	if (store_usual_add(e->store, e->run->serial, name, ms, &f) != ST_OK && s->where == ON_WORKER)
		add_host_time(e->store, name, ms);
}

/* --- taking up again --- */

static enum status damaged(struct fault *f)
{
	return fault_set(f, ST_STORE_DAMAGED, "The inventory's record of this procedure cannot be read.");
}

static enum status restore_answers(struct run *r, const char *text, struct fault *f)
{
	CLEANUP(json_guard) struct json_object *answers = json_tokener_parse(text);

	if (!json_object_is_type(answers, json_type_object))
		return damaged(f);
	json_object_object_foreach(answers, name, values) {
		const struct question *q = run_find_question(r->p, name);

		if (!q || ask_is_secret(q->ask) || !json_object_is_type(values, json_type_array))
			continue;
		for (size_t i = 0; i < json_object_array_length(values); i++) {
			const char *value = json_object_get_string(json_object_array_get_idx(values, i));
			enum status st = run_set(r, name, (unsigned)i, value, f);

			if (st != ST_OK)
				return st;
		}
	}
	return ST_OK;
}

static enum status restore_facts(struct run *r, const char *text, struct fault *f)
{
	CLEANUP(json_guard) struct json_object *facts = json_tokener_parse(text);

	if (!json_object_is_type(facts, json_type_object))
		return damaged(f);
	json_object_object_foreach(facts, name, value) {
		const char *fact = json_object_get_string(value);

		if (!fact_put(r, name, fact ? fact : ""))
			return fault_set(f, ST_NO_MEMORY, NULL);
	}
	return ST_OK;
}

void run_record_fact(const struct run_record *record, const char *name, char *out, size_t cap)
{
	CLEANUP(json_guard) struct json_object *facts = record->facts ? json_tokener_parse(record->facts) : NULL;
	struct json_object *value;

	out[0] = '\0';
	if (json_object_is_type(facts, json_type_object) && json_object_object_get_ex(facts, name, &value) &&
	    json_object_is_type(value, json_type_string) && (size_t)json_object_get_string_len(value) < cap)
		memcpy(out, json_object_get_string(value), (size_t)json_object_get_string_len(value) + 1);
}

/* What the record has beside the answers, as it is now that nobody else is at it. */
static enum status restore_rest(struct run *r, int64_t id, struct fault *f)
{
	struct run_record now = { 0 };
	enum status st;

	if (!r->env.store)
		return fault_set(f, ST_STORE, "The inventory is not open.");
	if ((st = store_run_hold(r->env.store, id, f)) != ST_OK)
		return st;
	r->record = id;
	st = store_run_get(r->env.store, id, &now, f);
	if (st == ST_OK && now.state != RUN_STATE_OPEN)
		st = fault_set(f, ST_REFUSED, "This procedure was brought to its end elsewhere in between. Nothing was done here.");
	if (st == ST_OK)
		st = restore_facts(r, now.facts && now.facts[0] ? now.facts : "{}", f);
	if (st == ST_OK && now.has_kcv)
		run_expect_kcv(r, now.kcv);
	run_record_done(&now);
	if (st != ST_OK)
		record_let_go(r);
	return st;
}

enum status record_restore(struct run *r, const struct run_record *record, struct fault *f)
{
	enum status st = restore_answers(r, record->answers ? record->answers : "{}", f);

	if (st != ST_OK)
		return st;
	if (strlen(record->device) >= sizeof(r->serial))
		return damaged(f);
	memcpy(r->serial, record->device, strlen(record->device) + 1);
	return restore_rest(r, record->id, f);
}

static bool is_of(const struct run *r, const struct run_record *record)
{
	return strcmp(record->procedure, r->p->name) == 0 && strcmp(record->device, r->serial) == 0;
}

/* Each of them was given then, too; some that were given then may not be given yet. */
static bool has_answers(const struct run_record *record, struct json_object *answers)
{
	CLEANUP(json_guard) struct json_object *then = json_tokener_parse(record->answers ? record->answers : "{}");
	struct json_object *value;

	json_object_object_foreach(answers, name, now) {
		if (!json_object_object_get_ex(then, name, &value) || !json_object_equal(value, now))
			return false;
	}
	return true;
}

static bool is_the_same(const struct run *r, struct json_object *answers, const struct run_record *record)
{
	CLEANUP(json_guard) struct json_object *then = json_tokener_parse(record->answers ? record->answers : "{}");

	return is_of(r, record) && json_object_equal(then, answers);
}

bool run_was_interrupted(const struct step_env *e)
{
	CLEANUP(json_guard) struct json_object *answers = answers_json(e->run);
	struct run_record *rows = NULL;
	bool found = false;
	size_t n = 0;

	if (e->store == NULL || answers == NULL || store_open_runs(e->store, e->run->serial, &rows, &n, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < n && !found; i++)
		found = is_of(e->run, &rows[i]) && has_answers(&rows[i], answers);
	run_records_free(rows, n);
	return found;
}

enum status record_take_up(struct run *r, bool *ret_found, struct fault *f)
{
	CLEANUP(json_guard) struct json_object *answers = NULL;
	struct run_record *rows = NULL;
	size_t n = 0;
	enum status st;

	*ret_found = false;
	if (!r->env.store || r->p->unrecorded)
		return ST_OK;
	answers = answers_json(r);
	if (!answers)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = store_open_runs(r->env.store, r->serial[0] ? r->serial : NULL, &rows, &n, f);
	for (size_t i = 0; st == ST_OK && i < n && !*ret_found; i++) {
		if (!is_the_same(r, answers, &rows[i]))
			continue;
		st = restore_rest(r, rows[i].id, f);
		*ret_found = st == ST_OK;
	}
	run_records_free(rows, n);
	return st;
}
