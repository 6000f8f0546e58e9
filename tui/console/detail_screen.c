/*
 * What is known of one device, or of one object. A worker reads it from the inventory when the screen opens and whenever the
 * fleet has changed; until the first answer the screen says so, afterwards it shows the last one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/detail_screen.h"
#include "tui/console/lists.h"

/* What a job is given, and gives back. */
struct load {
	struct fleet_device device;
	struct fleet_object object;
	bool is_object;
	int64_t now;
	struct detail detail;
};

struct detail_screen {
	struct screen s;
	struct fleet_device device;   /* as the fleet last had them */
	struct fleet_object object;
	bool is_object;
	bool gone;                    /* the fleet does not have it any more */
	struct detail shown;
	bool loaded;
	struct load *load;            /* of the job under way */
	unsigned job;                 /* 0: none */
	bool again;                   /* the fleet has changed since that job began */
	int top;
};

static const struct detail_screen *peek(const struct screen *s)
{
	return (const struct detail_screen *)s;
}

static void load_free(struct load *l)
{
	if (l == NULL)
		return;
	detail_done(&l->detail);
	free(l);
}

static enum status load_job(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct load *l = ctx;

	(void)job;
	(void)card;
	(void)f;
	if (l->is_object)
		detail_of_object(local, &l->device, &l->object, l->now, &l->detail);
	else
		detail_of_device(local, &l->device, l->now, &l->detail);
	return ST_OK;
}

static void begin_load(struct detail_screen *d)
{
	struct load *l;

	if (d->job != 0) {
		d->again = true;
		return;
	}
	d->again = false;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return;
	l->device = d->device;
	l->object = d->object;
	l->is_object = d->is_object;
	l->now = d->s.ui->wall;
	d->job = jobs_submit(d->s.ui->env->jobs, NULL, load_job, l);
	if (d->job == 0)
		load_free(l);
	else
		d->load = l;
}

/* Where no thread could open the inventory the job did not run: then the fleet's knowledge is all there is. */
static void take(struct detail_screen *d, enum status st)
{
	if (st != ST_OK)
		(void)load_job(NULL, NULL, NULL, d->load, NULL);
	detail_done(&d->shown);
	d->shown = d->load->detail;
	d->load->detail = (struct detail){ 0 };
	load_free(d->load);
	d->load = NULL;
	d->job = 0;
	d->loaded = true;
	if (d->again)
		begin_load(d);
}

/* What the fleet has of it now. False: nothing. */
static bool look(struct detail_screen *d)
{
	struct fleet *fl = d->s.ui->fleet;
	const struct fleet_device *now = fleet_by_serial(fl, d->device.serial);
	const struct fleet_object *o;
	size_t n = 0;

	if (now == NULL)
		return false;
	d->device = *now;
	if (!d->is_object)
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

	if (e->type == JOBS_DONE && d->job != 0 && e->job == d->job)
		take(d, e->st);
	if (changes == 0)
		return;
	d->gone = !look(d);
	if (!d->gone)
		begin_load(d);
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
	int starts[DETAIL_SECTIONS], page = d->s.ui->rows - 5, last = height(d, starts) - page;

	switch (in) {
	case IN_UP:
		d->top--;
		break;
	case IN_DOWN:
		d->top++;
		break;
	case IN_PAGE_UP:
		d->top -= page;
		break;
	case IN_PAGE_DOWN:
		d->top += page;
		break;
	case IN_FIRST:
		d->top = 0;
		break;
	case IN_LAST:
		d->top = last;
		break;
	default:
		next_section(d, in == IN_NEXT ? 1 : -1);
		break;
	}
	if (d->top > last)
		d->top = last;
	if (d->top < 0)
		d->top = 0;
}

/* --- what can be done from here --- */

