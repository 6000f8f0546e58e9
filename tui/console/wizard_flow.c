/*
 * Where a wizard stands, and how it goes on from there: by what the person presses, and by what the run reports. A run
 * that has work under way is never freed here, since that would wait for it: it is asked to stop first.
 */
#include "engine/base/words.h"
#include "tui/console/wizard_screen.h"

#include <stdio.h>
#include <string.h>

const char *wizard_confirm(const struct wizard_screen *w)
{
	return w->phase == RUN_REVIEW && w->p->confirm != NULL ? w->p->confirm(w->run) : NULL;
}

bool wizard_can_stop(const struct wizard_screen *w)
{
	struct run_progress p;

	run_progress(w->run, &p);
	return p.step == NULL || !p.step->uninterruptible;
}

bool wizard_asking(const struct wizard_screen *w)
{
	return !w->choosing && w->phase == RUN_ASKING;
}

static void set_fault(struct wizard_screen *w, const struct fault *f)
{
	w->fault = *f;
	w->of_page = false;
	w->top = 0;
	w->scrolled = false;
}

static bool asks_current(const struct procedure *p, enum ask ask)
{
	for (const struct page *page = p->pages; page != NULL && page->name != NULL; page++) {
		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			if (q->ask == ask && !q->twice)
				return true;
		}
	}
	return false;
}

/* A secret that is being set was what was sent only where no current one is asked for. */
static bool was_wrong(const struct procedure *p, const struct question *q, enum status st)
{
	return ((st == ST_PIN_WRONG && q->ask == ASK_PIN) || (st == ST_SO_PIN_WRONG && q->ask == ASK_SO_PIN) ||
		(st == ST_PASSWORD_WRONG && q->ask == ASK_PASSWORD)) && (!q->twice || !asks_current(p, q->ask));
}

/* What was wrong is typed anew: it is erased, so that nobody sends it a second time by pressing Enter. True: some was. */
static bool wipe_wrong(struct wizard_screen *w, const struct fault *f)
{
	bool wiped = false;

	for (const struct page *page = w->p->pages; page != NULL && page->name != NULL; page++) {
		unsigned times = page->repeat != NULL ? page->repeat(w->run) : 1;

		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			unsigned first = page == w->fields.page && w->phase == RUN_ASKING ? w->fields.index : 0;
			unsigned end = page == w->fields.page && w->phase == RUN_ASKING ? first + 1 : times;

			for (unsigned i = first; i < end && was_wrong(w->p, q, f->st); i++) {
				struct secret *s = run_secret(w->run, q->name, i);

				if (s != NULL)
					secret_wipe(s);
				(void)fields_go(&w->fields, q->name);
				wiped = true;
			}
		}
	}
	return wiped;
}

/* What has and what has not been done, in whole sentences after one another. */
static void left_words(const struct wizard_screen *w, char *out, size_t cap)
{
	size_t n;
	PROSE p = { 0 };

	(void)snprintf(out, cap, "%s", run_is_resumed(w->run) ?
		       _("You have left the procedure. It can be taken up again at any time.") : w->p->on_device ?
		       _("You have left the procedure. Nothing on the device has been changed.") : _("You have left the procedure."));
	if (w->p->left != NULL)
		w->p->left(w->run, &p);
	for (size_t i = 0; i < p.n; i++) {
		n = strlen(out);
		(void)snprintf(out + n, cap - n, " %s", p.p[i].text);
	}
}

static void leave(struct wizard_screen *w)
{
	const bool done = w->phase == RUN_DONE, begun = run_record_id(w->run) != 0;
	const bool ran = done || w->phase == RUN_FAILED;
	struct ui *ui = w->s.ui;
	char words[sizeof(ui->message)];

	left_words(w, words, sizeof(words));

	while (ui_top(ui) != &w->s)   /* help may cover it, where what was under way stops only now */
		ui_pop(ui);
	ui_pop(ui);
	if (!ran)
		ui_say(ui, words);
	if (begun && !done)   /* it is one that was interrupted from now on; what was done is known already */
		fleet_reload(ui->fleet);
}

