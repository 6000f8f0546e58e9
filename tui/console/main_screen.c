/* The main screen: devices on the left, the one under the cursor and its objects on the right, what needs doing below. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/keys.h"
#include "tui/console/main_screen.h"

static struct main_screen *self(struct screen *s)
{
	return (struct main_screen *)s;
}

const struct fleet_device *main_device(const struct main_screen *m)
{
	const struct rows *r = &m->rows[PANE_DEVICES];

	return m->cursor[PANE_DEVICES] < r->n ? fleet_device(m->s.ui->fleet, r->row[m->cursor[PANE_DEVICES]].i) : NULL;
}

const struct fleet_object *main_objects(const struct main_screen *m, size_t *ret_n)
{
	const struct fleet_device *d = main_device(m);

	*ret_n = 0;
	return d != NULL ? fleet_objects(m->s.ui->fleet, d, ret_n) : NULL;
}

const struct fleet_object *main_object(const struct main_screen *m)
{
	const struct rows *r = &m->rows[PANE_OBJECTS];
	size_t n;
	const struct fleet_object *o = main_objects(m, &n);
	size_t at = m->cursor[PANE_OBJECTS];

	return at < r->n && r->row[at].i < n ? &o[r->row[at].i] : NULL;
}

static bool same_device(const struct main_screen *m, const struct fleet_device *d)
{
	if (d->serial[0] != '\0' && m->serial[0] != '\0')
		return strcmp(d->serial, m->serial) == 0;
	return d->reader[0] != '\0' && strcmp(d->reader, m->reader) == 0;
}

static void remember(struct main_screen *m)
{
	const struct fleet_device *d = main_device(m);
	const struct fleet_object *o;

	if (d != NULL) {
		(void)snprintf(m->serial, sizeof(m->serial), "%s", d->serial);
		(void)snprintf(m->reader, sizeof(m->reader), "%s", d->reader);
	}
	o = main_object(m);
	m->fid = o != NULL ? o->fid : 0;
	m->type = o != NULL ? o->type : FLEET_KEY;
}

static void sync_devices(struct main_screen *m)
{
	struct fleet *fl = m->s.ui->fleet;
	struct rows *r = &m->rows[PANE_DEVICES];
	bool first = m->here == 0 && fleet_count_here(fl) > 0;

	m->here = fleet_count_here(fl);
	(void)rows_of_devices(r, fl, m->filter[PANE_DEVICES].text, m->order[PANE_DEVICES]);
	if (m->cursor[PANE_DEVICES] >= r->n)
		m->cursor[PANE_DEVICES] = r->n > 0 ? r->n - 1 : 0;
	for (size_t i = r->n; i-- > 0;) {
		const struct fleet_device *d = fleet_device(fl, r->row[i].i);

		if (first ? d->state != FLEET_ABSENT : same_device(m, d))
			m->cursor[PANE_DEVICES] = i;
	}
}

/* After anything that may have changed the rows: the cursors stay on what they stood on, where it is still there. */
static void sync_rows(struct main_screen *m)
{
	struct rows *r = &m->rows[PANE_OBJECTS];
	const struct fleet_object *o;
	size_t n;

	sync_devices(m);
	o = main_objects(m, &n);
	(void)rows_of_objects(r, o, n, m->filter[PANE_OBJECTS].text, m->order[PANE_OBJECTS]);
	main_sync_marks(m, o, n);
	if (m->cursor[PANE_OBJECTS] >= r->n)
		m->cursor[PANE_OBJECTS] = r->n > 0 ? r->n - 1 : 0;
	for (size_t i = 0; i < r->n && m->fid != 0; i++) {
		if (o[r->row[i].i].fid == m->fid && o[r->row[i].i].type == m->type)
			m->cursor[PANE_OBJECTS] = i;
	}
	remember(m);
}

const struct fleet_attention *main_attention(const struct main_screen *m, size_t *ret_n)
{
	size_t n;
	const struct fleet_attention *a = fleet_attention(m->s.ui->fleet, &n);

	if (ret_n != NULL)
		*ret_n = n;
	return n > 0 ? &a[0] : NULL;
}

static unsigned has(const struct screen *s)
{
	const struct main_screen *m = main_peek(s);
	const struct fleet_device *d = main_device(m);
	unsigned has = NEED_ROWS | NEED_FILTER | NEED_PANES | (s->ui->source != NULL ? NEED_REHEARSAL : 0u);
	const struct fleet_attention *a;

	if (m->pane == PANE_OBJECTS || m->filter[m->pane].n > 0 || m->filtering)
		has |= NEED_BACK;
	if (d != NULL) {
		has |= NEED_DEVICE | (m->pane == PANE_DEVICES && d->serial[0] != '\0' ? NEED_OPEN : 0u);
		has |= d->state == FLEET_HERE ? NEED_CARD : 0u;
		has |= d->keys > 0 ? NEED_KEY : 0u;
		has |= d->state != FLEET_READING && d->serial[0] != '\0' ? NEED_READER : 0u;   /* else it would be forgotten */
	}
	if (m->filtering || (m->pane == PANE_OBJECTS && m->rows[PANE_OBJECTS].n > 0))
		has |= NEED_OPEN;
	if (m->rows[m->pane].n > 1)
		has |= NEED_SORT;
	if (m->rows[PANE_OBJECTS].n > 0)
		has |= NEED_OBJECT;
	if (m->pane == PANE_OBJECTS && m->rows[PANE_OBJECTS].n > 0)
		has |= NEED_MARKS;
	a = main_attention(m, NULL);
	if (a != NULL)
		has |= NEED_ATTENTION;
	return has;
}

