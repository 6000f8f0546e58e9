/* How the main screen looks. */
#include "tui/console/main_screen.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"

#define STATUS_ROWS 3   /* what stands above the objects takes no less, so that they stay where they are */

static void user_pin(struct flow *f, int left, int most)
{
	char words[120];

	if (left > 0 && left <= most)
		(void)snprintf(words, sizeof(words), _("User PIN %d of %d"), left, most);
	else
		(void)snprintf(words, sizeof(words), left < 0 ? _("User PIN not known") : left == 0 ? _("User PIN BLOCKED") :
		       translated_n("User PIN %d try left", "User PIN %d tries left", (unsigned long)left), left);
	flow_put(f, left == 0 || left == 1 ? ROLE_WARNING : ROLE_PLAIN, words);
}

static void so_pin(struct flow *f, int left)
{
	char words[120];

	(void)snprintf(words, sizeof(words), left < 0 ? _("SO-PIN not known") : left == 0 ? _("SO-PIN BLOCKED FOR GOOD") :
		       _("SO-PIN %d of 15"), left);
	flow_put(f, left == 0 || left == 1 ? ROLE_WARNING : ROLE_PLAIN, words);
}

static void dkek(struct flow *f, const struct fleet_device *d)
{
	const char *kcv = d->dkek_kcv[0] != '\0' ? d->dkek_kcv : _("shown after login");
	char words[200];

	if (d->dkek_shares == FLEET_UNKNOWN) {
		flow_put(f, ROLE_PLAIN, _("DKEK not known yet"));
	} else if (!d->dkek || d->dkek_shares == 0) {
		flow_put(f, ROLE_WARNING, _("No DKEK: its keys cannot be backed up"));
	} else if (d->dkek_missing > 0) {
		(void)snprintf(words, sizeof(words), translated_n("DKEK not complete: %d of %d share missing",
			       "DKEK not complete: %d of %d shares missing", (unsigned long)d->dkek_shares),
			       d->dkek_missing, d->dkek_shares);
		flow_put(f, ROLE_WARNING, words);
	} else {
		(void)snprintf(words, sizeof(words), translated_n("DKEK %s   %d share", "DKEK %s   %d shares",
			       (unsigned long)d->dkek_shares), kcv, d->dkek_shares);
		flow_put(f, ROLE_PLAIN, words);
	}
}

/* The rows it took. */
static int draw_status(struct area a, const struct fleet_device *d)
{
	struct flow f = { .a = a, .col = 1 };
	char words[120];

	flow_put(&f, ROLE_TITLE, d->serial);
	if (d->fw_major >= 0) {
		(void)snprintf(words, sizeof(words), _("firmware %d.%d"), d->fw_major, d->fw_minor);
		flow_put(&f, ROLE_PLAIN, words);
	}
	if (d->memory_free >= 0 && d->memory_total > 0) {
		(void)snprintf(words, sizeof(words), _("%.1f of %ld KiB free"), (double)d->memory_free / 1024,
			       d->memory_total / 1024);
		flow_put(&f, ROLE_PLAIN, words);
	}
	flow_end_row(&f);
	if (!d->initialised) {
		if (d->looked_at)
			flow_put(&f, ROLE_WARNING, _("Never initialised: press i to set it up"));
		flow_end_row(&f);
		if (d->so_pin_tries >= 0)
			so_pin(&f, d->so_pin_tries);
	} else {
		user_pin(&f, d->pin_tries, d->pin_max);
		so_pin(&f, d->so_pin_tries);
		flow_end_row(&f);
		dkek(&f, d);
	}
	return flow_rows(&f) > STATUS_ROWS ? flow_rows(&f) : STATUS_ROWS;
}