/* A procedure that has nothing to say before its steps, and nothing to be confirmed, begins with them. */
static void start_if_silent(struct wizard_screen *w)
{
	struct fault f = { 0 };

	if (w->p->review != NULL || wizard_confirm(w) != NULL)
		return;
	if (run_start(w->run, &f) != ST_OK)
		set_fault(w, &f);
	w->phase = run_phase(w->run);
}

static void after_steps(struct wizard_screen *w)
{
	const char *serial = run_serial(w->run);

	fleet_reload(w->s.ui->fleet);
	if (w->phase == RUN_DONE || w->phase == RUN_FAILED)
		fleet_rescan(w->s.ui->fleet, serial[0] != '\0' ? serial : NULL);
}

static bool page_counts(const struct wizard_screen *w, const struct page *page)
{
	if (page->text == NULL && (page->questions == NULL || page->questions->name == NULL))
		return false;   /* only work, done on the way */
	return page->repeat == NULL || page->repeat(w->run) > 0;
}

void wizard_count_pages(struct wizard_screen *w)
{
	const struct page *pages = w->p->pages;
	const struct step *steps = w->p->steps;

	if (!w->choosing && w->phase != RUN_ASKING && w->phase != RUN_REVIEW)
		return;   /* at work, or over: what is asked is not decided now */
	w->pages = 0;
	for (size_t i = 0; pages != NULL && i < 64 && pages[i].name != NULL; i++) {
		if (page_counts(w, &pages[i]))
			w->pages |= (uint64_t)1 << i;
	}
	w->steps = 0;
	for (size_t i = 0; steps != NULL && i < 64 && steps[i].name != NULL; i++) {
		if (w->choosing || steps[i].repeat == NULL || steps[i].repeat(w->run) > 0)
			w->steps |= (uint64_t)1 << i;
	}
}

static void begin_page(struct wizard_screen *w)
{
	fields_enter(&w->fields, w->run);
	w->top = 0;
	w->scrolled = false;
}

static void look(struct wizard_screen *w)
{
	enum run_phase before = w->phase;
	unsigned index;
	const struct page *page;

	w->phase = run_phase(w->run);
	wizard_count_pages(w);
	page = run_page(w->run, &index);
	if (w->phase == RUN_REVIEW && before != RUN_REVIEW) {
		edit_init(&w->confirm, 0);
		fields_done(&w->fields);
		start_if_silent(w);
	}
	if (w->phase == RUN_ASKING && (page != w->fields.page || index != w->fields.index))
		begin_page(w);
	if (w->phase == RUN_ASKING && run_fault(w->run)->st != ST_OK) {
		w->fault = *run_fault(w->run);
		w->of_page = !wipe_wrong(w, &w->fault);
	}
	if (w->phase == before)
		return;
	w->top = 0;
	w->scrolled = w->phase == RUN_REVIEW;   /* what is lost stands at its top */
	if (w->phase == RUN_RUNNING || w->phase == RUN_DONE || w->phase == RUN_FAILED)
		fields_done(&w->fields);
	if (w->phase == RUN_FAILED)
		w->wiped = wipe_wrong(w, run_fault(w->run)) ? run_fault(w->run)->st : ST_OK;
	if (w->phase == RUN_DONE || w->phase == RUN_FAILED)
		after_steps(w);
	if (w->leaving && w->phase != RUN_RUNNING && w->phase != RUN_WORKING) {
		w->leaving = false;
		w->s.ui->message[0] = '\0';
		if (w->phase == RUN_ASKING || w->phase == RUN_REVIEW)
			leave(w);
	}
}

static void go_on(struct wizard_screen *w);