static const char *words(const struct screen *s, enum intent in)
{
	const struct main_screen *m = main_peek(s);

	if (in == IN_OPEN && m->filtering)
		return N_("Keep the filter");
	if (in == IN_BACK && (m->filtering || m->filter[m->pane].n > 0))
		return N_("Show all");
	if (in == IN_PLUG && main_device(m) != NULL)
		return main_device(m)->state == FLEET_ABSENT ? N_("Plug in") : N_("Pull out");
	return NULL;
}

static void move(struct main_screen *m, enum intent in)
{
	m->cursor[m->pane] = list_move(m->cursor[m->pane], m->rows[m->pane].n, in, m->s.ui->rows / 2);
	if (m->pane == PANE_DEVICES)
		m->cursor[PANE_OBJECTS] = 0;
	remember(m);
}

static void begin(struct main_screen *m, const struct binding *b)
{
	const struct fleet_object *o = m->pane == PANE_OBJECTS ? main_object(m) : NULL;
	const struct procedure *p = binding_procedure(b);
	struct given *marked = NULL;
	struct given_values given;

	if (p == NULL)
		return;
	if (m->n_marks > 0)
		marked = main_given(m, p);
	else
		given_of_object(m->s.ui, m->serial, o, p, &given);
	ui_push(m->s.ui, wizard_screen_new(m->s.ui, p, m->serial, m->n_marks > 0 ? marked : given.g));
	free(marked);
}

static void more(struct main_screen *m)
{
	const struct fleet_object *o = m->pane == PANE_OBJECTS ? main_object(m) : NULL;
	const struct fleet_device *d = main_device(m);
	bool here = d != NULL && d->state == FLEET_HERE;

	ui_push(m->s.ui, menu_screen_new(m->s.ui, here ? m->serial : "", here ? o : NULL));
}

static void attend(struct main_screen *m)
{
	const struct fleet_attention *a = main_attention(m, NULL);

	if (a != NULL)
		ui_attend(m->s.ui, a);
}

/* The reader of a simulated device: also of one that was pulled out, whose reader is empty but keeps its name. */
static bool find_reader(const struct main_screen *m, const struct fleet_device *d, char out[static READER_NAME_MAX])
{
	struct reader *r = NULL;
	size_t n = 0;
	struct fault f = { 0 };
	bool found = false;

	(void)snprintf(out, READER_NAME_MAX, "%s", d->reader);
	if (out[0] != '\0')
		return true;
	if (d->serial[0] == '\0' || jobs_readers(m->s.ui->env->jobs, &r, &n, &f) != ST_OK)
		return false;
	for (size_t i = 0; i < n && !found; i++) {
		found = strstr(r[i].name, d->serial) != NULL;
		(void)snprintf(out, READER_NAME_MAX, "%s", r[i].name);
	}
	free(r);
	return found;
}

static void plug(struct main_screen *m)
{
	const struct fleet_device *d = main_device(m);
	char reader[READER_NAME_MAX];
	struct fault f = { 0 };

	if (d == NULL)
		return;
	if (!find_reader(m, d, reader))
		ui_say(m->s.ui, "This device is not one of the rehearsal's, so it cannot be plugged in here.");
	else if (m->s.ui->source->ops->plug(m->s.ui->source, reader, d->state == FLEET_ABSENT, &f) != ST_OK)
		ui_say_fault(m->s.ui, &f);
}

static void add_card(struct main_screen *m)
{
	struct fault f = { 0 };

	if (m->s.ui->source->ops->add(m->s.ui->source, &f) != ST_OK)
		ui_say_fault(m->s.ui, &f);
}

static void open_it(struct main_screen *m)
{
	if (m->filtering) {
		m->filtering = false;
	} else if (m->pane == PANE_DEVICES) {
		const struct fleet_device *d = main_device(m);

		if (d != NULL && d->serial[0] != '\0')
			ui_push(m->s.ui, device_screen_new(m->s.ui, d));
	} else {
		const struct fleet_object *o = main_object(m);
		const struct fleet_device *d = main_device(m);

		if (o != NULL && d != NULL)
			ui_push(m->s.ui, object_screen_new(m->s.ui, d, o));
	}
}

