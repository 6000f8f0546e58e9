/*
 * A procedure as pages: which device, its questions, the review, the steps as they run, and what came of it. All of what
 * is asked and done comes from the procedure's rows; what is typed goes into the run as it is typed.
 */
#include "tui/console/wizard_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "store/run.h"
#include "tui/console/keys.h"

static struct wizard_screen *self(struct screen *s)
{
	return (struct wizard_screen *)s;
}

/* The page is scrolled where nothing on it is moved through. */
static void scroll(struct wizard_screen *w, int by)
{
	int room = wizard_page_rows(w->s.ui), top;
	int last = wizard_height(w, wizard_page_cols(w, w->s.ui->cols), room, &top) - room;

	w->scrolled = true;
	w->top = top + by;
	if (w->top > last)
		w->top = last;
	if (w->top < 0)
		w->top = 0;
}

static void move(struct wizard_screen *w, int by)
{
	bool single = by == 1 || by == -1;

	if (w->choosing) {
		wizard_sync_devices(w);
		if (by < 0)
			w->device -= w->device > (size_t)-by ? (size_t)-by : w->device;
		else if (w->devices.n > 0)
			w->device = w->device + (size_t)by < w->devices.n ? w->device + (size_t)by : w->devices.n - 1;
		wizard_remember_device(w);
	} else if (!wizard_asking(w) || w->fields.n == 0) {
		scroll(w, by);
	} else if (!fields_move(&w->fields, by)) {
		if (single && w->fields.n > 1) {
			w->scrolled = false;
			fields_step(&w->fields, by);
		} else {
			scroll(w, by);
		}
	} else {
		w->scrolled = false;
		wizard_count_pages(w);
	}
}

static void jump(struct wizard_screen *w, bool last)
{
	if (wizard_asking(w))
		fields_jump(&w->fields, last);
	else if (w->choosing)
		move(w, last ? (int)w->devices.n : -(int)w->devices.n);
	else
		scroll(w, last ? 10000 : -10000);
}

static void act(struct screen *s, const struct binding *b)
{
	struct wizard_screen *w = self(s);

	switch (b->in) {
	case IN_UP: case IN_DOWN:
		move(w, b->in == IN_UP ? -1 : 1);
		break;
	case IN_PAGE_UP: case IN_PAGE_DOWN:
		move(w, (b->in == IN_PAGE_UP ? -1 : 1) * (wizard_page_rows(s->ui) - 2));
		break;
	case IN_FIRST: case IN_LAST:
		jump(w, b->in == IN_LAST);
		break;
	case IN_NEXT: case IN_PREVIOUS:
		w->fault.st = ST_OK;
		w->scrolled = false;
		fields_step(&w->fields, b->in == IN_NEXT ? 1 : -1);
		break;
	case IN_MARK:
		w->fault.st = ST_OK;
		w->scrolled = false;
		if (wizard_asking(w))
			fields_mark(&w->fields);
		wizard_count_pages(w);
		break;
	case IN_OPEN:
		wizard_enter(w);
		break;
	case IN_BACK:
		wizard_back(w);
		break;
	case IN_LEAVE:
		wizard_stop(w);
		break;
	case IN_AGAIN:
		wizard_again(w);
		break;
	default:
		break;
	}
}

static unsigned has(const struct screen *s)
{
	const struct wizard_screen *w = wizard_peek(s);
	const struct field *f = wizard_asking(w) ? fields_now(&w->fields) : NULL;
	bool working = !w->choosing && (w->phase == RUN_WORKING || w->phase == RUN_RUNNING);
	unsigned has = 0;

	if (working)
		return wizard_can_stop(w) && !w->leaving ? NEED_LEAVE : 0;
	if (w->choosing)
		return NEED_BACK | NEED_LEAVE | NEED_ROWS | (w->devices.n > 0 ? NEED_OPEN : 0u);
	has = NEED_ROWS | (wizard_asking(w) && w->fields.n > 1 ? NEED_PANES : 0u);
	if (f != NULL && (f->kind == FIELD_SOME || f->kind == FIELD_YES))
		has |= NEED_MARKS;
	if (w->phase == RUN_DONE)
		return has | NEED_OPEN | NEED_OVER | (run_can_again(w->run) ? NEED_AGAIN : 0u);
	if (w->phase == RUN_FAILED)
		return has | NEED_BACK | (run_can_retry(w->run) ? NEED_OPEN : 0u);
	return has | NEED_OPEN | NEED_BACK | NEED_LEAVE;
}

static const char *leave_words(const struct wizard_screen *w)
{
	if (!w->choosing && w->phase != RUN_ASKING && w->phase != RUN_REVIEW)
		return N_("Stop");
	if (run_is_resumed(w->run))
		return N_("Leave (it can be taken up again)");
	return w->p->on_device ? N_("Leave (nothing on the device has been changed)") : N_("Leave");
}

