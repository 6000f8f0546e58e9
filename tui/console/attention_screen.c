/* All that needs doing, most urgent first: whole sentences, and the procedure that mends each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/keys.h"
#include "tui/console/lists.h"
#include "tui/console/stock.h"
#include "tui/console/ui.h"

struct attention_screen {
	struct screen s;
	size_t at;
	/* What the cursor stands on, so that it stays there. */
	unsigned rank;
	char serial[24];
	int64_t run;
};

static const struct attention_screen *peek(const struct screen *s)
{
	return (const struct attention_screen *)s;
}

static const struct fleet_attention *all(const struct screen *s, size_t *ret_n)
{
	return fleet_attention(s->ui->fleet, ret_n);
}

static const struct fleet_attention *now(const struct screen *s)
{
	size_t n;
	const struct fleet_attention *a = all(s, &n);

	return peek(s)->at < n ? &a[peek(s)->at] : NULL;
}

static struct screen *text_of(struct ui *ui, const struct fleet_attention *a)
{
	const struct fleet_device *d = a->serial[0] != '\0' ? fleet_by_serial(ui->fleet, a->serial) : NULL;
	struct prose p = { 0 };

	fleet_attention_text(ui->fleet, a, &p);
	return text_screen_new(ui, d != NULL ? device_name(d) : _("What needs doing"), &p);
}

void ui_attend(struct ui *ui, const struct fleet_attention *a)
{
	const struct procedure *p = a->procedure != NULL ? procedure_called(a->procedure) : NULL;
	struct fleet_given values = { 0 };
	struct given *given;

	if (a->run != 0 && p != NULL) {
		ui_push(ui, wizard_screen_resume(ui, a->run));
		return;
	}
	if (p == NULL) {
		ui_push(ui, text_of(ui, a));
		return;
	}
	fleet_attention_given(ui->fleet, a, &values);
	given = calloc(values.n + 1, sizeof(*given));
	for (size_t i = 0; i < values.n && given != NULL; i++)
		given[i] = (struct given){ values.question, (unsigned)i, values.value[i] };
	ui_push(ui, wizard_screen_new(ui, p, a->on[0] != '\0' ? a->on : a->serial, given));
	free(given);
	fleet_given_done(&values);
}

void attention_words(const struct ui *ui, const struct fleet_attention *a, const char *but, char *out, size_t cap)
{
	const struct fleet_device *d = a->serial[0] != '\0' ? fleet_by_serial(ui->fleet, a->serial) : NULL;
	const bool named = a->serial[0] != '\0' && strcmp(a->serial, but) != 0;
	char seen[20] = "";

	if (a->away && d != NULL)
		(void)date_words(seen, d->last_seen);
	if (seen[0] != '\0' && named)
		(void)snprintf(out, cap, _("%s, last seen %s: %s"), device_name(d), seen, a->words);
	else if (seen[0] != '\0')
		(void)snprintf(out, cap, _("Last seen %s: %s"), seen, a->words);
	else if (named)
		(void)snprintf(out, cap, _("%s: %s"), d != NULL ? device_name(d) : a->serial, a->words);
	else
		(void)snprintf(out, cap, "%s", a->words);
}

static void remember(struct attention_screen *k)
{
	const struct fleet_attention *a = now(&k->s);

	if (a == NULL)
		return;
	k->rank = a->rank;
	k->run = a->run;
	(void)snprintf(k->serial, sizeof(k->serial), "%s", a->serial);
}

static void find_again(struct attention_screen *k)
{
	size_t n;
	const struct fleet_attention *a = all(&k->s, &n);

	if (k->at >= n)
		k->at = n > 0 ? n - 1 : 0;
	for (size_t i = 0; i < n; i++) {
		if (a[i].rank == k->rank && a[i].run == k->run && strcmp(a[i].serial, k->serial) == 0)
			k->at = i;
	}
	remember(k);
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	(void)e;
	if (changes != 0)
		find_again((struct attention_screen *)s);
}

static unsigned has(const struct screen *s)
{
	return NEED_ROWS | NEED_BACK | (now(s) != NULL ? NEED_OPEN : 0u);
}

static const char *words(const struct screen *s, enum intent in)
{
	const struct fleet_attention *a = now(s);

	if (in != IN_OPEN || a == NULL)
		return NULL;
	return a->procedure != NULL ? N_("Begin") : N_("What helps");
}

static void open_it(struct screen *s)
{
	const struct fleet_attention *a = now(s);

	if (a != NULL)
		ui_attend(s->ui, a);
}

