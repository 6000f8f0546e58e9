#include "tui/console/edit.h"

#include <string.h>

#include "engine/base/text.h"
#include "tui/console/keys.h"

static size_t characters(const char *text, size_t n)
{
	size_t count = 0, len;
	uint32_t cp;

	for (; (len = text_decode(text, n, &cp)) > 0; text += len, n -= len)
		count++;
	return count;
}

static size_t encode(uint32_t cp, char out[static 5])
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(n == 1 ? cp : lead[n] | cp);
	out[n] = '\0';
	return n;
}

void edit_init(struct edit *e, size_t max)
{
	memset(e, 0, sizeof(*e));
	e->max = max == 0 || max > EDIT_BYTES - 1 ? EDIT_BYTES - 1 : max;
}

static void insert(struct edit *e, const char *text, size_t n)
{
	if (e->n + n >= EDIT_BYTES || characters(e->text, e->n) >= e->max)
		return;
	memmove(e->text + e->at + n, e->text + e->at, e->n - e->at + 1);
	memcpy(e->text + e->at, text, n);
	e->n += n;
	e->at += n;
}

void edit_set(struct edit *e, const char *text)
{
	char clean[EDIT_BYTES];
	const char *p = clean;
	size_t len;
	uint32_t cp;

	text_clean(clean, sizeof(clean), text, strlen(text));
	e->n = e->at = 0;
	e->text[0] = '\0';
	for (; (len = text_decode(p, strlen(p), &cp)) > 0; p += len)
		insert(e, p, len);
}

static void erase(struct edit *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, e->n - to + 1);
	e->n -= to - from;
	e->at = from;
}

static size_t before(const struct edit *e)
{
	size_t at = e->at;

	while (at > 0 && ((unsigned char)e->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct edit *e)
{
	uint32_t cp;

	return e->at + text_decode(e->text + e->at, e->n - e->at, &cp);
}

bool edit_key(struct edit *e, uint32_t key)
{
	char c[5];

	switch (key) {
	case K_BACKSPACE:
		erase(e, before(e), e->at);
		return true;
	case K_DELETE: {
		size_t at = e->at;

		erase(e, at, after(e));
		return true;
	}
	case K_CTRL('u'):
		erase(e, 0, e->at);
		return true;
	case K_LEFT:
		e->at = before(e);
		return true;
	case K_RIGHT:
		e->at = after(e);
		return true;
	case K_HOME: case K_CTRL('a'):
		e->at = 0;
		return true;
	case K_END: case K_CTRL('e'):
		e->at = e->n;
		return true;
	default:
		break;
	}
	if (!key_is_text(key))
		return false;
	if (encode(key, c) > 0 && text_is_clean(c))
		insert(e, c, strlen(c));
	return true;
}

void edit_draw(struct area a, const struct edit *e, bool focus)
{
	char head[EDIT_BYTES];
	const char *from = e->text;
	int at;
	uint32_t cp;

	memcpy(head, e->text, e->at);
	head[e->at] = '\0';
	at = text_width(head);
	while (at >= a.cols && from < e->text + e->at) {
		from += text_decode(from, strlen(from), &cp);
		at = text_width(head + (from - e->text));
	}
	area_fill(a, 0, 0, a.cols, focus ? ROLE_FIELD_NOW : ROLE_FIELD, ' ');
	area_text(a, 0, 0, focus ? ROLE_FIELD_NOW : ROLE_FIELD, from);
	if (focus)
		area_cursor(a, 0, at);
}
