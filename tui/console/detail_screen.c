/*
 * What is known of one device, of one object, or of one DKEK. A worker finds it out when the screen opens and whenever the
 * fleet has changed; until the first answer the screen says so, afterwards it shows the last one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/detail_screen.h"
#include "tui/console/lists.h"

static const struct detail_screen *peek(const struct screen *s)
{
	return (const struct detail_screen *)s;
}

/* What the fleet has of it now. False: nothing. */
static bool look(struct detail_screen *d)
{
	struct fleet *fl = d->s.ui->fleet;
	const struct fleet_device *now = fleet_by_serial(fl, d->device.serial);
	const struct fleet_object *o;
	size_t n = 0;

	if (d->about != ABOUT_DEVICE && d->about != ABOUT_OBJECT)
		return true;
	if (now == NULL)
		return false;
	d->device = *now;
	if (d->about == ABOUT_DEVICE)
		return true;
	o = fleet_objects(fl, now, &n);
	for (size_t i = 0; i < n; i++) {
		if (o[i].type == d->object.type && o[i].fid == d->object.fid) {
			d->object = o[i];
			return true;
		}
	}
	return false;
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	struct detail_screen *d = (struct detail_screen *)s;

	(void)detail_is_loaded(d, e);
	if (changes == 0)
		return;
	d->gone = !look(d);
	if (!d->gone)
		detail_load(d);
}

/* --- moving --- */

static int height(const struct detail_screen *d, int starts[static DETAIL_SECTIONS])
{
	struct area nowhere = { .g = NULL, .rows = 0, .cols = detail_cols(d->s.ui->cols) };

	return detail_draw(nowhere, &d->shown, starts);
}

static void next_section(struct detail_screen *d, int by)
{
	int starts[DETAIL_SECTIONS], best = -1;

	(void)height(d, starts);
	for (size_t i = 0; i < d->shown.n && i < DETAIL_SECTIONS; i++) {
		bool ahead = by > 0 ? starts[i] > d->top : starts[i] < d->top;

		if (ahead && (best < 0 || (by > 0 ? starts[i] < best : starts[i] > best)))
			best = starts[i];
	}
	if (best >= 0)
		d->top = best;
}

static void move(struct detail_screen *d, enum intent in)
{
	int starts[DETAIL_SECTIONS];

	if (in == IN_NEXT || in == IN_PREVIOUS)
		next_section(d, in == IN_NEXT ? 1 : -1);
	d->top = list_scroll(d->top, height(d, starts), in, d->s.ui->rows - 5);
}

/* --- what can be done from here --- */

static unsigned has(const struct screen *s)
{
	static const unsigned of_type[] = {
		[FLEET_KEY] = NEED_KEY, [FLEET_CERTIFICATE] = NEED_CERTIFICATE, [FLEET_DATA] = NEED_DATA,
	};
	const struct detail_screen *d = peek(s);
	unsigned has = NEED_ROWS | NEED_BACK | NEED_PANES | (d->shown.n_carry > 0 ? NEED_QR : 0u);

	if (d->gone || d->about == ABOUT_DKEK)
		return has;
	has |= d->device.state == FLEET_HERE ? NEED_CARD : 0u;
	if (d->about == ABOUT_DEVICE)
		return has | NEED_DEVICE | (d->device.keys > 0 ? NEED_KEY : 0u);
	if (d->object.flags & FLEET_ORPHAN)
		return has;
	return has | NEED_OBJECT | of_type[d->object.type] | (d->shown.backup != 0 ? NEED_BACKUP : 0u);
}

static const char *words(const struct screen *s, enum intent in)
{
	(void)s;
	return in == IN_NEXT ? N_("Next section") : NULL;
}

static void begin(struct detail_screen *d, const struct binding *b)
{
	const bool restore = d->about == ABOUT_OBJECT && strcmp(b->procedure, "restore") == 0;
	const struct procedure *p = binding_procedure(b);
	struct given_values given;
	char backup[24];

	if (p == NULL)
		return;
	(void)snprintf(backup, sizeof(backup), "%lld", (long long)d->shown.backup);
	given_of_object(d->s.ui, d->device.serial, d->about == ABOUT_OBJECT ? &d->object : NULL, p, &given);
	if (restore) {
		given.g[0] = (struct given){ "backup", 0, backup };
		given.g[1] = (struct given){ NULL, 0, NULL };
	}
	/* A key comes back onto another device than the one that has it. */
	ui_push(d->s.ui, wizard_screen_new(d->s.ui, p, restore ? "" : d->device.serial, given.g));
}

static void act(struct screen *s, const struct binding *b)
{
	struct detail_screen *d = (struct detail_screen *)s;
	bool is_object = d->about == ABOUT_OBJECT && !(d->object.flags & FLEET_ORPHAN), here = d->device.state == FLEET_HERE;

	switch (b->in) {
	case IN_BACK:
		ui_pop(s->ui);
		return;
	case IN_PROCEDURE:
		begin(d, b);
		return;
	case IN_MORE:
		ui_push(s->ui, menu_screen_new(s->ui, here ? d->device.serial : "", here && is_object ? &d->object : NULL));
		return;
	case IN_QR:
		ui_push(s->ui, qr_screen_new(s->ui, &d->shown));
		return;
	case IN_REDRAW:
		fleet_reload(s->ui->fleet);
		return;
	case IN_UP: case IN_DOWN: case IN_PAGE_UP: case IN_PAGE_DOWN: case IN_FIRST: case IN_LAST: case IN_NEXT: case IN_PREVIOUS:
		move(d, b->in);
		return;
	default:
		return;
	}
}

