/* How a wizard's page looks: the steps on the left, the page on the right, as tall as it is and shown in part. */
#include "tui/console/wizard_screen.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/session.h"

#define TALL 1000        /* rows that a page can have */
#define TEXT_COLS 100    /* what a line of reading may be wide */
#define LONG_MS 500      /* what takes longer shows for how long */

enum mark { MARK_NONE, MARK_DONE, MARK_NOW, MARK_BROKEN };
static const char *const marks[] = { " ", "\xe2\x9c\x93", "\xe2\x96\xb8", "\xe2\x9c\x97" };
static const enum role mark_roles[] = { ROLE_PLAIN, ROLE_GOOD, ROLE_TITLE, ROLE_FAULT };

/* Calls for each step on the left: the device, the pages, the review, the run. Returns how many; *ret_now: which is on. */
static int each_stage(const struct wizard_screen *w, void (*fn)(void *ctx, int i, const char *name, enum mark m), void *ctx,
		      int *ret_now)
{
	bool over = !w->choosing && (w->phase == RUN_DONE || w->phase == RUN_FAILED || w->phase == RUN_RUNNING);
	const struct page *at = over || w->phase == RUN_REVIEW || w->choosing ? NULL : run_page(w->run, NULL);
	bool before = !w->choosing;
	int n = 0;

	if (at != NULL && w->p->on_device && at == w->p->pages && !(w->pages & 1))
		at = NULL, before = false;   /* the device is being looked at, and nothing asked: that is its own step */
	*ret_now = 0;
	if (w->p->on_device)
		fn(ctx, n++, _("Device"), before ? MARK_DONE : MARK_NOW);
	for (const struct page *page = w->p->pages; page != NULL && page->name != NULL; page++) {
		if (!(w->pages >> (page - w->p->pages) & 1) && page != at)
			continue;
		if (page == at)
			*ret_now = n, before = false;
		fn(ctx, n++, translated(page->name), page == at ? MARK_NOW : before ? MARK_DONE : MARK_NONE);
	}
	if (w->p->review != NULL) {
		if (!w->choosing && w->phase == RUN_REVIEW)
			*ret_now = n;
		fn(ctx, n++, _("Review"), over ? MARK_DONE : !w->choosing && w->phase == RUN_REVIEW ? MARK_NOW : MARK_NONE);
	}
	if (over)
		*ret_now = n;
	fn(ctx, n++, _("Run"), !over ? MARK_NONE : w->phase == RUN_DONE ? MARK_DONE : w->phase == RUN_FAILED ? MARK_BROKEN : MARK_NOW);
	return n;
}

struct stages {
	struct area a;
	int top, width;
};

static void measure(void *ctx, int i, const char *name, enum mark m)
{
	struct stages *st = ctx;

	(void)i;
	(void)m;
	if (text_width(name) > st->width)
		st->width = text_width(name);
}

static void draw_stage(void *ctx, int i, const char *name, enum mark m)
{
	const struct stages *st = ctx;

	area_text(st->a, i - st->top, 1, mark_roles[m], marks[m]);
	area_fit(st->a, i - st->top, 3, st->a.cols - 4, m == MARK_NOW ? ROLE_TITLE : ROLE_PLAIN, name);
}

/* Is a line of it wider than this, and has no blank to be broken at? */
static bool is_wider(const char *text, int cols)
{
	char line[200];

	for (size_t n; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		(void)snprintf(line, sizeof(line), "%.*s", (int)n, text);
		if (strcspn(line, " ") == strlen(line) && text_width(line) > cols)
			return true;
	}
	return false;
}

/* The outcome shows a text that has to keep its lines, as PEM, and has room for them where the steps stand. */
static bool takes_all(const struct wizard_screen *w, int narrow, int wide)
{
	bool takes = false;
	PROSE p = { 0 };

	if (w->choosing || w->phase != RUN_DONE || w->p->outcome == NULL)
		return false;
	w->p->outcome(w->run, &p);
	for (size_t i = 0; i < p.n; i++)
		takes |= p.p[i].role == PROSE_PLAIN && is_wider(p.p[i].text, narrow) && !is_wider(p.p[i].text, wide);
	return takes;
}

