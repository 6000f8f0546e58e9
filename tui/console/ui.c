#include "tui/console/ui.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/keys.h"
#include "tui/console/screens.h"
#include "tui/console/stock.h"

#define MESSAGE_ROWS 8
#define WHEEL_ROWS 3
#define DOUBLE_CLICK_MS 400

enum status ui_init(struct ui *ui, const struct env *env, struct fleet *fleet, struct source *source, struct fault *f)
{
	*ui = (struct ui){ .env = env, .fleet = fleet, .rows = UI_ROWS_MIN, .cols = UI_COLS_MIN, .changed = true };
	if (source != NULL && source->simulated && source->ops->plug != NULL)
		ui->source = source;
	if ((ui->stock = stock_new(ui)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	ui_push(ui, main_screen_new(ui));
	if (ui->depth == 1)
		return ST_OK;
	ui_done(ui);
	return fault_set(f, ST_NO_MEMORY, NULL);
}

void ui_done(struct ui *ui)
{
	while (ui->depth > 0)
		ui_pop(ui);
	detail_left_done(ui);
	stock_free(ui->stock);
	ui->stock = NULL;
}

struct screen *ui_top(const struct ui *ui)
{
	return ui->stack[ui->depth - 1];
}

void ui_push(struct ui *ui, struct screen *s)
{
	ui->changed = true;
	if (s == NULL)
		return;
	if (ui->depth == UI_DEPTH) {
		s->ops->free(s);
		return;
	}
	ui->stack[ui->depth++] = s;
}

void ui_pop(struct ui *ui)
{
	struct screen *s = ui->stack[--ui->depth];

	ui->changed = true;
	s->ops->free(s);
}

void ui_say(struct ui *ui, const char *words)
{
	(void)snprintf(ui->message, sizeof(ui->message), "%s", translated(words));
	ui->message_is_fault = false;
	ui->changed = true;
}

void ui_say_fault(struct ui *ui, const struct fault *f)
{
	ui_say(ui, f->what);
	ui->message_is_fault = true;
}

void ui_resize(struct ui *ui, int rows, int cols)
{
	ui->rows = rows;
	ui->cols = cols;
	ui->changed = true;
}

bool ui_typing(const struct ui *ui)
{
	const struct screen *s = ui_top(ui);

	return ui_secret(ui) != NULL || (s->ops->typing != NULL && s->ops->typing(s));
}

static unsigned has_now(const struct ui *ui)
{
	const struct screen *s = ui_top(ui);

	return (s->ops->has != NULL ? s->ops->has(s) : 0) | (ui_typing(ui) ? 0u : NEED_QUIET) |
	       (screens_locked(ui) ? 0u : NEED_SCREENS);
}

/* Back to the main screen; help that was asked for in a procedure leads back to that, and not out of it. */
static void leave_all(struct ui *ui)
{
	while (ui->depth > 1 && ui_top(ui)->ops->mode != MODE_LOCK && ui_top(ui)->ops->mode != MODE_WIZARD)
		ui_pop(ui);
}

static bool is_locked(const struct ui *ui)
{
	return ui->depth > 1 && ui->stack[1]->ops->mode == MODE_LOCK;
}

static bool at_work(const struct ui *ui)
{
	for (size_t i = 0; i < ui->depth; i++) {
		const struct screen *s = ui->stack[i];

		if (s->ops->busy != NULL && s->ops->busy(s))
			return true;
	}
	return false;
}

void ui_lock(struct ui *ui)
{
	struct screen *lock;

	if (at_work(ui)) {
		ui->lock_soon = true;
		ui_say(ui, _("The screen will be locked as soon as what is under way has ended."));
		return;
	}
	ui->lock_soon = false;
	if (is_locked(ui))
		return;
	lock = lock_screen_new(ui);
	while (ui->depth > 1) {
		const struct screen *s = ui_top(ui);

		if (lock != NULL && s->ops->left != NULL)
			s->ops->left(s, lock_screen_left(lock));
		ui_pop(ui);
	}
	ui->message[0] = '\0';
	ui_push(ui, lock);
	fleet_reload(ui->fleet);
	ui->repaint = true;
}

static bool may_be_stopped(const struct ui *ui)
{
	return !at_work(ui) && !fleet_is_reading(ui->fleet);
}

void ui_suspend(struct ui *ui)
{
	ui->suspend = may_be_stopped(ui);
	ui->suspend_soon = !ui->suspend;
	if (ui->suspend_soon)
		ui_say(ui, _("Keyroom makes way for the shell as soon as what is under way has ended, so that no device stays locked."));
}

int64_t ui_locks_in(const struct ui *ui)
{
	int64_t left = ui->active_ms + ui->lock_ms - ui->now_ms;

	if (at_work(ui) || is_locked(ui))
		return -1;
	if (ui->lock_soon)
		return 0;
	return ui->lock_ms == 0 ? -1 : left > 0 ? left : 0;
}

/* key: 0 where the footer was clicked. */
static void ui_intent(struct ui *ui, const struct binding *b, uint32_t key)
{
	struct screen *s = ui_top(ui);

	switch (b->in) {
	case IN_HELP:
		ui_push(ui, help_screen_new(ui, s));
		break;
	case IN_SCREEN:
		screens_go(ui, key);
		break;
	case IN_QUIT:
		ui->quit = true;
		break;
	case IN_SUSPEND:
		ui_suspend(ui);
		break;
	case IN_LOCK:
		ui_lock(ui);
		break;
	case IN_LEAVE:
		if (s->ops->mode == MODE_WIZARD)
			s->ops->act(s, b);
		else if (s->ops->mode != MODE_MAIN)
			leave_all(ui);
		break;
	case IN_REDRAW:
		ui->repaint = true;
		if (s->ops->act != NULL)
			s->ops->act(s, b);
		break;
	default:
		if (s->ops->act != NULL)
			s->ops->act(s, b);
		break;
	}
}

static bool too_small(const struct ui *ui)
{
	return ui->rows < UI_ROWS_MIN || ui->cols < UI_COLS_MIN;
}

void ui_key(struct ui *ui, uint32_t key)
{
	struct screen *s = ui_top(ui);
	const struct binding *b;

	ui->changed = true;
	ui->active_ms = ui->now_ms;
	ui->opened_ms = 0;
	if (too_small(ui)) {   /* nobody presses a key for a screen that cannot be seen */
		if (key == 'q' || key == K_F10)
			ui->quit = !ui_typing(ui) && ui->depth == 1;
		else if (key == K_CTRL('z'))
			ui_suspend(ui);
		return;
	}
	ui->message[0] = '\0';
	if (ui_typing(ui) && s->ops->type != NULL && s->ops->type(s, key))
		return;
	b = binding_find(key, s->ops->mode, has_now(ui));
	if (b != NULL)
		ui_intent(ui, b, key);
}

/* As if the key in the footer had been pressed, while it is one that works. */
static void press_footer(struct ui *ui, size_t row)
{
	const struct binding *b = &bindings[row];

	if (binding_works(b, ui_top(ui)->ops->mode, has_now(ui)))
		ui_intent(ui, b, 0);
}

static void wheel(struct ui *ui, uint32_t key)
{
	const struct screen *s = ui_top(ui);
	const struct binding *b = binding_find(key == K_WHEEL_UP ? K_UP : K_DOWN, s->ops->mode, has_now(ui));

	for (int i = 0; i < WHEEL_ROWS && b != NULL && ui_top(ui) == s; i++)
		ui_intent(ui, b, key);
}

void ui_mouse(struct ui *ui, uint32_t key, struct zone z)
{
	struct screen *s = ui_top(ui);
	size_t depth = ui->depth;

	ui->changed = true;
	ui->active_ms = ui->now_ms;
	if (too_small(ui) || (key == K_CLICK && ui->opened_ms > 0 && ui->now_ms - ui->opened_ms < DOUBLE_CLICK_MS))
		return;
	ui->message[0] = '\0';
	if (key == K_CLICK && z.kind == ZONE_KEY)
		press_footer(ui, z.n);
	else if (s->ops->mouse == NULL && key != K_CLICK)
		wheel(ui, key);
	else if (s->ops->mouse != NULL && s->ops->mouse(s, key, z))
		ui->opened_ms = ui->now_ms;
	if (ui->depth != depth)
		ui->opened_ms = ui->now_ms;
}

static void tell(struct ui *ui, const struct job_event *e, unsigned changes)
{
	ui->changed = true;
	(void)stock_event(ui->stock, e, changes);
	for (size_t i = ui->depth; i-- > 0 && i < ui->depth;) {
		if (ui->stack[i]->ops->event != NULL)
			ui->stack[i]->ops->event(ui->stack[i], e, changes);
	}
}

void ui_event(struct ui *ui, const struct job_event *e)
{
	detail_left_event(ui, e);
	tell(ui, e, fleet_event(ui->fleet, e));
}

void ui_time(struct ui *ui, int64_t now_ms, int64_t wall)
{
	if (ui_busy(ui) || ui->wall / 60 != wall / 60)
		ui->changed = true;
	if (ui->now_ms != 0) {   /* the first picture is there */
		fleet_look_away(ui->fleet);
		stock_begin(ui->stock);
	}
	if (ui->now_ms == 0 || at_work(ui))
		ui->active_ms = now_ms;
	ui->now_ms = now_ms;
	ui->wall = wall;
	if (ui_locks_in(ui) == 0)
		ui_lock(ui);
	if (ui->suspend_soon && may_be_stopped(ui))
		ui_suspend(ui);
}

bool ui_busy(const struct ui *ui)
{
	const struct screen *s = ui_top(ui);

	return s->ops->busy != NULL && s->ops->busy(s);
}

struct secret *ui_secret(const struct ui *ui)
{
	const struct screen *s = ui_top(ui);

	return s->ops->secret != NULL && !too_small(ui) ? s->ops->secret(s) : NULL;
}

void ui_secret_typed(struct ui *ui)
{
	struct screen *s = ui_top(ui);

	ui->changed = true;
	ui->active_ms = ui->now_ms;
	ui->message[0] = '\0';
	if (s->ops->typed != NULL)
		s->ops->typed(s);
}

static const char *footer_words(const struct screen *s, const struct binding *b)
{
	const char *words = s->ops->words != NULL ? s->ops->words(s, b->in) : NULL;

	return translated(words != NULL ? words : b->words);
}

/* A key that is listed twice, for fields and for lists, is shown once: the row that counts first. */
static bool shown_before(const struct screen *s, const struct binding *b, unsigned has)
{
	for (const struct binding *o = bindings; o != b; o++) {
		if ((o->modes & (unsigned)s->ops->mode) && !(o->needs & ~has) && o->in == b->in && o->words != NULL &&
		    o->in != IN_PROCEDURE)
			return true;
	}
	return false;
}

/* Draws the keys that work now, over as many rows as they need; returns those. draw false: only counts. */
static int footer(const struct ui *ui, struct area a, bool draw)
{
	const struct screen *s = ui_top(ui);
	unsigned has = has_now(ui);
	int row = 0, col = 1;

	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		const char *words = footer_words(s, b);
		int width;

		if (words == NULL || words[0] == '\0' || !binding_works(b, s->ops->mode, has) || shown_before(s, b, has))
			continue;
		width = text_width(translated(b->name)) + 1 + text_width(words);
		if (col > 1 && col + width > a.cols) {
			row++;
			col = 1;
		}
		if (draw && row < a.rows) {
			int at = area_text(a, row, col, ROLE_KEY, translated(b->name));

			area_text(a, row, at + 1, ROLE_PLAIN, words);
			area_zone(a, row, col, width, ZONE_KEY, 0, (size_t)(b - bindings));
		}
		col += width + 2;
	}
	return row + 1;
}

static void draw_too_small(const struct ui *ui, struct area a)
{
	char words[300];
	int row;

	(void)snprintf(words, sizeof(words),
		       _("This terminal is too small. Keyroom needs %d columns and %d rows; here are %d and %d."),
		       UI_COLS_MIN, UI_ROWS_MIN, ui->cols, ui->rows);
	row = area_wrap(a, 0, ROLE_WARNING, words);
	(void)area_wrap(a, row, ROLE_PLAIN, _("Make the window larger, or the letters smaller. Nothing that was typed is lost."));
}

void ui_draw(const struct ui *ui, struct grid *g)
{
	const struct screen *s = ui_top(ui);
	struct area a = area_of(g);
	int foot, said = 0;

	grid_clear(g);
	if (too_small(ui)) {
		draw_too_small(ui, a);
		return;
	}
	foot = footer(ui, a, false);
	if (ui->message[0] != '\0')
		said = wrap_rows(ui->message, a.cols - 2);
	if (said > MESSAGE_ROWS)
		said = MESSAGE_ROWS;
	s->ops->draw(s, area_sub(a, 0, 0, a.rows - foot - said, a.cols));
	if (said > 0)
		area_wrap(area_sub(a, a.rows - foot - said, 1, said, a.cols - 2), 0,
			  ui->message_is_fault ? ROLE_FAULT : ROLE_TITLE, ui->message);
	(void)footer(ui, area_sub(a, a.rows - foot, 0, foot, a.cols), true);
}