static void act(struct screen *s, const struct binding *b)
{
	struct attention_screen *k = (struct attention_screen *)s;
	size_t n;

	(void)all(s, &n);
	switch (b->in) {
	case IN_UP: case IN_DOWN: case IN_PAGE_UP: case IN_PAGE_DOWN: case IN_FIRST: case IN_LAST:
		k->at = list_move(k->at, n, b->in, s->ui->rows / 2);
		break;
	case IN_OPEN:
		open_it(s);
		return;
	case IN_BACK:
		ui_pop(s->ui);
		return;
	default:
		return;
	}
	remember(k);
}

static int draw_one(const struct screen *s, struct area a, int row, const struct fleet_attention *one)
{
	char text[ATTENTION_WORDS_MAX];

	attention_words(s->ui, one, "", text, sizeof(text));
	area_text(a, row, 2, one->urgency == FLEET_NOTE ? ROLE_PLAIN : ROLE_WARNING, one->urgency == FLEET_NOTE ? "\xc2\xb7" : "!");
	return area_wrap(area_sub(a, 0, 4, a.rows, a.cols - 5), row, ROLE_PLAIN, text);
}

/* The first one shown so that the whole of the cursor's is in sight. */
static size_t top_of(const struct screen *s, struct area in, const struct fleet_attention *a)
{
	struct area nowhere = { .g = NULL, .rows = 0, .cols = in.cols };
	size_t top = peek(s)->at;
	int rows = 0;

	for (size_t i = peek(s)->at + 1; i-- > 0;) {
		rows = draw_one(s, nowhere, rows, &a[i]);
		if (rows > in.rows)
			break;
		top = i;
	}
	return top;
}

static void draw_foot(const struct screen *s, struct area foot)
{
	const struct fleet_attention *a = now(s);
	const struct procedure *p = a != NULL && a->procedure != NULL ? procedure_called(a->procedure) : NULL;

	if (p != NULL)
		area_fit(foot, 0, 1, foot.cols - 2, ROLE_TITLE, translated(p->title));
	else if (a != NULL)
		area_fit(foot, 0, 1, foot.cols - 2, ROLE_PLAIN, _("Nothing that is here mends it: Enter says what does."));
}

static void draw(const struct screen *s, struct area a)
{
	size_t n;
	const struct fleet_attention *list = all(s, &n);
	struct area body = ui_head(s, a, _("Keyroom"), "", "");
	struct area in = area_box(area_sub(body, 0, 0, body.rows - 1, body.cols), ROLE_TITLE, _("What needs doing"));
	int row = 0;

	if (n == 0)
		area_text(in, 0, 1, ROLE_PLAIN, _("Nothing needs doing."));
	for (size_t i = n > 0 ? top_of(s, in, list) : 0; i < n && row < in.rows; i++) {
		int end = draw_one(s, in, row, &list[i]);

		if (i == peek(s)->at)
			area_text(in, row, 0, ROLE_PLAIN, "\xe2\x96\xb8");
		for (; row < end; row++) {
			if (i == peek(s)->at)
				area_role(in, row, 0, in.cols, ROLE_CURSOR);
			area_zone(in, row, 0, in.cols, ZONE_ROW, 0, i);
		}
	}
	draw_foot(s, area_sub(body, body.rows - 1, 0, 1, body.cols));
}

static bool mouse(struct screen *s, uint32_t key, struct zone z)
{
	struct attention_screen *k = (struct attention_screen *)s;
	size_t n;
	bool there;

	(void)all(s, &n);
	if (key != K_CLICK || z.kind != ZONE_ROW || z.n >= n)
		return false;
	there = k->at == z.n;
	k->at = z.n;
	remember(k);
	if (there)
		open_it(s);
	return there;
}

static void attention_free(struct screen *s)
{
	free(s);
}

static const struct screen_ops ops = {
	.name = "attention",
	.help = N_("Here stands all that needs doing, the most urgent first. Nothing of it happens by itself.\n\n"
		   "Enter begins the procedure that mends what the cursor stands on, with the device and the key that are meant. Where "
		   "nothing that is here can, it says what would: which device to insert, for example.\n\n"
		   "What is said of a device that is away is as it was when last seen. It stands below the same of a device that is here; "
		   "where many devices are away, one line says it of all of them.\n\n"
		   "A backup is proven when the key in it was opened with all shares, or restored onto another device and compared. A key "
		   "whose backups were never proven may turn out to be lost when it is needed."),
	.mode = MODE_LIST,
	.has = has,
	.words = words,
	.act = act,
	.mouse = mouse,
	.event = event,
	.draw = draw,
	.free = attention_free,
};

struct screen *attention_screen_new(struct ui *ui)
{
	struct attention_screen *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->s = (struct screen){ &ops, ui };
	remember(k);
	return &k->s;
}