static const char *words(const struct screen *s, enum intent in)
{
	const struct wizard_screen *w = wizard_peek(s);

	if (in == IN_LEAVE)
		return leave_words(w);
	if (in == IN_AGAIN)
		return w->p->again_words;
	if (in == IN_BACK && w->phase == RUN_FAILED)
		return N_("Close");
	if (in != IN_OPEN)
		return NULL;
	if (w->choosing)
		return N_("Choose");
	return w->phase == RUN_REVIEW ? N_("Begin") : w->phase == RUN_DONE ? N_("Close") :
	       w->phase == RUN_FAILED ? N_("Try again") : N_("Continue");
}

static bool typing(const struct screen *s)
{
	const struct wizard_screen *w = wizard_peek(s);
	const struct field *f = wizard_asking(w) ? fields_now(&w->fields) : NULL;

	return (f != NULL && f->kind == FIELD_TEXT) || (!w->choosing && wizard_confirm(w) != NULL);
}

static struct secret *secret(const struct screen *s)
{
	const struct wizard_screen *w = wizard_peek(s);
	const struct field *f = wizard_asking(w) ? fields_now(&w->fields) : NULL;

	return f != NULL ? field_secret(&w->fields, f) : NULL;
}

static bool type(struct screen *s, uint32_t key)
{
	struct wizard_screen *w = self(s);
	bool mine = wizard_asking(w) ? fields_key(&w->fields, key) : edit_key(&w->confirm, key);

	if (mine) {
		w->fault.st = ST_OK;
		w->scrolled = false;
		wizard_count_pages(w);
	}
	return mine;
}

static void typed(struct screen *s)
{
	struct wizard_screen *w = self(s);

	w->fault.st = ST_OK;
	w->scrolled = false;
	fields_secret_typed(&w->fields);
}

static bool click_device(struct wizard_screen *w, size_t row)
{
	bool there = row == w->device && row < w->devices.n;

	wizard_sync_devices(w);
	if (row >= w->devices.n)
		return false;
	w->device = row;
	wizard_remember_device(w);
	if (there)
		wizard_choose(w);
	return there;
}

/* The wheel turns pages, and moves in a list; it never chooses an answer. */
static bool mouse(struct screen *s, uint32_t key, struct zone z)
{
	struct wizard_screen *w = self(s);
	int by = key == K_WHEEL_UP ? -3 : 3;

	if (key != K_CLICK && w->choosing) {
		move(w, by);
	} else if (key != K_CLICK && wizard_asking(w) && z.kind == ZONE_ROW && z.list < w->fields.n &&
		   w->fields.f[z.list].kind == FIELD_SOME) {
		w->fields.at = z.list;
		(void)fields_move(&w->fields, by);
	} else if (key != K_CLICK) {
		scroll(w, by);
	} else if (w->choosing && z.kind == ZONE_ROW) {
		return click_device(w, z.n);
	} else if (wizard_asking(w) && (z.kind == ZONE_ROW || z.kind == ZONE_FIELD)) {
		w->fault.st = ST_OK;
		if (z.kind == ZONE_FIELD)
			fields_click(&w->fields, z.n);
		else
			fields_click_row(&w->fields, z.list, z.n);
		wizard_count_pages(w);
	}
	return false;
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	struct wizard_screen *w = self(s);

	if (changes & FLEET_DEVICES) {
		wizard_sync_devices(w);
		if (w->serial[0] == '\0')
			wizard_remember_device(w);
	}
	if (e->type != JOBS_READERS && run_event(w->run, e) && !w->choosing)
		wizard_look(w);
}

static bool busy(const struct screen *s)
{
	const struct wizard_screen *w = wizard_peek(s);

	return !w->choosing && (w->phase == RUN_WORKING || w->phase == RUN_RUNNING);
}

static void left(const struct screen *s, struct prose *out)
{
	const struct wizard_screen *w = wizard_peek(s);
	const char *title = translated(w->p->title), *serial = w->choosing ? "" : run_serial(w->run);

	if (serial[0] != '\0')
		prose_add(out, PROSE_PLAIN, "What was open is the procedure \"%s\" on the device %s.", title, serial);
	else
		prose_add(out, PROSE_PLAIN, "What was open is the procedure \"%s\".", title);
	if (!w->choosing && w->phase == RUN_DONE)
		prose_add(out, PROSE_DONE, "It was finished.");
	else if (!w->choosing && w->phase == RUN_FAILED)
		prose_add(out, PROSE_WARNING, "It was not finished. %s", run_fault(w->run)->what);
	else if (run_is_resumed(w->run))
		prose_add(out, PROSE_WARNING, "It is not finished, and can be taken up again from the main screen.");
	else if (w->p->on_device)
		prose_add(out, PROSE_PLAIN, "It had not begun: nothing on the device has been changed.");
	else
		prose_add(out, PROSE_PLAIN, "It had not begun: nothing has been changed.");
	if (w->p->left != NULL && w->phase != RUN_DONE && w->phase != RUN_FAILED)
		w->p->left(w->run, out);
}

