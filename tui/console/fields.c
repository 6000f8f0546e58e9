#include "tui/console/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/keys.h"

static void field_done(struct field *f)
{
	free(f->edit);
	secret_free(f->second);
	free(f->choices.c);
	free(f->marked);
}

static void fields_free(struct field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		field_done(&f[i]);
	free(f);
}

void fields_done(struct fields *fs)
{
	fields_free(fs->f, fs->n);
	*fs = (struct fields){ 0 };
}

static const enum field_kind kinds[] = {
	[ASK_TEXT] = FIELD_TEXT,     [ASK_NUMBER] = FIELD_TEXT,  [ASK_CHOICE] = FIELD_ONE,    [ASK_YES] = FIELD_YES,
	[ASK_FILE] = FIELD_TEXT,     [ASK_NEW_FILE] = FIELD_TEXT, [ASK_FILES] = FIELD_TEXT,   [ASK_DEVICE] = FIELD_ONE,
	[ASK_OBJECTS] = FIELD_SOME,  [ASK_SENTENCE] = FIELD_TEXT, [ASK_PIN] = FIELD_SECRET,   [ASK_SO_PIN] = FIELD_SECRET,
	[ASK_PASSWORD] = FIELD_SECRET, [ASK_OTHER] = FIELD_ONE,
};

bool field_is_list(const struct field *f)
{
	return f->kind == FIELD_ONE || f->kind == FIELD_SOME;
}

static bool is_asked(const struct fields *fs, const struct question *q)
{
	return q->asked == NULL || q->asked(fs->run, fs->index);
}

/* The first content: the answer that was given before, else what the procedure proposes. */
static void first_text(const struct fields *fs, const struct question *q, unsigned index, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s", run_get(fs->run, q->name, index));
	if (q->ask == ASK_SENTENCE && strcmp(out, q->choices[0].value) == 0)
		(void)snprintf(out, cap, "%s", translated(q->choices[0].words));
	if (out[0] == '\0' && q->proposal != NULL)
		q->proposal(fs->run, index, out, cap);
}

static void store_text(const struct fields *fs, const struct field *f, const char *text)
{
	(void)run_set(fs->run, f->q->name, f->index, text[0] != '\0' ? text : NULL, NULL);   /* checked by run_next() */
}

/* The rows, in an array of the field's own: where one need not be chosen, a last row says so. */
static void load_choices(const struct fields *fs, struct field *f)
{
	bool none = f->kind == FIELD_ONE && f->q->optional && f->q->proposal == NULL;
	struct choices given = { 0 };

	if (f->q->choices_of != NULL) {
		if (f->q->choices_of(fs->run, &given, &f->fault) != ST_OK)
			given = (struct choices){ 0 };
	} else if (f->q->choices != NULL) {
		given.c = (struct choice *)(uintptr_t)f->q->choices;   /* only read */
		while (given.c[given.n].value != NULL)
			given.n++;
	}
	f->choices.c = calloc(given.n + 1, sizeof(*f->choices.c));
	if (f->choices.c == NULL)
		return;
	for (size_t i = 0; i < given.n; i++) {
		f->choices.c[f->choices.n++] = given.c[i];
		if (f->q->choices_of == NULL)
			f->choices.c[i].words = translated(given.c[i].words);
	}
	if (none && given.n > 0)
		f->choices.c[f->choices.n++] = (struct choice){ "", _("none of these") };
}

static void load_list(const struct fields *fs, struct field *f)
{
	char first[EDIT_BYTES];
	unsigned given = run_count(fs->run, f->q->name);

	load_choices(fs, f);
	f->marked = calloc(f->choices.n + 1, sizeof(*f->marked));
	first_text(fs, f->q, f->index, first, sizeof(first));
	for (size_t i = 0; i < f->choices.n && f->marked != NULL; i++) {
		const char *value = f->choices.c[i].value;

		if (first[0] != '\0' && strcmp(value, first) == 0)
			f->at = i;
		for (unsigned g = 0; g < given && f->kind == FIELD_SOME; g++)
			f->marked[i] |= strcmp(run_get(fs->run, f->q->name, g), value) == 0;
	}
}

