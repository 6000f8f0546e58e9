#include "tui/console/keys.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "engine/base/text.h"

/* Without the leading escape. "[[A" is the Linux console's F1, "OP" vt100's and xterm's, "[11~" rxvt's. */
static const struct {
	const char *seq;
	uint32_t key;
} sequences[] = {
	{ "[A", K_UP },        { "[B", K_DOWN },       { "[C", K_RIGHT },      { "[D", K_LEFT },
	{ "OA", K_UP },        { "OB", K_DOWN },       { "OC", K_RIGHT },      { "OD", K_LEFT },
	{ "[H", K_HOME },      { "[F", K_END },        { "OH", K_HOME },       { "OF", K_END },
	{ "[1~", K_HOME },     { "[4~", K_END },       { "[7~", K_HOME },      { "[8~", K_END },
	{ "[3~", K_DELETE },   { "[5~", K_PAGE_UP },   { "[6~", K_PAGE_DOWN }, { "[Z", K_BACK_TAB },
	{ "OP", K_F1 },        { "[11~", K_F1 },       { "[[A", K_F1 },        { "[P", K_F1 },
	{ "[21~", K_F10 },     { "Ox", K_F10 },        { "OM", K_ENTER },
};

void keys_init(struct keys *k, bool utf8)
{
	*k = (struct keys){ .utf8 = utf8 };
}

bool keys_waiting(const struct keys *k)
{
	return k->n > 0 && k->part[0] == K_ESC;
}

/* ECMA-48 5.4: a control sequence ends with 0x40 to 0x7e; SS3 with the byte after it. "[[" has one more (Linux). */
static bool sequence_ended(const struct keys *k)
{
	unsigned char last = k->part[k->n - 1];

	if (k->n < 3)
		return false;
	if (k->part[1] == 'O')
		return true;
	if (k->n == 3 && last == '[')
		return false;
	return last >= 0x40 && last <= 0x7e;
}

static uint32_t mouse_at(struct keys *k, long button, long col, long row)
{
	static const struct {
		long button;
		uint32_t key;
	} buttons[] = { { 0, K_CLICK }, { 64, K_WHEEL_UP }, { 65, K_WHEEL_DOWN } };

	if (col < 1 || row < 1 || col > 10000 || row > 10000)
		return K_NONE;
	for (size_t i = 0; i < sizeof(buttons) / sizeof(buttons[0]); i++) {
		if (buttons[i].button == button) {
			k->row = (int)row - 1;
			k->col = (int)col - 1;
			return buttons[i].key;
		}
	}
	return K_NONE;
}

/* xterm's SGR reports (ctlseqs, "Extended coordinates"): "[<button;column;rowM", from 1; a release ends in m. */
static uint32_t mouse_key(struct keys *k, const char *seq)
{
	char *at;
	long button = strtol(seq + 2, &at, 10), col, row;

	col = *at == ';' ? strtol(at + 1, &at, 10) : 0;
	row = *at == ';' ? strtol(at + 1, &at, 10) : 0;
	return strcmp(at, "M") == 0 ? mouse_at(k, button, col, row) : (uint32_t)K_NONE;
}

/* Before the SGR reports, and still on the Linux console: "[M", then button, column, row, each a byte over 32. */
static size_t old_report_byte(struct keys *k, unsigned char byte, uint32_t ret[static 2])
{
	k->report[sizeof(k->report) - k->more--] = byte;
	if (k->more > 0)
		return 0;
	ret[0] = mouse_at(k, k->report[0] - 32, k->report[1] - 32, k->report[2] - 32);
	return ret[0] != K_NONE;
}

static uint32_t sequence_key(struct keys *k)
{
	char *seq = (char *)k->part + 1;
	uint32_t key = K_NONE;

	k->part[k->n] = '\0';
	if (k->mouse && strncmp(seq, "[<", 2) == 0)
		key = mouse_key(k, seq);
	if (k->mouse && strcmp(seq, "[M") == 0)
		k->more = sizeof(k->report);
	if (strcmp(seq, "[200~") == 0 || strcmp(seq, "[201~") == 0)
		k->pasting = seq[3] == '0';
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (strcmp(seq, sequences[i].seq) == 0)
			key = sequences[i].key;
	}
	k->n = 0;
	return k->pasting ? K_NONE : key;
}

static size_t escape_byte(struct keys *k, unsigned char byte, uint32_t ret[static 2])
{
	if (k->n == 1 && byte != '[' && byte != 'O') {
		uint32_t more[2] = { K_NONE, K_NONE };
		size_t n;

		k->n = 0;
		n = keys_byte(k, byte, more);
		ret[0] = k->pasting ? more[0] : K_ESC;
		ret[1] = more[0];
		return k->pasting ? n : 1 + n;
	}
	if (byte < 0x20 || byte >= 0x7f) {   /* a sequence that was cut, or never was one */
		k->n = 0;
		return byte == K_ESC ? keys_byte(k, byte, ret) : 0;
	}
	if (k->n >= sizeof(k->part) - 1)   /* longer than any that is known: it is none of them, up to its end */
		k->n--;
	k->part[k->n++] = byte;
	if (!sequence_ended(k))
		return 0;
	ret[0] = sequence_key(k);
	return ret[0] != K_NONE;
}

static size_t control(const struct keys *k, unsigned char byte, uint32_t ret[static 2])
{
	if (k->pasting)
		return 0;
	ret[0] = byte == '\n' ? K_ENTER : byte == '\b' ? K_BACKSPACE : byte;
	return ret[0] != 0;
}

static size_t local_byte(unsigned char byte, uint32_t ret[static 2])
{
	mbstate_t state = { 0 };
	char c = (char)byte;
	wchar_t wide;

	if (mbrtowc(&wide, &c, 1, &state) != 1 || wide < 0xa0)
		return 0;
	ret[0] = (uint32_t)wide;
	return 1;
}

/* A malformed character is dropped whole; the byte that shows it is taken anew. */
static size_t utf8_byte(struct keys *k, unsigned char byte, uint32_t ret[static 2])
{
	size_t want;

	if (k->n > 0 && (byte & 0xc0) != 0x80) {
		k->n = 0;
		return keys_byte(k, byte, ret);
	}
	k->part[k->n++] = byte;
	want = k->part[0] >= 0xf0 ? 4 : k->part[0] >= 0xe0 ? 3 : k->part[0] >= 0xc2 ? 2 : 1;
	if (k->n < want)
		return 0;
	(void)text_decode((const char *)k->part, k->n, &ret[0]);
	k->n = 0;
	return ret[0] != 0xfffd && ret[0] >= 0xa0;
}

size_t keys_byte(struct keys *k, unsigned char byte, uint32_t ret[static 2])
{
	if (k->more > 0)
		return old_report_byte(k, byte, ret);
	if (keys_waiting(k))
		return escape_byte(k, byte, ret);
	if (byte >= 0x80)
		return k->utf8 ? utf8_byte(k, byte, ret) : local_byte(byte, ret);
	k->n = 0;
	if (byte == K_ESC) {
		k->part[k->n++] = byte;
		return 0;
	}
	if (byte < 0x20 || byte == K_BACKSPACE)
		return control(k, byte, ret);
	ret[0] = byte;
	return 1;
}

bool keys_takes_text(const struct keys *k, unsigned char byte)
{
	return k->more == 0 && !keys_waiting(k) && byte >= 0x20 && byte != K_BACKSPACE;
}

size_t keys_timeout(struct keys *k, uint32_t ret[static 2])
{
	bool alone = k->n == 1;

	k->n = 0;
	ret[0] = K_ESC;
	return alone && !k->pasting;
}