static void go_back(struct main_screen *m)
{
	if (m->filtering || m->filter[m->pane].n > 0) {
		m->filtering = false;
		edit_set(&m->filter[m->pane], "");
		sync_rows(m);
	} else {
		m->pane = PANE_DEVICES;
	}
}

static void act(struct screen *s, const struct binding *b)
{
	struct main_screen *m = self(s);

	switch (b->in) {
	case IN_UP: case IN_DOWN: case IN_PAGE_UP: case IN_PAGE_DOWN: case IN_FIRST: case IN_LAST:
		move(m, b->in);
		break;
	case IN_OPEN:
		open_it(m);
		break;
	case IN_BACK:
		go_back(m);
		break;
	case IN_NEXT: case IN_PREVIOUS:
		m->pane = 1 - m->pane;
		break;
	case IN_LEFT: case IN_RIGHT:
		m->pane = b->in == IN_RIGHT;
		break;
	case IN_FILTER:
		m->filtering = true;
		break;
	case IN_SORT:
		m->order[m->pane] = (m->order[m->pane] + 1) % (m->pane == PANE_DEVICES ? DEVICE_ORDERS : OBJECT_ORDERS);
		break;
	case IN_MARK: case IN_MARK_ALL:
		main_mark(m, b->in == IN_MARK_ALL);
		break;
	case IN_PROCEDURE:
		begin(m, b);
		break;
	case IN_MORE:
		more(m);
		break;
	case IN_ATTEND:
		attend(m);
		break;
	case IN_ATTEND_ALL:
		ui_push(s->ui, attention_screen_new(s->ui));
		break;
	case IN_PLUG:
		plug(m);
		break;
	case IN_ADD_CARD:
		add_card(m);
		break;
	case IN_REDRAW:
		fleet_reload(s->ui->fleet);
		fleet_rescan(s->ui->fleet, NULL);
		break;
	default:
		break;
	}
	sync_rows(m);
}

static bool typing(const struct screen *s)
{
	return main_peek(s)->filtering;
}

static bool type(struct screen *s, uint32_t key)
{
	struct main_screen *m = self(s);

	if (!edit_key(&m->filter[m->pane], key))
		return false;
	sync_rows(m);
	return true;
}

static bool mouse(struct screen *s, uint32_t key, struct zone z)
{
	struct main_screen *m = self(s);
	bool there;

	if (z.kind == ZONE_ROW && z.list < PANES && z.n < m->rows[z.list].n) {
		there = m->pane == z.list && m->cursor[z.list] == z.n;
		m->pane = z.list;
	} else if (key == K_CLICK) {
		return false;
	}
	if (key != K_CLICK) {
		for (int i = 0; i < 3; i++)
			move(m, key == K_WHEEL_UP ? IN_UP : IN_DOWN);
	} else if (there) {
		open_it(m);
	} else {
		m->cursor[z.list] = z.n;
		if (z.list == PANE_DEVICES)
			m->cursor[PANE_OBJECTS] = 0;
		remember(m);
	}
	sync_rows(m);
	return key == K_CLICK && there;
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	(void)e;
	if (changes != 0)
		sync_rows(self(s));
}

static void main_screen_free(struct screen *s)
{
	struct main_screen *m = self(s);

	for (int i = 0; i < PANES; i++)
		rows_done(&m->rows[i]);
	free(m);
}

static const struct screen_ops ops = {
	.name = "main",
	.help = N_("On the left stand your devices: those that are plugged in now, and below them those that were here before, with "
		"what was last known about them. On the right stands the device under the cursor, and what is on it.\n\n"
		"A device (SmartCard-HSM, Nitrokey HSM) makes keys and never lets them out in clear. A backup is a key that the "
		"device has wrapped, that is encrypted, under its DKEK, the Device Key Encryption Key. Whoever holds all the "
		"shares of that DKEK can give the same DKEK to another device, and restore the backup there.\n\n"
		"The user PIN is what you type to use a device's keys. The SO-PIN is needed to initialise the device again and "
		"to unblock the user PIN. The number beside each says how many wrong entries are left. A right entry sets it "
		"back to the full number; but once none is left for the SO-PIN, nothing ever brings one back.\n\n"
		"The DKEK's check value is a short fingerprint. Two devices with the same check value can take each other's "
		"backups.\n\n"
		"An exclamation mark stands beside what needs care, most often a key without a backup. The line under the lists "
		"names the most urgent thing to do.\n\n"
		"Several objects of a device can be marked, keys, certificates and data together, and then deleted in one procedure, "
		"or the keys among them backed up."),
	.mode = MODE_MAIN,
	.has = has,
	.words = words,
	.act = act,
	.typing = typing,
	.type = type,
	.mouse = mouse,
	.event = event,
	.draw = main_draw,
	.free = main_screen_free,
};

struct screen *main_screen_new(struct ui *ui)
{
	struct main_screen *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->s = (struct screen){ &ops, ui };
	for (int i = 0; i < PANES; i++)
		edit_init(&m->filter[i], FILTER_MAX);
	sync_rows(m);
	return &m->s;
}