static void store_list(const struct fields *fs, const struct field *f)
{
	unsigned n = 0;

	if (f->kind == FIELD_ONE) {
		store_text(fs, f, f->choices.n > 0 ? f->choices.c[f->at].value : "");
		return;
	}
	for (unsigned i = run_count(fs->run, f->q->name); i-- > 0;)
		(void)run_set(fs->run, f->q->name, i, NULL, NULL);
	for (size_t i = 0; i < f->choices.n; i++) {
		if (f->marked[i])
			(void)run_set(fs->run, f->q->name, n++, f->choices.c[i].value, NULL);
	}
}

static bool load_secret(const struct fields *fs, struct field *f)
{
	struct secret *s = run_secret(fs->run, f->q->name, f->index);

	if (s == NULL)
		return false;
	f->kept = secret_len(s);
	if (f->again)
		f->second = secret_copy(s);   /* what was given before need not be typed again */
	return !f->again || f->second != NULL;
}

/* What the procedure proposes as the answers stand now; "" for nothing. */
static void proposal_now(const struct fields *fs, const struct field *f, char *out, size_t cap)
{
	out[0] = '\0';
	if (f->q->proposal != NULL)
		f->q->proposal(fs->run, f->index, out, cap);
}

/* Another row was chosen: what nobody has typed into follows it. */
static void propose_anew(struct fields *fs)
{
	char now[EDIT_BYTES];

	for (size_t i = 0; i < fs->n; i++) {
		struct field *f = &fs->f[i];

		if (f->kind != FIELD_TEXT || !f->proposed)
			continue;
		proposal_now(fs, f, now, sizeof(now));
		edit_set(f->edit, now);
		store_text(fs, f, f->edit->text);
	}
}

static bool load_text(const struct fields *fs, struct field *f)
{
	char first[EDIT_BYTES], now[EDIT_BYTES];

	f->edit = calloc(1, sizeof(*f->edit));
	if (f->edit == NULL)
		return false;
	edit_init(f->edit, f->q->ask == ASK_FILES || f->q->ask == ASK_SENTENCE ? 0 : f->q->max);
	first_text(fs, f->q, f->index, first, sizeof(first));
	edit_set(f->edit, first);
	store_text(fs, f, f->edit->text);
	proposal_now(fs, f, now, sizeof(now));
	f->proposed = f->q->proposal != NULL && strcmp(now, first) == 0;
	return true;
}

static bool field_load(const struct fields *fs, struct field *f)
{
	char first[EDIT_BYTES];

	f->kind = kinds[f->q->ask];
	if (f->q->choices_of != NULL && f->kind == FIELD_TEXT)
		f->kind = FIELD_ONE;   /* a text or number that need not be known by heart */
	if (f->q->ask == ASK_OBJECTS && f->q->max == 1)
		f->kind = FIELD_ONE;
	switch (f->kind) {
	case FIELD_TEXT:
		return load_text(fs, f);
	case FIELD_SECRET:
		return load_secret(fs, f);
	case FIELD_YES:
		first_text(fs, f->q, f->index, first, sizeof(first));
		f->yes = first[0] != '\0';
		store_text(fs, f, f->yes ? "1" : "");
		return true;
	default:
		load_list(fs, f);
		if (f->marked != NULL && f->choices.c != NULL)
			store_list(fs, f);
		return f->marked != NULL && f->choices.c != NULL;
	}
}

/* Appends a field: the one that was there before, with what was typed in it, or a new one. */
static void wanted(struct fields *fs, struct fields *old, const struct question *q, unsigned index, bool again)
{
	struct field *grown = reallocarray(fs->f, fs->n + 1, sizeof(*grown));
	struct field *f;

	if (grown == NULL) {
		fs->no_memory = true;
		return;
	}
	fs->f = grown;
	f = &fs->f[fs->n++];
	for (size_t i = 0; i < old->n; i++) {
		/* by name: the same answer may have two rows, one where it is needed and one where it is not */
		if (old->f[i].q != NULL && strcmp(old->f[i].q->name, q->name) == 0 && old->f[i].index == index &&
		    old->f[i].again == again) {
			*f = old->f[i];
			f->q = q;
			old->f[i] = (struct field){ 0 };
			if (i == old->at)
				fs->at = fs->n - 1;
			return;
		}
	}
	*f = (struct field){ .q = q, .index = index, .again = again };
	if (!field_load(fs, f)) {
		field_done(f);
		fs->n--;
		fs->no_memory = true;
	}
}