static void draw_right(const struct main_screen *m, struct area box)
{
	const struct fleet_device *d = main_device(m);
	const struct fault *service = fleet_service(m->s.ui->fleet);
	struct area in = area_box(box, ROLE_TITLE, d != NULL ? device_name(d) : _("No device"));
	struct area text = area_sub(in, 1, 1, in.rows - 1, in.cols - 2);
	enum list_focus focus = m->pane == PANE_OBJECTS ? LIST_HERE : LIST_AWAY;
	const struct fleet_object *o;
	char marked[80];
	size_t n;
	int rows;

	if (d == NULL) {
		bool dead = service->st != ST_OK;

		area_wrap(text, 0, dead ? ROLE_FAULT : ROLE_PLAIN, dead ? service->what :
			  m->filter[PANE_DEVICES].n > 0 ? _("No device fits the filter.") :
			  _("Plug in a SmartCard-HSM or a Nitrokey HSM. It appears here by itself, and nothing on it is changed."));
		return;
	}
	if (d->state == FLEET_FOREIGN || d->state == FLEET_FAULTY) {
		area_wrap(text, 0, ROLE_WARNING, d->fault.what);
		return;
	}
	if (d->state == FLEET_READING && d->serial[0] == '\0') {
		area_wrap(text, 0, ROLE_PLAIN, _("Reading the device."));
		return;
	}
	rows = draw_status(in, d);
	(void)snprintf(marked, sizeof(marked), _("Objects, %zu marked"), m->n_marks);
	area_rule(box, rows + 1, m->n_marks > 0 ? marked : _("Objects"));
	o = main_objects(m, &n);
	in = area_sub(in, rows + 1, 0, in.rows - rows - 1, in.cols);
	if (m->rows[PANE_OBJECTS].n > 0)
		draw_objects(in, o, n, &m->rows[PANE_OBJECTS], m->cursor[PANE_OBJECTS], focus,
			     m->order[PANE_OBJECTS]);
	else
		area_text(in, 0, 1, ROLE_PLAIN, n > 0 ? _("No object fits the filter.") :
			  d->state == FLEET_READING ? _("Reading the device.") : _("Nothing is on this device."));
}

/* Returns the rows that it takes, at least one: what is too long for one goes on in the next. */
static int draw_line(const struct main_screen *m, struct area a)
{
	const struct fleet_attention *at;
	char text[ATTENTION_WORDS_MAX], count[60] = "";
	int col = 1, rows;
	size_t n;

	if (a.rows == 0 && (m->filtering || m->filter[m->pane].n > 0))
		return 1;
	if (m->filtering || m->filter[m->pane].n > 0) {
		col = area_text(a, 0, col, ROLE_TITLE, m->pane == PANE_DEVICES ? _("Filter devices: ") : _("Filter objects: "));
		edit_draw(area_sub(a, 0, col, 1, a.cols - col - 1), &m->filter[m->pane], m->filtering);
		return 1;
	}
	at = main_attention(m, &n);
	if (at == NULL)
		return 1;
	if (n > 1)
		(void)snprintf(count, sizeof(count), _("1 of %zu"), n);
	area_right(area_sub(a, 0, 0, a.rows, a.cols - 1), 0, ROLE_PLAIN, count);
	a = area_sub(a, 0, 0, a.rows, a.cols - 2 - text_width(count));
	if (at->urgency != FLEET_NOTE)
		col = area_text(a, 0, col, ROLE_WARNING, "! ");
	attention_words(m->s.ui, at, m->serial, text, sizeof(text));
	rows = area_wrap(area_sub(a, 0, col, a.rows, a.cols - col), 0, at->urgency == FLEET_NOTE ? ROLE_PLAIN : ROLE_TITLE, text);
	return rows > 0 ? rows : 1;
}

void main_draw(const struct screen *s, struct area a)
{
	const struct main_screen *m = main_peek(s);
	struct fleet *fl = s->ui->fleet;
	int left = 26 + (a.cols - UI_COLS_MIN) * 3 / 10, wide, foot;
	struct area body, in;
	char count[120];

	if (left > 52)
		left = 52;
	wide = devices_width(fl, &m->rows[PANE_DEVICES], s->ui->wall) + 2;
	if (left < wide)
		left = wide < a.cols / 2 ? wide : a.cols / 2;
	(void)snprintf(count, sizeof(count), translated_n("%zu device, %zu here", "%zu devices, %zu here", fleet_count(fl)),
		       fleet_count(fl), fleet_count_here(fl));
	body = ui_head(s, a, "Keyroom", count, "");
	foot = draw_line(m, (struct area){ .g = NULL, .rows = 0, .cols = body.cols });
	in = area_box(area_sub(body, 0, 0, body.rows - foot, left), ROLE_TITLE, devices_title(m->order[PANE_DEVICES]));
	draw_devices(in, fl, &m->rows[PANE_DEVICES], m->cursor[PANE_DEVICES],
		     m->pane == PANE_DEVICES ? LIST_HERE : LIST_AWAY, s->ui->wall);
	draw_right(m, area_sub(body, 0, left, body.rows - foot, body.cols - left));
	(void)draw_line(m, area_sub(body, body.rows - foot, 0, foot, body.cols));
}