#define BESIDE 5   /* columns that are neither the steps' nor the page's: of the frame, and one on either side of the page */

/* -1: the page has all of the row. */
static int left_cols(const struct wizard_screen *w, int cols)
{
	struct stages st = { .width = 0 };
	int now, width;

	(void)each_stage(w, measure, &st, &now);
	width = st.width + 5 < 16 ? 16 : st.width + 5;
	width = width < cols * 2 / 5 ? width : cols * 2 / 5;
	return takes_all(w, cols - width - BESIDE, cols - BESIDE + 1) ? -1 : width;
}

/* The page is drawn with a column free on either side, between the frame's lines. */
int wizard_page_cols(const struct wizard_screen *w, int cols)
{
	int page = cols - left_cols(w, cols) - BESIDE;

	return page < TEXT_COLS ? page : TEXT_COLS;
}

int wizard_page_rows(const struct ui *ui)
{
	return ui->rows - 4;
}

static void seconds(char *out, size_t cap, int64_t ms)
{
	if (ms < 60000)
		(void)snprintf(out, cap, _("%lld s"), (long long)((ms + 500) / 1000));
	else
		(void)snprintf(out, cap, _("%lld min %lld s"), (long long)(ms / 60000), (long long)(ms / 1000 % 60));
}

/* "3 s, usually 12 s" */
static void time_words(char *out, size_t cap, const struct run_progress *p)
{
	char elapsed[60], usual[60];

	out[0] = '\0';
	if (p->elapsed_ms < LONG_MS)
		return;
	seconds(elapsed, sizeof(elapsed), p->elapsed_ms);
	seconds(usual, sizeof(usual), p->usual_ms);
	if (p->usual_ms >= LONG_MS)   /* nobody is told of none at all */
		(void)snprintf(out, cap, _("%s, usually %s"), elapsed, usual);
	else
		(void)snprintf(out, cap, "%s", elapsed);
}

#define COUNT_COLS 12    /* "12 of 345" beside a step's words */
#define COUNTABLE 1000   /* above this a count says less than a share of the whole */

static int draw_progress(const struct wizard_screen *w, struct area a, int row, int col)
{
	struct run_progress p;
	char time[200];

	run_progress(w->run, &p);
	time_words(time, sizeof(time), &p);
	if (p.note[0] != '\0')
		row = area_wrap(area_sub(a, 0, col, a.rows, a.cols - col), row, ROLE_PLAIN, p.note);
	if (p.total > COUNTABLE)
		area_print(a, row++, col, ROLE_PLAIN, "%u %% done", (unsigned)((uint64_t)p.done * 100 / p.total));
	else if (p.total > 1)
		area_print(a, row++, col, ROLE_PLAIN, "%u of %u", p.done, p.total);
	if (time[0] != '\0')
		area_text(a, row++, col, ROLE_PLAIN, time);
	if (p.step != NULL && p.step->uninterruptible)
		row = area_wrap(area_sub(a, 0, col, a.rows, a.cols - col), row, ROLE_WARNING,
				_("This cannot be interrupted. Leave the device plugged in."));
	return row;
}