/* As many lines as there are files, and one more. */
static void wanted_files(struct fields *fs, struct fields *old, const struct question *q)
{
	unsigned lines = run_count(fs->run, q->name), filled = 0;

	for (size_t i = 0; i < old->n; i++) {
		if (old->f[i].q != NULL && old->f[i].q == q && old->f[i].edit != NULL && old->f[i].edit->n > 0 && old->f[i].index >= filled)
			filled = old->f[i].index + 1;
	}
	lines = (lines > filled ? lines : filled) + 1;
	if (q->max > 0 && lines > q->max)
		lines = (unsigned)q->max;
	for (unsigned i = 0; i < lines; i++)
		wanted(fs, old, q, i, false);
}

static void fields_build(struct fields *fs, struct fields *old)
{
	for (const struct question *q = fs->page->questions; q != NULL && q->name != NULL; q++) {
		bool many = q->ask == ASK_OBJECTS && q->max != 1;

		if (!is_asked(fs, q))
			continue;
		if (q->ask == ASK_FILES) {
			wanted_files(fs, old, q);
			continue;
		}
		wanted(fs, old, q, many ? 0 : fs->index, false);
		if (q->twice && ask_is_secret(q->ask))
			wanted(fs, old, q, fs->index, true);
	}
}

void fields_sync(struct fields *fs)
{
	struct fields old = *fs;

	*fs = (struct fields){ .run = old.run, .page = old.page, .index = old.index, .no_memory = old.no_memory };
	if (fs->page == NULL)
		return;
	fields_build(fs, &old);
	if (fs->at >= fs->n)
		fs->at = fs->n > 0 ? fs->n - 1 : 0;
	fields_free(old.f, old.n);
}

void fields_enter(struct fields *fs, struct run *r)
{
	fields_done(fs);
	fs->run = r;
	fs->page = run_page(r, &fs->index);
	fields_sync(fs);
	fields_sync(fs);   /* a proposal may be the answer that another question hangs on */
	fs->at = 0;
}

struct field *fields_now(const struct fields *fs)
{
	return fs->at < fs->n ? &fs->f[fs->at] : NULL;
}

struct secret *field_secret(const struct fields *fs, const struct field *f)
{
	if (f->kind != FIELD_SECRET)
		return NULL;
	return f->again ? f->second : run_secret(fs->run, f->q->name, f->index);
}

bool field_is_empty(const struct fields *fs, const struct field *f)
{
	const struct secret *s = field_secret(fs, f);

	return s != NULL ? secret_len(s) == 0 : f->kind == FIELD_TEXT && f->edit->n == 0;
}

bool field_is_wanted(const struct fields *fs, const struct field *f)
{
	if (f->again)
		return secret_len(run_secret(fs->run, f->q->name, f->index)) > 0;
	return !f->q->optional && f->q->ask != ASK_FILES;
}

/*
 * Dots that stand there from before cannot be read, so that nothing can be added to them knowingly: the first key begins
 * the entry anew. What has to be the same is then typed anew too.
 */
static void begin_anew(struct fields *fs, struct field *f)
{
	f->kept = 0;
	for (size_t i = 0; i < fs->n && !f->again; i++) {
		struct field *other = &fs->f[i];

		if (!other->again || strcmp(other->q->name, f->q->name) != 0 || other->index != f->index)
			continue;
		other->kept = 0;
		secret_wipe(other->second);
	}
}

void fields_secret_typed(struct fields *fs)
{
	struct field *f = fields_now(fs);

	if (f != NULL && f->kind == FIELD_SECRET && f->kept > 0) {
		struct secret *s = field_secret(fs, f);
		const uint8_t byte = secret_len(s) > 0 ? secret_bytes(s)[secret_len(s) - 1] : 0;
		const bool full = secret_len(s) == f->kept;   /* to the brim: the byte did not go in */

		secret_wipe(s);
		if (!full)
			(void)secret_put(s, byte);
		begin_anew(fs, f);
	}
	fields_sync(fs);   /* questions may hang on a secret, too */
}