static const char *title(const struct detail_screen *d)
{
	if (d->about == ABOUT_DKEK)
		return _("Custody");
	if (d->about == ABOUT_DEVICE)
		return device_name(&d->device);
	return d->object.label[0] != '\0' ? d->object.label : d->object.subject[0] != '\0' ? d->object.subject : _(d->object.kind);
}

static void draw(const struct screen *s, struct area a)
{
	const struct detail_screen *d = peek(s);
	struct area box = ui_head(s, a, _("Keyroom"), d->about == ABOUT_OBJECT ? device_name(&d->device) : "", "");
	struct area in = area_box(box, ROLE_TITLE, title(d));
	int starts[DETAIL_SECTIONS], rows = height(d, starts), most, top;
	struct grid *tall;

	in = area_sub(in, 0, 1, in.rows, detail_cols(a.cols));
	if (d->gone && in.rows > 0) {
		area_fit(in, 0, 0, in.cols, ROLE_WARNING, _("This is not there any more. Below stands what was known of it."));
		in = area_sub(in, 1, 0, in.rows - 1, in.cols);
	}
	if (!d->loaded)
		area_text(in, 0, 0, ROLE_PLAIN, detail_waiting(d, NULL, 0));
	most = rows > in.rows ? rows - in.rows : 0;
	top = d->top < most ? d->top : most;
	tall = grid_new(rows > 0 ? rows : 1, in.cols > 0 ? in.cols : 1);
	if (tall == NULL || !d->loaded) {
		grid_free(tall);
		return;
	}
	(void)detail_draw(area_of(tall), &d->shown, starts);
	area_blit(in, tall, top);
	grid_free(tall);
	if (most > 0)
		area_right(area_sub(box, box.rows - 1, 0, 1, box.cols - 2), 0, ROLE_BORDER,
			   top < most ? _(" more below ") : _(" the end "));
}

static void detail_free(struct screen *s)
{
	detail_end((struct detail_screen *)s);
	free(s);
}

#define DETAIL_SCREEN_OPS \
	.mode = MODE_DETAIL, .has = has, .words = words, .act = act, .event = event, .draw = draw, .free = detail_free

static const struct screen_ops device_ops = {
	.name = "device",
	.help = N_("Here stands all that is known of one device: what it says itself while it is here, and what the inventory "
		   "remembers.\n\n"
		   "The bars show what is left, a full bar being all of it: how much memory is free, and how many wrong entries of the "
		   "user PIN and the SO-PIN may still be made. A right entry fills the bar again; once that of the SO-PIN is empty, "
		   "nobody can fill it any more.\n\n"
		   "The device certificate is what the maker gave the device: it shows that this is a genuine one, and not something "
		   "that only looks like it.\n\n"
		   "A value that has to leave this computer, such as a check value, can be shown as a QR code and photographed."),
	DETAIL_SCREEN_OPS,
};

static const struct screen_ops object_ops = {
	.name = "object",
	.help = N_("Here stands all that is known of one key, certificate or data object.\n\n"
		   "A fingerprint is a short value that stands for the whole key: two people who read the same one aloud have the same "
		   "key before them. Programs show it in different forms, of which the usual ones stand here.\n\n"
		   "A certificate says whose key it is, and is signed by somebody. That one's certificate follows it, as far as this "
		   "device has it, until one is reached that signed itself.\n\n"
		   "A backup is proven when it was opened with all shares, or restored on a device, and the key that came out was "
		   "compared with this one."),
	DETAIL_SCREEN_OPS,
};

static const struct screen_ops dkek_ops = {
	.name = "dkek",
	.help = N_("Here stands one DKEK, and the shares that make it: who holds each of them, where, in which form, and when somebody "
		   "last showed that it can be opened.\n\n"
		   "Below stands whether all of its shares are still known to be kept, and can be opened. Only all of them together make "
		   "the DKEK, on a device that is set up to take its keys.\n\n"
		   "Its check value can be shown as a QR code and photographed."),
	DETAIL_SCREEN_OPS,
};

static struct detail_screen *detail_new(struct ui *ui, const struct screen_ops *ops, enum about about)
{
	struct detail_screen *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->s = (struct screen){ ops, ui };
	d->about = about;
	return d;
}

static struct screen *begun(struct detail_screen *d)
{
	if (d == NULL)
		return NULL;
	detail_load(d);
	return &d->s;
}

struct screen *device_screen_new(struct ui *ui, const struct fleet_device *device)
{
	struct detail_screen *d = detail_new(ui, &device_ops, ABOUT_DEVICE);

	if (d != NULL)
		d->device = *device;
	return begun(d);
}

struct screen *object_screen_new(struct ui *ui, const struct fleet_device *device, const struct fleet_object *o)
{
	struct detail_screen *d = detail_new(ui, &object_ops, ABOUT_OBJECT);

	if (d != NULL) {
		d->device = *device;
		d->object = *o;
	}
	return begun(d);
}

struct screen *dkek_screen_new(struct ui *ui, const char *kcv)
{
	struct detail_screen *d = detail_new(ui, &dkek_ops, ABOUT_DKEK);

	if (d != NULL)
		(void)snprintf(d->dkek, sizeof(d->dkek), "%s", kcv);
	return begun(d);
}