/* Where the file is that somebody names without its folder. */
static void help_file(const struct question *q, struct prose *out)
{
	char folder[1024];

	if (q->ask != ASK_FILE && q->ask != ASK_NEW_FILE && q->ask != ASK_FILES)
		return;
	if (getcwd(folder, sizeof(folder)) != NULL && text_is_clean(folder))
		prose_add(out, PROSE_PLAIN, "A name that does not begin with / is taken in the folder in which "
			  "Keyroom was started: %s", folder);
}

static void help_text(const struct screen *s, struct prose *out)
{
	const struct wizard_screen *w = wizard_peek(s);
	const struct field *f = wizard_asking(w) ? fields_now(&w->fields) : NULL;

	if (f != NULL && f->q->help != NULL)
		prose_add(out, PROSE_PLAIN, "%s: %s", translated(f->q->words), translated(f->q->help));
	if (f != NULL)
		help_file(f->q, out);
	if (w->choosing)
		prose_add(out, PROSE_PLAIN, "Choose the device that this is to be done with. Its serial number is printed on it, or "
			  "stands on its label.");
	prose_add(out, PROSE_PLAIN, "%s: %s.", translated(w->p->title), translated(w->p->summary));
}

static void wizard_free(struct screen *s)
{
	struct wizard_screen *w = self(s);

	fields_done(&w->fields);
	rows_done(&w->devices);
	run_free(w->run);
	free(w);
}

static const struct screen_ops ops = {
	.name = "wizard",
	.help = N_("The steps of the procedure stand on the left, those that are done with a tick. Esc goes one page back, and keeps "
		"what you have answered. Nothing is changed before the page called Review, which says in full sentences what will "
		"happen; from there Enter begins.\n\n"
		"A PIN or password is not shown while you type it: there is a dot for each character, and their number. It is kept "
		"in protected memory, and erased when the procedure is over."),
	.mode = MODE_WIZARD,
	.has = has,
	.words = words,
	.act = act,
	.typing = typing,
	.type = type,
	.secret = secret,
	.typed = typed,
	.mouse = mouse,
	.event = event,
	.busy = busy,
	.left = left,
	.help_text = help_text,
	.draw = wizard_draw,
	.free = wizard_free,
};

static struct wizard_screen *wizard_new(struct ui *ui, const struct procedure *p)
{
	struct wizard_screen *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->s = (struct screen){ &ops, ui };
	w->p = p;
	w->phase = RUN_DONE;   /* so that look() sees a change */
	edit_init(&w->confirm, 0);
	return w;
}

/* What is given says which objects are meant: a new key's CKA_ID is not that of the one under the cursor. */
static bool asks_which(const struct procedure *p, const char *question)
{
	for (const struct page *page = p->pages; page != NULL && page->name != NULL; page++) {
		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			if (q->ask == ASK_OBJECTS && strcmp(q->name, question) == 0)
				return true;
		}
	}
	return false;
}

struct screen *wizard_screen_new(struct ui *ui, const struct procedure *p, const char *serial, const struct given *given)
{
	struct wizard_screen *w = wizard_new(ui, p);
	struct fault f = { 0 };

	if (w == NULL)
		return NULL;
	if (run_new(p, ui->env, &w->run, &f) != ST_OK) {
		ui_say_fault(ui, &f);
		wizard_free(&w->s);
		return NULL;
	}
	(void)snprintf(w->serial, sizeof(w->serial), "%s", serial != NULL ? serial : "");
	for (; given != NULL && given->question != NULL; given++) {
		if (asks_which(p, given->question))
			(void)run_set(w->run, given->question, given->index, given->value, NULL);
	}
	w->choosing = p->on_device;
	wizard_count_pages(w);
	wizard_sync_devices(w);
	if (p->on_device && w->serial[0] != '\0' && fleet_by_serial(ui->fleet, w->serial) != NULL)
		wizard_choose(w);
	else if (!p->on_device)
		wizard_look(w);
	wizard_remember_device(w);
	return &w->s;
}

struct screen *wizard_screen_resume(struct ui *ui, int64_t run)
{
	struct run_record record = { 0 };
	struct wizard_screen *w = NULL;
	const struct procedure *p;
	struct fault f = { 0 };

	if (store_run_get(ui->env->store, run, &record, &f) != ST_OK) {
		ui_say_fault(ui, &f);
		return NULL;
	}
	p = procedure_find(record.procedure);
	if (p != NULL)
		w = wizard_new(ui, p);
	if (w != NULL && run_resume(p, ui->env, &record, &w->run, &f) != ST_OK) {
		ui_say_fault(ui, &f);
		wizard_free(&w->s);
		w = NULL;
	}
	if (w != NULL) {
		(void)snprintf(w->serial, sizeof(w->serial), "%.*s", (int)sizeof(w->serial) - 1, record.device);
		wizard_look(w);
	}
	run_record_done(&record);
	return w != NULL ? &w->s : NULL;
}