/* Of the file that was named before: nobody sends it to another one by pressing Enter. */
static void forget_password(struct fields *fs, const struct field *file)
{
	for (size_t i = 0; i < fs->n; i++) {
		struct field *f = &fs->f[i];
		struct secret *s = field_secret(fs, f);

		if (s == NULL || f->q->ask != ASK_PASSWORD || f->q->twice || f->index != file->index)
			continue;
		secret_wipe(s);
		f->kept = 0;
	}
}

static bool secret_key(struct secret *s, bool kept, uint32_t key)
{
	if (key == K_CTRL('u') || (kept && (key == K_BACKSPACE || key == K_DELETE))) {
		secret_wipe(s);
		return true;
	}
	if (key != K_BACKSPACE && key != K_DELETE)
		return key_is_text(key);   /* came by another way than the secret's, and is no answer */
	/* a character of several bytes goes whole */
	while (secret_len(s) > 0 && (secret_bytes(s)[secret_len(s) - 1] & 0xc0) == 0x80)
		(void)secret_drop(s);
	(void)secret_drop(s);
	return true;
}

bool fields_key(struct fields *fs, uint32_t key)
{
	struct field *f = fields_now(fs);

	if (f == NULL)
		return false;
	if (f->kind == FIELD_SECRET) {
		if (field_secret(fs, f) == NULL || !secret_key(field_secret(fs, f), f->kept > 0, key))
			return false;
		if (f->kept > 0 && field_is_empty(fs, f))
			begin_anew(fs, f);
		fields_sync(fs);
		return true;
	}
	if (f->kind != FIELD_TEXT || !edit_key(f->edit, key))
		return false;
	f->proposed = false;
	if (f->q->ask == ASK_FILE && strcmp(run_get(fs->run, f->q->name, f->index), f->edit->text) != 0)
		forget_password(fs, f);
	store_text(fs, f, f->edit->text);
	fields_sync(fs);
	return true;
}

bool fields_move(struct fields *fs, int by)
{
	struct field *f = fields_now(fs);

	if (f == NULL || !field_is_list(f) || f->choices.n == 0)
		return false;
	if (by < 0 ? f->at < (size_t)-by : f->at + (size_t)by >= f->choices.n) {
		if (by == 1 || by == -1)
			return false;
		f->at = by < 0 ? 0 : f->choices.n - 1;
	} else {
		f->at = by < 0 ? f->at - (size_t)-by : f->at + (size_t)by;
	}
	if (f->kind == FIELD_ONE) {
		store_list(fs, f);
		fields_sync(fs);
		propose_anew(fs);
	}
	return true;
}

void fields_jump(struct fields *fs, bool last)
{
	struct field *f = fields_now(fs);

	if (f == NULL || !field_is_list(f) || f->choices.n == 0)
		return;
	f->at = last ? f->choices.n - 1 : 0;
	store_list(fs, f);
	fields_sync(fs);
	propose_anew(fs);
}

void fields_mark(struct fields *fs)
{
	struct field *f = fields_now(fs);

	if (f == NULL)
		return;
	if (f->kind == FIELD_YES) {
		f->yes = !f->yes;
		store_text(fs, f, f->yes ? "1" : "");
	} else if (f->kind == FIELD_SOME && f->choices.n > 0) {
		f->marked[f->at] = !f->marked[f->at];
		store_list(fs, f);
	}
	fields_sync(fs);
}

void fields_step(struct fields *fs, int by)
{
	if (fs->n > 0)
		fs->at = (fs->at + fs->n + (size_t)(by + (int)fs->n)) % fs->n;
}

void fields_click(struct fields *fs, size_t field)
{
	if (field >= fs->n)
		return;
	fs->at = field;
	if (fs->f[field].kind == FIELD_YES)
		fields_mark(fs);
}

void fields_click_row(struct fields *fs, size_t field, size_t row)
{
	if (field >= fs->n || !field_is_list(&fs->f[field]) || row >= fs->f[field].choices.n)
		return;
	fs->at = field;
	fs->f[field].at = row;
	if (fs->f[field].kind == FIELD_SOME)
		fs->f[field].marked[row] = !fs->f[field].marked[row];
	store_list(fs, &fs->f[field]);
	fields_sync(fs);
	propose_anew(fs);
}

bool fields_go(struct fields *fs, const char *question)
{
	for (size_t i = 0; i < fs->n; i++) {
		if (strcmp(fs->f[i].q->name, question) == 0) {
			fs->at = i;
			return true;
		}
	}
	return false;
}
