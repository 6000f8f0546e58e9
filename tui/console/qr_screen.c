/*
 * Values as QR codes, to carry them off the machine without a cable. Dark on light whatever the terminal's background: the light
 * modules are drawn in reverse, or in white where there is colour. Two modules share a cell where the terminal has half blocks;
 * where it has only ASCII each takes two blank cells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/qr.h"
#include "tui/console/ui.h"
#include "tui/wizard/detail.h"

struct value {
	char *name, *text;
	struct qr sturdy, small;   /* the first where it fits */
	struct fault fault;        /* of the small one */
};

struct qr_screen {
	struct screen s;
	struct value *v;
	size_t n, at;
};

static const struct qr_screen *peek(const struct screen *s)
{
	return (const struct qr_screen *)s;
}

/* --- the code --- */

static int whole(const struct qr *q)
{
	return q->side + 2 * QR_QUIET;
}

static int rows_of(const struct qr *q, enum repertoire r)
{
	return r == REPERTOIRE_ASCII ? whole(q) : (whole(q) + 1) / 2;
}

static int cols_of(const struct qr *q, enum repertoire r)
{
	return r == REPERTOIRE_ASCII ? 2 * whole(q) : whole(q);
}

static void draw_ascii(struct area a, const struct qr *q)
{
	for (int row = 0; row < whole(q); row++) {
		for (int col = 0; col < whole(q); col++) {
			bool dark = qr_is_dark(q, row - QR_QUIET, col - QR_QUIET);

			area_fill(a, row, 2 * col, 2, dark ? ROLE_INK : ROLE_PAPER, ' ');
		}
	}
}

static void draw_blocks(struct area a, const struct qr *q)
{
	static const uint32_t blocks[] = { ' ', 0x2580, 0x2584, 0x2588 };   /* none, the upper, the lower, both */

	for (int row = 0; row < whole(q); row += 2) {
		for (int col = 0; col < whole(q); col++) {
			unsigned upper = qr_is_dark(q, row - QR_QUIET, col - QR_QUIET);
			unsigned lower = qr_is_dark(q, row + 1 - QR_QUIET, col - QR_QUIET);

			area_fill(a, row / 2, col, 1, ROLE_PAPER, blocks[upper | lower << 1]);
		}
	}
}

/* --- the screen --- */

static bool fits(struct area a, const struct qr *q, enum repertoire r)
{
	return q->side > 0 && rows_of(q, r) <= a.rows && cols_of(q, r) <= a.cols;
}

static void draw_words(struct area a, const struct value *v)
{
	int row;

	if (a.cols < 20)
		return;
	row = area_wrap(a, 0, ROLE_TITLE, v->name);
	row = area_wrap(a, row + 1, ROLE_VALUE, v->text);
	(void)area_wrap(a, row + 1, ROLE_PLAIN, _("Photograph it with a telephone or another computer, and compare what that shows "
						  "with what stands here."));
}

static void draw_too_large(const struct screen *s, struct area a, const struct value *v)
{
	enum repertoire r = s->ui->repertoire;
	int row;

	if (s->ui->no_shades) {
		row = area_wrap(a, 0, ROLE_WARNING, _("This terminal shows nothing in reverse or in colour, and so no QR code. Copy what "
						      "stands below by hand."));
	} else if (v->small.side == 0) {
		row = area_wrap(a, 0, ROLE_WARNING, v->fault.what);
	} else {
		char words[600];

		(void)snprintf(words, sizeof(words), _("As a QR code this needs %d columns and %d rows; here are %d and %d. Make the "
						       "window larger, or the letters smaller. Where that cannot be done, "
						       "copy what stands below by hand."),
			       cols_of(&v->small, r) + 2, rows_of(&v->small, r) + 2, s->ui->cols, s->ui->rows);
		row = area_wrap(a, 0, ROLE_WARNING, words);
	}
	row = area_wrap(a, row + 1, ROLE_TITLE, v->name);
	(void)area_wrap(a, row, ROLE_VALUE, v->text);
}

