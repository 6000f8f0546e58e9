/* How the main screen looks. */
#include "tui/console/main_screen.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"

static void tries(struct area a, int row, int col, const char *name, int left, const char *of, const char *none)
{
	if (left < 0)
		area_print(a, row, col, ROLE_PLAIN, "%s not known", name);
	else if (left == 0)
		area_print(a, row, col, ROLE_WARNING, "%s %s", name, none);
	else
		area_print(a, row, col, left == 1 ? ROLE_WARNING : ROLE_PLAIN, "%s %d%s", name, left, of);
}

static void draw_dkek(struct area a, int row, const struct fleet_device *d)
{
	if (d->dkek_shares == FLEET_UNKNOWN)
		area_text(a, row, 1, ROLE_PLAIN, _("DKEK not known yet"));
	else if (!d->dkek || d->dkek_shares == 0)
		area_fit(a, row, 1, a.cols - 1, ROLE_WARNING, _("No DKEK: its keys cannot be backed up"));
	else if (d->dkek_missing > 0)
		area_print(a, row, 1, ROLE_WARNING, "DKEK not complete: %d of %d shares missing", d->dkek_missing, d->dkek_shares);
	else
		area_print(a, row, 1, ROLE_PLAIN, "DKEK %s   %d share%s", d->dkek_kcv[0] != '\0' ? d->dkek_kcv : "shown after login",
			   d->dkek_shares, d->dkek_shares == 1 ? "" : "s");
}

static void draw_status(struct area a, const struct fleet_device *d)
{
	int col = area_print(a, 0, 1, ROLE_TITLE, "%s", d->serial);

	if (d->fw_major >= 0)
		col = area_print(a, 0, col + 3, ROLE_PLAIN, "firmware %d.%d", d->fw_major, d->fw_minor);
	if (d->memory_free >= 0 && d->memory_total > 0)
		area_print(a, 0, col + 3, ROLE_PLAIN, "%.1f of %ld KiB free", (double)d->memory_free / 1024,
			   d->memory_total / 1024);
	if (!d->initialised) {
		if (d->looked_at)
			area_fit(a, 1, 1, a.cols - 1, ROLE_WARNING, _("Never initialised: press i to set it up"));
		if (d->so_pin_tries >= 0)
			tries(a, 2, 1, "SO-PIN", d->so_pin_tries, " of 15 tries left", "BLOCKED FOR GOOD");
		return;
	}
	tries(a, 1, 1, "User PIN", d->pin_tries, d->pin_tries == 1 ? " try left" : " tries left", "BLOCKED");
	tries(a, 1, 25, "SO-PIN", d->so_pin_tries, " of 15 tries left", "BLOCKED FOR GOOD");
	draw_dkek(a, 2, d);
}

static void draw_right(const struct main_screen *m, struct area box)
{
	const struct fleet_device *d = main_device(m);
	const struct fault *service = fleet_service(m->s.ui->fleet);
	struct area in = area_box(box, ROLE_TITLE, d != NULL ? device_name(d) : _("No device"));
	struct area text = area_sub(in, 1, 1, in.rows - 1, in.cols - 2);
	enum list_focus focus = m->pane == PANE_OBJECTS ? LIST_HERE : LIST_AWAY;
	const struct fleet_object *o;
	size_t n;

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
	draw_status(in, d);
	area_rule(box, 4, _("Objects"));
	o = main_objects(m, &n);
	in = area_sub(in, 4, 0, in.rows - 4, in.cols);
	if (m->rows[PANE_OBJECTS].n > 0)
		draw_objects(in, o, n, &m->rows[PANE_OBJECTS], m->cursor[PANE_OBJECTS], focus);
	else
		area_text(in, 0, 1, ROLE_PLAIN, n > 0 ? _("No object fits the filter.") :
			  d->state == FLEET_READING ? _("Reading the device.") : _("Nothing is on this device."));
}

static void draw_line(const struct main_screen *m, struct area a)
{
	const struct fleet_attention *at;
	const struct fleet_device *d;
	int col = 1;

	if (m->filtering || m->filter[m->pane].n > 0) {
		col = area_text(a, 0, col, ROLE_TITLE, m->pane == PANE_DEVICES ? _("Filter devices: ") : _("Filter objects: "));
		edit_draw(area_sub(a, 0, col, 1, a.cols - col - 1), &m->filter[m->pane], m->filtering);
		return;
	}
	at = main_attention(m);
	if (at == NULL)
		return;
	if (at->urgency != FLEET_NOTE)
		col = area_text(a, 0, col, ROLE_WARNING, "! ");
	d = at->serial[0] != '\0' && strcmp(at->serial, m->serial) != 0 ? fleet_by_serial(m->s.ui->fleet, at->serial) : NULL;
	if (d != NULL)
		col = area_print(a, 0, col, ROLE_TITLE, "%s: ", device_name(d));
	area_fit(a, 0, col, a.cols - col - 1, at->urgency == FLEET_NOTE ? ROLE_PLAIN : ROLE_TITLE, at->words);
}

void main_draw(const struct screen *s, struct area a)
{
	const struct main_screen *m = main_peek(s);
	struct fleet *fl = s->ui->fleet;
	int left = 26 + (a.cols - UI_COLS_MIN) * 3 / 10;
	struct area body, in;
	char count[60];

	if (left > 52)
		left = 52;
	(void)snprintf(count, sizeof(count), "%zu device%s, %zu here", fleet_count(fl), fleet_count(fl) == 1 ? "" : "s",
		       fleet_count_here(fl));
	body = ui_head(s, a, "Keyroom", count, "");
	in = area_box(area_sub(body, 0, 0, body.rows - 1, left), ROLE_TITLE, _("Devices"));
	draw_devices(in, fl, &m->rows[PANE_DEVICES], m->cursor[PANE_DEVICES],
		     m->pane == PANE_DEVICES ? LIST_HERE : LIST_AWAY, s->ui->wall);
	draw_right(m, area_sub(body, 0, left, body.rows - 1, body.cols - left));
	draw_line(m, area_sub(body, body.rows - 1, 0, 1, body.cols));
}