static int draw_steps(const struct wizard_screen *w, struct area a, int row)
{
	static const struct {
		const char *mark;
		enum role role;
	} looks[] = {
		[STEP_WAITING] = { "\xc2\xb7", ROLE_PLAIN }, [STEP_NOW] = { "\xe2\x96\xb8", ROLE_TITLE },
		[STEP_FINISHED] = { "\xe2\x9c\x93", ROLE_GOOD }, [STEP_BROKEN] = { "\xe2\x9c\x97", ROLE_FAULT },
		[STEP_LEFT_OUT] = { " ", ROLE_PLAIN },
	};
	struct run_progress p;

	run_progress(w->run, &p);
	for (size_t i = 0; w->p->steps != NULL && w->p->steps[i].name != NULL; i++) {
		enum step_state state = run_step_state(w->run, i);
		const char *words;
		int end, last;

		if (state == STEP_LEFT_OUT || (state == STEP_WAITING && !(w->steps >> i & 1)))
			continue;
		area_text(a, row, 0, looks[state].role, looks[state].mark);
		words = translated(w->p->steps[i].words);
		last = area_wrap(area_sub(a, 0, 2, a.rows, a.cols - 2), row, state == STEP_NOW ? ROLE_TITLE : ROLE_PLAIN, words) - 1;
		end = last == row ? 2 + text_width(words) : a.cols;
		row = end + COUNT_COLS > a.cols && state == STEP_NOW && p.of > 1 ? last + 1 : last;
		end = row > last ? 0 : end;
		if (state == STEP_NOW && p.of > 1)
			area_print(a, row, end + 2, ROLE_PLAIN, "%u of %u", p.index + 1, p.of);
		row++;
		if (state == STEP_NOW && w->phase == RUN_RUNNING)
			row = draw_progress(w, a, row, 2);
	}
	return row;
}

static int draw_fault(struct area a, int row, const struct fault *f)
{
	area_text(a, row, 0, ROLE_FAULT, "!");
	row = area_wrap(area_sub(a, 0, 2, a.rows, a.cols - 2), row, ROLE_FAULT, f->what);
	return row + 1;
}

#define NAME_COLS 22     /* columns of a label at most, and of a serial number */
#define SERIAL_COLS 14

static const char *device_words(const struct fleet_device *d)
{
	if (d->state == FLEET_READING)
		return _("reading");
	if (!d->initialised)
		return _("never initialised");
	return d->label[0] == '\0' ? _("no label yet") : "";
}

static int draw_choosing(const struct wizard_screen *w, struct area a, int row, int *ret_focus)
{
	char summary[1000];
	int state = 0, name;

	ui_summary(w->p, summary, sizeof(summary));
	row = area_wrap(a, row, ROLE_PLAIN, summary) + 1;
	if (w->fault.st != ST_OK)
		row = draw_fault(a, row, &w->fault);
	if (w->devices.n == 0)
		return area_wrap(a, row, ROLE_TITLE, _("Plug in the device. It appears here by itself."));
	row = area_wrap(a, row, ROLE_PLAIN, _("With which device?")) + 1;
	for (size_t i = 0; i < w->devices.n; i++) {
		int wide = text_width(device_words(fleet_device(w->s.ui->fleet, w->devices.row[i].i)));

		state = wide > state ? wide : state;
	}
	name = a.cols - 2 - SERIAL_COLS - 2 - state - 2 < NAME_COLS ? a.cols - 2 - SERIAL_COLS - 2 - state - 2 : NAME_COLS;
	for (size_t i = 0; i < w->devices.n; i++, row++) {
		const struct fleet_device *d = fleet_device(w->s.ui->fleet, w->devices.row[i].i);

		area_fit(a, row, 2, name, ROLE_PLAIN, d->label);
		area_fit(a, row, name + 4, SERIAL_COLS, ROLE_PLAIN, d->serial);
		area_text(a, row, name + 4 + SERIAL_COLS + 2, ROLE_PLAIN, device_words(d));
		if (i == w->device) {
			area_text(a, row, 0, ROLE_PLAIN, "\xe2\x96\xb8");
			area_role(a, row, 0, a.cols, ROLE_CURSOR);
			*ret_focus = row;
		}
		area_zone(a, row, 0, a.cols, ZONE_ROW, 0, i);
	}
	return row;
}

/* On the first page where something is asked; what stands there is what was answered before. */
static bool is_taken_up_here(const struct wizard_screen *w)
{
	const uint64_t before = ((uint64_t)1 << (w->fields.page - w->p->pages)) - 1;

	return run_is_resumed(w->run) && w->fields.n > 0 && (w->pages & before) == 0;
}

