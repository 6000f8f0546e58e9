/* Sentences to be read: help. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/lists.h"
#include "tui/console/screens.h"

struct text_screen {
	struct screen s;
	char title[160];
	struct prose prose;
	int top;
	bool is_help;
};

static const struct text_screen *peek(const struct screen *s)
{
	return (const struct text_screen *)s;
}

/* What one line of reading may be wide. */
static int text_cols(int cols)
{
	return cols - 6 < 100 ? cols - 6 : 100;
}

static int height(const struct text_screen *t, int cols)
{
	struct area nowhere = { .g = NULL, .rows = 0, .cols = text_cols(cols) };

	return ui_prose(nowhere, 0, &t->prose);
}

static void act(struct screen *s, const struct binding *b)
{
	struct text_screen *t = (struct text_screen *)s;

	if (b->in == IN_BACK)
		ui_pop(s->ui);
	else
		t->top = list_scroll(t->top, height(t, s->ui->cols), b->in, s->ui->rows - 5);
}

static unsigned has(const struct screen *s)
{
	return NEED_ROWS | NEED_BACK | (peek(s)->is_help ? 0u : NEED_ABOUT);
}

static void draw(const struct screen *s, struct area a)
{
	const struct text_screen *t = peek(s);
	struct area box, in;
	int rows = height(t, a.cols), most, top;
	char where[120] = "";
	struct grid *tall;

	box = ui_head(s, a, "Keyroom", "", "");
	in = area_box(box, ROLE_TITLE, t->title);
	in = area_sub(in, 0, 2, in.rows, text_cols(a.cols));
	most = rows > in.rows ? rows - in.rows : 0;
	top = t->top < most ? t->top : most;
	tall = grid_new(rows > 0 ? rows : 1, in.cols > 0 ? in.cols : 1);
	if (tall == NULL)
		return;
	(void)ui_prose(area_of(tall), 0, &t->prose);
	area_blit(in, tall, top);
	grid_free(tall);
	if (top < most)
		(void)snprintf(where, sizeof(where), "%s", _(" more below: PgDn "));
	else if (top > 0)
		(void)snprintf(where, sizeof(where), "%s", _(" more above: PgUp "));
	area_right(area_sub(box, box.rows - 1, 0, 1, box.cols - 2), 0, ROLE_BORDER, where);
}

static void text_free(struct screen *s)
{
	struct text_screen *t = (struct text_screen *)s;

	prose_done(&t->prose);
	free(t);
}

static const struct screen_ops ops = {
	.name = "text",
	.help = N_("What is known of one thing, in sentences. Esc goes back to where it was opened."),
	.mode = MODE_TEXT,
	.has = has,
	.act = act,
	.draw = draw,
	.free = text_free,
};

static struct text_screen *text_new(struct ui *ui, const char *title)
{
	struct text_screen *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->s = (struct screen){ &ops, ui };
	(void)snprintf(t->title, sizeof(t->title), "%.*s", (int)sizeof(t->title) - 1, title);
	return t;
}

struct screen *text_screen_new(struct ui *ui, const char *title, struct prose *p)
{
	struct text_screen *t = text_new(ui, title);

	if (t == NULL) {
		prose_done(p);
		return NULL;
	}
	t->prose = *p;
	*p = (struct prose){ 0 };
	return &t->s;
}

/* Paragraphs stand apart by an empty line. */
static void add_paragraphs(struct prose *p, const char *text)
{
	while (text != NULL && *text != '\0') {
		const char *end = strstr(text, "\n\n");
		int n = end != NULL ? (int)(end - text) : (int)strlen(text);

		prose_add(p, PROSE_PLAIN, "%.*s", n, text);
		text = end != NULL ? end + 2 : NULL;
	}
}

static bool same_meaning(const struct binding *a, const struct binding *b, enum mode mode)
{
	return a->in == b->in && a->procedure == b->procedure && (b->modes & (unsigned)mode);
}

/* What only some screens of a mode have: where this one has it not now, its keys are left out. */
#define SOME_HAVE (NEED_WRAPPED | NEED_JOURNAL | NEED_SORT | NEED_MARKS | NEED_SIDEWAYS | NEED_AGAIN)

/* One line for each thing that keys do, with all keys that do it. */
static void add_keys(struct prose *p, enum mode mode, unsigned has)
{
	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		char names[200] = "";
		bool said = !(b->modes & (unsigned)mode) || (b->needs & SOME_HAVE & ~has) != 0;

		for (const struct binding *o = bindings; o != b && !said; o++)
			said = same_meaning(b, o, mode);
		if (said)
			continue;
		for (const struct binding *o = b; o->in != IN_NONE; o++) {
			size_t n = strlen(names);

			if (same_meaning(b, o, mode))
				(void)snprintf(names + n, sizeof(names) - n, "%s%s", n > 0 ? ", " : "",
					       translated(o->name));
		}
		prose_add(p, PROSE_ITEM, "%s: %s", names, translated(b->help));
		for (const struct screen_row *r = screens; b->in == IN_SCREEN && r->key != 0; r++)
			prose_add(p, PROSE_ITEM, "%c: %s. %s", (char)r->key, translated(r->title), translated(r->help));
	}
}

/* For whoever has not met them before. */
static void add_glossary(struct prose *p)
{
	prose_add(p, PROSE_PLAIN, "The words that are used:");
	prose_add(p, PROSE_ITEM, "DKEK (device key encryption key): the key under which a device encrypts its own keys, so that they "
		  "can be kept as backups. Devices with the same DKEK can take each other's backups.");
	prose_add(p, PROSE_ITEM, "DKEK share: a part of the DKEK, in a file with a password, which a custodian keeps. All shares "
		  "together make the DKEK.");
	prose_add(p, PROSE_ITEM, "Check value: shows which DKEK or which share it is, and gives nothing away. It is read aloud and "
		  "compared.");
	prose_add(p, PROSE_ITEM, "Wrapped key: a key that is encrypted under the DKEK. A backup is one. Without all shares it is "
		  "of no use to anybody.");
	prose_add(p, PROSE_ITEM, "Matched, proven: a backup is matched when it is under the right DKEK, and proven when it was opened "
		  "or restored and the key in it is the right one.");
	prose_add(p, PROSE_ITEM, "User PIN: is typed to use the keys of a device.");
	prose_add(p, PROSE_ITEM, "SO-PIN: the security officer's PIN, which unblocks the user PIN and is needed to initialise the "
		  "device again.");
	prose_add(p, PROSE_ITEM, "CKA_ID: the number by which programs find a key, and the certificate that belongs to it.");
	prose_add(p, PROSE_ITEM, "Key reference: the number of the place that a key has on its device.");
}

struct screen *help_screen_new(struct ui *ui, const struct screen *about)
{
	struct text_screen *t = text_new(ui, _("Help"));

	if (t == NULL)
		return NULL;
	t->is_help = true;
	if (about->ops->help_text != NULL)
		about->ops->help_text(about, &t->prose);
	add_paragraphs(&t->prose, translated(about->ops->help));
	add_glossary(&t->prose);
	prose_add(&t->prose, PROSE_PLAIN, "These keys work here, each while there is something for it to do:");
	add_keys(&t->prose, about->ops->mode, about->ops->has != NULL ? about->ops->has(about) : 0);
	return &t->s;
}