static unsigned has(const struct screen *s)
{
	static const unsigned of_type[] = {
		[FLEET_KEY] = NEED_KEY, [FLEET_CERTIFICATE] = NEED_CERTIFICATE, [FLEET_DATA] = NEED_DATA,
	};
	const struct detail_screen *d = peek(s);
	unsigned has = NEED_ROWS | NEED_BACK | NEED_PANES | (d->shown.n_carry > 0 ? NEED_QR : 0u);

	if (d->gone)
		return has;
	has |= d->device.state == FLEET_HERE ? NEED_CARD : 0u;
	if (!d->is_object)
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
	const bool restore = d->is_object && strcmp(b->procedure, "restore") == 0;
	const struct procedure *p = binding_procedure(b);
	struct given given[GIVEN_OF_OBJECT] = { { NULL, 0, NULL } };
	char backup[24];

	(void)snprintf(backup, sizeof(backup), "%lld", (long long)d->shown.backup);
	if (restore)
		given[0] = (struct given){ "backup", 0, backup };
	else if (d->is_object)
		given_of_object(&d->object, given);
	if (p != NULL)   /* a key comes back onto another device than the one that has it */
		ui_push(d->s.ui, wizard_screen_new(d->s.ui, p, restore ? "" : d->device.serial, given));
}

static void act(struct screen *s, const struct binding *b)
{
	struct detail_screen *d = (struct detail_screen *)s;
	bool is_key = d->is_object && d->object.type == FLEET_KEY, here = d->device.state == FLEET_HERE;

	switch (b->in) {
	case IN_BACK:
		ui_pop(s->ui);
		return;
	case IN_PROCEDURE:
		begin(d, b);
		return;
	case IN_MORE:
		ui_push(s->ui, menu_screen_new(s->ui, here ? d->device.serial : "", here && is_key ? d->object.id : ""));
		return;
	case IN_QR:
		ui_push(s->ui, qr_screen_new(s->ui, &d->shown));
		return;
	case IN_REDRAW:
		ui_reload(s->ui);
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
	if (!d->is_object)
		return device_name(&d->device);
	return d->object.label[0] != '\0' ? d->object.label : d->object.subject[0] != '\0' ? d->object.subject : _(d->object.kind);
}

static void draw(const struct screen *s, struct area a)
{
	const struct detail_screen *d = peek(s);
	struct area box = ui_head(s, a, _("Keyroom"), d->is_object ? device_name(&d->device) : "", "");
	struct area in = area_box(box, ROLE_TITLE, title(d));
	int starts[DETAIL_SECTIONS], rows = height(d, starts), most, top;
	struct grid *tall;

	in = area_sub(in, 0, 1, in.rows, detail_cols(a.cols));
	if (d->gone && in.rows > 0) {
		area_fit(in, 0, 0, in.cols, ROLE_WARNING, _("This is not there any more. Below stands what was known of it."));
		in = area_sub(in, 1, 0, in.rows - 1, in.cols);
	}
	if (!d->loaded)
		area_text(in, 0, 0, ROLE_PLAIN, _("Reading the inventory."));
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
	struct detail_screen *d = (struct detail_screen *)s;

	if (d->job != 0)
		jobs_abandon(s->ui->env->jobs, d->job);
	load_free(d->load);
	detail_done(&d->shown);
	free(d);
}

static const struct screen_ops device_ops = {
	.name = "device",
	.help = N_("Here stands all that is known of one device: what it says itself while it is here, and what the inventory "
		   "remembers.\n\n"
		   "The bars show how much memory is free, and how many wrong entries of the user PIN and the SO-PIN are left. A right "
		   "user PIN fills its bar again; nothing ever fills that of the SO-PIN.\n\n"
		   "The device certificate is what the maker gave the device: it shows that this is a genuine one, and not something "
		   "that only looks like it.\n\n"
		   "A value that has to leave this computer, such as a check value, can be shown as a QR code and photographed."),
	.mode = MODE_DETAIL,
	.has = has,
	.words = words,
	.act = act,
	.event = event,
	.draw = draw,
	.free = detail_free,
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
	.mode = MODE_DETAIL,
	.has = has,
	.words = words,
	.act = act,
	.event = event,
	.draw = draw,
	.free = detail_free,
};

static struct screen *detail_new(struct ui *ui, const struct screen_ops *ops, const struct fleet_device *on,
				 const struct fleet_object *o)
{
	struct detail_screen *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->s = (struct screen){ ops, ui };
	d->device = *on;
	d->is_object = o != NULL;
	if (o != NULL)
		d->object = *o;
	begin_load(d);
	return &d->s;
}

struct screen *device_screen_new(struct ui *ui, const struct fleet_device *d)
{
	return detail_new(ui, &device_ops, d, NULL);
}

struct screen *object_screen_new(struct ui *ui, const struct fleet_device *d, const struct fleet_object *o)
{
	return detail_new(ui, &object_ops, d, o);
}