static int draw_questions(const struct wizard_screen *w, struct area a, int row, int room, int *ret_focus)
{
	const struct page *page = w->fields.page;
	const struct field *f = fields_now(&w->fields);
	bool at_field = w->fault.st != ST_OK && f != NULL && !w->of_page;
	PROSE p = { 0 };

	if (page == NULL)
		return row;
	if (is_taken_up_here(w))
		prose_add(&p, PROSE_PLAIN, "This was interrupted, and is taken up again: what is done already is not done again.");
	if (page->text != NULL)
		page->text(w->run, w->fields.index, &p);
	row = ui_prose(a, row, &p);
	row += p.n > 0;
	if (w->fault.st != ST_OK && !at_field)
		row = draw_fault(a, row, &w->fault);
	return fields_draw(&w->fields, a, row, room - row, at_field ? &w->fault : NULL, ret_focus);
}

static int draw_review(const struct wizard_screen *w, struct area a, int row, int *ret_focus)
{
	const char *confirm = wizard_confirm(w);
	char words[400];
	PROSE p = { 0 };

	if (w->p->review != NULL)
		w->p->review(w->run, &p);
	if (confirm != NULL)
		session_tell_last(w->p, w->run, &p);
	row = ui_prose(a, row, &p) + 1;
	if (w->fault.st != ST_OK)
		row = draw_fault(a, row, &w->fault);
	if (confirm == NULL) {
		return area_wrap(a, row, ROLE_TITLE, _("Press Enter to begin."));
	}
	(void)snprintf(words, sizeof(words), _("To begin, type %s, and press Enter."), confirm);
	row = area_wrap(a, row, ROLE_TITLE, words);
	edit_draw(area_sub(a, row, 2, 1, 40 < a.cols - 3 ? 40 : a.cols - 3), &w->confirm, true);
	*ret_focus = row;
	return row + 1;
}

static int draw_end(const struct wizard_screen *w, struct area a, int row)
{
	bool failed = w->phase == RUN_FAILED;
	PROSE p = { 0 };

	if (failed)
		row = draw_fault(a, row, run_fault(w->run));
	if (failed && w->p->failed != NULL)
		w->p->failed(w->run, &p);
	if (!failed && w->p->outcome != NULL)
		w->p->outcome(w->run, &p);
	row = ui_prose(a, row, &p) + (p.n > 0);
	if (!failed)
		return row;
	row = draw_steps(w, a, row) + 1;
	return area_wrap(a, row, ROLE_PLAIN, run_can_retry(w->run) ?
			 _("Enter asks the questions again, with your answers; only what was wrong is asked anew. Esc closes "
			   "the procedure, and leaves everything as it is now.") :
			 _("Esc closes the procedure, and leaves everything as it is now."));
}

static const char *page_title(const struct wizard_screen *w)
{
	const struct page *page;

	if (w->choosing)
		return _("The device");
	switch (w->phase) {
	case RUN_REVIEW:
		return _("What will happen");
	case RUN_RUNNING:
		return _("Under way");
	case RUN_DONE:
		return _("Done");
	case RUN_FAILED:
		return _("It was not finished");
	default:
		page = run_page(w->run, NULL);
		return translated(page->title != NULL ? page->title : page->name);
	}
}

/* What keeps a step from going on. */
static int draw_in_use(const struct wizard_screen *w, struct area a, int row)
{
	const struct fleet_device *d = fleet_by_serial(w->s.ui->fleet, run_serial(w->run));

	if (d == NULL || !d->in_use)
		return row;
	return row + area_wrap(area_sub(a, row + 1, 0, a.rows - row - 1, a.cols), 0, ROLE_WARNING,
			       _("Another program is using the device. It is waited for, for ten seconds.")) + 1;
}

static int draw_working(const struct wizard_screen *w, struct area a, int row)
{
	struct run_progress p;

	run_progress(w->run, &p);
	row = area_wrap(a, row, ROLE_TITLE, p.step != NULL && p.step->words != NULL ? translated(p.step->words) :
		  _("Reading the device"));
	return draw_in_use(w, a, draw_progress(w, a, row, 0));
}