/* A page on which nothing is missing was read and answered before; whoever wants to change it goes back. */
static void go_forward(struct wizard_screen *w)
{
	struct fields *fs = &w->fields;

	if (w->phase == RUN_WORKING)
		return;
	for (size_t i = 0; w->phase == RUN_ASKING && i < fs->n && w->forward; i++) {
		const struct field *f = &fs->f[i];

		if (!field_is_empty(fs, f) || (!field_is_wanted(fs, f) && !was_wrong(w->p, f->q, w->wiped)))
			continue;
		fs->at = i;
		w->forward = false;
	}
	w->forward = w->forward && w->phase == RUN_ASKING && w->fault.st == ST_OK;
	if (w->forward)
		go_on(w);
}

/* The run may stand elsewhere than before: on another page, at work, or at its end. It may be left then, and gone. */
void wizard_look(struct wizard_screen *w)
{
	const bool forward = w->forward;

	look(w);
	if (forward)
		go_forward(w);
}

static bool can_choose(const struct fleet_device *d)
{
	return d->serial[0] != '\0' && (d->state == FLEET_HERE || d->state == FLEET_READING);
}

void wizard_sync_devices(struct wizard_screen *w)
{
	size_t n = 0;

	(void)rows_of_devices(&w->devices, w->s.ui->fleet, "", 0);
	for (size_t i = 0; i < w->devices.n; i++) {
		if (can_choose(fleet_device(w->s.ui->fleet, w->devices.row[i].i)))
			w->devices.row[n++] = w->devices.row[i];
	}
	w->devices.n = n;
	if (w->device >= n)
		w->device = n > 0 ? n - 1 : 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fleet_device(w->s.ui->fleet, w->devices.row[i].i)->serial, w->serial) == 0)
			w->device = i;
	}
}

void wizard_remember_device(struct wizard_screen *w)
{
	const struct fleet_device *d = w->device < w->devices.n ? fleet_device(w->s.ui->fleet, w->devices.row[w->device].i) : NULL;

	(void)snprintf(w->serial, sizeof(w->serial), "%s", d != NULL ? d->serial : "");
}

void wizard_choose(struct wizard_screen *w)
{
	const struct fleet_device *d = fleet_by_serial(w->s.ui->fleet, w->serial);
	struct fault f = { 0 };

	if (d == NULL || !can_choose(d)) {
		(void)fault_set(&f, ST_NO_CARD, "The device is not here any more. Plug it in, or choose another.");
		set_fault(w, &f);
		return;
	}
	if (run_set_device(w->run, d->serial, d->reader, &f) != ST_OK) {
		set_fault(w, &f);
		return;
	}
	w->choosing = false;
	fields_done(&w->fields);
	w->fault.st = ST_OK;
	wizard_look(w);
}

static void go_on(struct wizard_screen *w)
{
	const char *bad = NULL;
	struct fault f = { 0 };
	enum status st = fields_check(&w->fields, &f);

	w->fault.st = ST_OK;
	if (st == ST_OK)
		st = run_next(w->run, &bad, &f);
	if (st != ST_OK) {
		if (bad != NULL)
			(void)fields_go(&w->fields, bad);
		set_fault(w, &f);
		return;
	}
	wizard_look(w);
}

/* Of several files each line is one, and Enter on an empty line has had enough of them. */
static bool to_next_file(struct fields *fs)
{
	const struct field *f = &fs->f[fs->at];

	if (f->q->ask != ASK_FILES || fs->at + 1 >= fs->n || f[1].q != f->q || !field_is_empty(fs, &f[1]))
		return false;
	fs->at++;
	return true;
}

/* What was typed is looked at when its field is left, before anybody types a password after it. */
static bool is_bad(struct wizard_screen *w, struct field *f)
{
	struct fault fault = { 0 };

	if ((f->kind != FIELD_TEXT && f->kind != FIELD_SECRET) || f->again || f->q->ask == ASK_FILES || field_is_empty(&w->fields, f))
		return false;
	if (run_check(w->run, f->q, f->index, &fault) == ST_OK)
		return false;
	if (f->kind == FIELD_SECRET && fault.st != ST_BAD_FORM)
		f->kept = secret_len(field_secret(&w->fields, f));   /* nothing can be added that mends it */
	set_fault(w, &fault);
	return true;
}