static void draw(const struct screen *s, struct area a)
{
	const struct qr_screen *k = peek(s);
	const struct value *v = &k->v[k->at];
	enum repertoire r = s->ui->repertoire;
	char count[60];
	struct area body;
	const struct qr *q;

	(void)snprintf(count, sizeof(count), _("value %zu of %zu"), k->at + 1, k->n);
	body = ui_head(s, a, _("QR code"), "", count);
	body = area_sub(body, 0, 1, body.rows, body.cols - 2);
	q = s->ui->no_shades ? NULL : fits(body, &v->sturdy, r) ? &v->sturdy : fits(body, &v->small, r) ? &v->small : NULL;
	if (q == NULL) {
		draw_too_large(s, area_sub(body, 1, 1, body.rows - 1, body.cols - 2), v);
		return;
	}
	if (r == REPERTOIRE_ASCII)
		draw_ascii(body, q);
	else
		draw_blocks(body, q);
	draw_words(area_sub(body, 1, cols_of(q, r) + 2, body.rows - 1, body.cols - cols_of(q, r) - 3), v);
}

static unsigned has(const struct screen *s)
{
	return NEED_BACK | (peek(s)->n > 1 ? NEED_SIDEWAYS : 0u);
}

static void act(struct screen *s, const struct binding *b)
{
	struct qr_screen *k = (struct qr_screen *)s;

	switch (b->in) {
	case IN_BACK:
		ui_pop(s->ui);
		return;
	case IN_RIGHT: case IN_DOWN: case IN_PAGE_DOWN:
		k->at += k->at + 1 < k->n;
		return;
	case IN_LEFT: case IN_UP: case IN_PAGE_UP:
		k->at -= k->at > 0;
		return;
	case IN_FIRST:
		k->at = 0;
		return;
	case IN_LAST:
		k->at = k->n - 1;
		return;
	default:
		return;
	}
}

static void qr_free(struct screen *s)
{
	struct qr_screen *k = (struct qr_screen *)s;

	for (size_t i = 0; i < k->n; i++) {
		free(k->v[i].name);
		free(k->v[i].text);
		qr_done(&k->v[i].sturdy);
		qr_done(&k->v[i].small);
	}
	free(k->v);
	free(k);
}

static const struct screen_ops ops = {
	.name = "qr",
	.help = N_("A QR code carries a value to a telephone or to another computer without a cable: whoever photographs it has the "
		   "value, letter by letter.\n\n"
		   "None of these values is secret. A check value or a fingerprint only shows that two people have the same key before "
		   "them; a public key is meant to be known.\n\n"
		   "Left and Right choose which value is shown."),
	.mode = MODE_DETAIL,
	.has = has,
	.act = act,
	.draw = draw,
	.free = qr_free,
};

static bool take(struct value *v, const struct detail_carry *c)
{
	v->name = strdup(c->name);
	v->text = strdup(c->text);
	if (v->name == NULL || v->text == NULL)
		return false;
	(void)qr_make(v->text, false, &v->small, &v->fault);
	if (v->small.side > 0)
		(void)qr_make(v->text, true, &v->sturdy, NULL);   /* where that is too long, the small one does */
	return true;
}

struct screen *qr_screen_new(struct ui *ui, const struct detail *d)
{
	struct qr_screen *k = calloc(1, sizeof(*k));
	bool good = k != NULL && (k->v = calloc(d->n_carry + 1, sizeof(*k->v))) != NULL;

	for (size_t i = 0; good && i < d->n_carry; i++) {
		k->n++;
		good = take(&k->v[i], &d->carry[i]);
	}
	if (good && k->n > 0) {
		k->s = (struct screen){ &ops, ui };
		return &k->s;
	}
	if (k != NULL)
		qr_free(&k->s);
	return NULL;
}