/* All of the page, however tall. */
static int draw_page(const struct wizard_screen *w, struct area a, int room, int *ret_focus)
{
	int row;

	*ret_focus = 0;
	row = area_wrap(a, 0, ROLE_TITLE, page_title(w)) + 1;
	if (w->choosing)
		return draw_choosing(w, a, row, ret_focus);
	switch (w->phase) {
	case RUN_ASKING:
		return draw_questions(w, a, row, room, ret_focus);
	case RUN_WORKING:
		return draw_working(w, a, row);
	case RUN_REVIEW:
		return draw_review(w, a, row, ret_focus);
	case RUN_RUNNING:
		return draw_in_use(w, a, draw_steps(w, a, row));
	default:
		return draw_end(w, a, row);
	}
}

/* Where it was scrolled to; else so that what has the keyboard is in sight. */
static int top_of(const struct wizard_screen *w, int rows, int room, int focus)
{
	int most = rows > room ? rows - room : 0, top = w->top < most ? w->top : most;

	if (w->scrolled || focus <= 0)
		return top;
	if (focus < top)
		top = focus;
	if (focus >= top + room - 1)
		top = focus - room + 2 < most ? focus - room + 2 : most;
	return top;
}

int wizard_height(const struct wizard_screen *w, int cols, int room, int *ret_top)
{
	struct grid *g = grid_new(1, cols);
	int focus, rows;

	*ret_top = 0;
	if (g == NULL)
		return 0;
	rows = draw_page(w, area_of(g), room, &focus);
	grid_free(g);
	*ret_top = top_of(w, rows, room, focus);
	return rows;
}

/* The window onto the page. */
static void draw_window(const struct wizard_screen *w, struct area a, struct area edge)
{
	int top, rows = wizard_height(w, a.cols, a.rows, &top), most = rows > a.rows ? rows - a.rows : 0, focus;
	struct grid *tall = grid_new(rows > 0 && rows < TALL ? rows + 1 : TALL, a.cols);

	if (tall == NULL)
		return;
	(void)draw_page(w, area_of(tall), a.rows, &focus);
	area_blit(a, tall, top);
	grid_free(tall);
	if (top < most)
		area_right(edge, 0, ROLE_TITLE, _(" more below: PgDn "));
	else if (top > 0)
		area_right(edge, 0, ROLE_BORDER, _(" more above: PgUp "));
}

struct count {
	int n;
};

static void count_stage(void *ctx, int i, const char *name, enum mark m)
{
	(void)name;
	(void)m;
	((struct count *)ctx)->n = i + 1;
}

void wizard_draw(const struct screen *s, struct area a)
{
	const struct wizard_screen *w = wizard_peek(s);
	const struct fleet_device *d = fleet_by_serial(s->ui->fleet, run_serial(w->run));
	struct stages st = { .top = 0 };
	struct count count = { 0 };
	char where[100], title[400];
	struct area body, in;
	int now, left = left_cols(w, a.cols);

	(void)each_stage(w, count_stage, &count, &now);
	(void)snprintf(where, sizeof(where), _("step %d of %d"), now + 1, count.n);
	if (w->choosing)
		d = NULL;
	(void)snprintf(title, sizeof(title), "%s  %s  %.120s", translated(w->p->title), w->choosing ? "" : run_serial(w->run),
		       d != NULL ? d->label : "");
	body = ui_head(s, a, title, "", where);
	in = area_box(body, ROLE_PLAIN, NULL);
	st.a = area_sub(in, 0, 0, in.rows, left);
	if (now >= in.rows)
		st.top = now - in.rows + 1;
	if (left >= 0) {
		area_divide(body, left + 1);
		(void)each_stage(w, draw_stage, &st, &now);
	}
	in = area_sub(in, 0, left + 2, in.rows, wizard_page_cols(w, a.cols));
	draw_window(w, in, area_sub(body, body.rows - 1, 0, 1, body.cols - 2));
}