/* Enter in a field goes to the next one that is still to be filled, where there is one after it. True: the page stays. */
static bool to_next_empty(struct wizard_screen *w)
{
	struct fields *fs = &w->fields;

	if (fs->n == 0 || (field_is_empty(fs, &fs->f[fs->at]) && field_is_wanted(fs, &fs->f[fs->at])))
		return false;
	if (!field_is_empty(fs, &fs->f[fs->at]) && to_next_file(fs))
		return true;
	for (size_t i = fs->at + 1; i < fs->n; i++) {
		if (field_is_empty(fs, &fs->f[i]) && field_is_wanted(fs, &fs->f[i])) {
			if (is_bad(w, &fs->f[fs->at]))
				return true;
			fs->at = i;
			w->fault.st = ST_OK;
			return true;
		}
	}
	return false;
}

static void begin_steps(struct wizard_screen *w)
{
	const char *confirm = wizard_confirm(w);
	struct fault f = { 0 };

	if (confirm != NULL && strcmp(confirm, w->confirm.text) != 0) {
		(void)fault_set(&f, ST_BAD_FORM, "What was typed is something else. Nothing was begun.");
	} else {
		if (confirm != NULL)
			run_confirm(w->run);
		if (run_start(w->run, &f) == ST_OK)
			f.st = ST_OK;
	}
	set_fault(w, &f);
	wizard_look(w);
}

void wizard_back(struct wizard_screen *w)
{
	w->forward = false;
	w->fault.st = ST_OK;
	w->top = 0;
	w->scrolled = false;
	if (w->choosing || (w->phase != RUN_ASKING && w->phase != RUN_REVIEW)) {
		leave(w);
		return;
	}
	if (run_back(w->run)) {
		fields_done(&w->fields);
		wizard_look(w);
	} else if (w->p->on_device && !run_is_resumed(w->run)) {
		w->choosing = true;
		wizard_sync_devices(w);
		wizard_remember_device(w);
	} else {
		leave(w);
	}
}

/* Never frees a run that has work under way: that would wait for it. */
void wizard_stop(struct wizard_screen *w)
{
	if (w->choosing || (w->phase != RUN_WORKING && w->phase != RUN_RUNNING)) {
		leave(w);
		return;
	}
	w->leaving = true;
	w->forward = false;
	run_cancel(w->run);
	ui_say(w->s.ui, "It was asked to stop, and will as soon as the device has finished what it is doing.");
}

/* The cursor stands on a device that was not done just now. */
void wizard_again(struct wizard_screen *w)
{
	struct fault f = { 0 };
	char last[sizeof(w->serial)];

	(void)snprintf(last, sizeof(last), "%.*s", (int)sizeof(last) - 1, run_serial(w->run));
	if (run_again(w->run, &f) != ST_OK) {
		ui_say_fault(w->s.ui, &f);
		return;
	}
	w->fault.st = ST_OK;
	w->top = 0;
	w->serial[0] = '\0';
	w->device = 0;
	w->choosing = w->p->on_device;
	wizard_sync_devices(w);
	for (size_t i = 0; i < w->devices.n; i++) {
		w->device = i;
		wizard_remember_device(w);
		if (strcmp(w->serial, last) != 0)
			break;
	}
	wizard_look(w);
}

void wizard_enter(struct wizard_screen *w)
{
	if (w->choosing)
		wizard_choose(w);
	else if (w->phase == RUN_ASKING && !to_next_empty(w))
		go_on(w);
	else if (w->phase == RUN_REVIEW)
		begin_steps(w);
	else if (w->phase == RUN_FAILED) {
		struct fault f = { 0 };

		if (run_retry(w->run, &f) != ST_OK) {
			ui_say_fault(w->s.ui, &f);
		} else {
			w->fault.st = ST_OK;
			w->forward = w->wiped != ST_OK;
		}
		wizard_look(w);
	} else if (w->phase == RUN_DONE) {
		leave(w);
	}
}
