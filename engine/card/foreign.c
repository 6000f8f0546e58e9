/*
 * Which card is it, by its ATR alone? A card that is not ours is better not asked at all: some count unknown commands
 * against themselves. The ATRs of other makers are recognised by what their historical bytes spell or by how they begin.
 */
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/card.h"

struct pattern {
	const char *reader;     /* part of the reader's name; NULL: any */
	const char *bytes;      /* anywhere in the ATR; NULL: any */
	size_t n;
	const char *words;
};

#define B(s) s, sizeof(s) - 1
#define OPENPGP B("\x00\x31\xc5\x73\xc0\x01")
#define OPENPGP_34 B("\x00\x31\xf5\x73\xc0\x01")

static const struct pattern foreign[] = {
	{ "Nitrokey Pro", NULL, 0, N_("This is a Nitrokey Pro, not a Nitrokey HSM. Use gpg --card-status, or the Nitrokey App.") },
	{ "Nitrokey Storage", NULL, 0,
	  N_("This is a Nitrokey Storage, not a Nitrokey HSM. Use gpg --card-status, or the Nitrokey App.") },
	{ "Nitrokey Start", NULL, 0, N_("This is a Nitrokey Start, not a Nitrokey HSM. Use gpg --card-status.") },
	{ "Nitrokey 3", NULL, 0, N_("This is a Nitrokey 3, not a Nitrokey HSM. Use nitropy nk3, or gpg --card-status.") },
	{ NULL, B("\x80\x5dNitrokey"), N_("This is a Nitrokey 3, not a Nitrokey HSM. Use nitropy nk3, or gpg --card-status.") },
	{ NULL, B("Yubi"), N_("This is a YubiKey. Use ykman, or yubico-piv-tool for its PIV keys.") },
	{ NULL, OPENPGP, N_("This is an OpenPGP card (as in a Nitrokey Pro or Storage). Use gpg --card-status.") },
	{ NULL, OPENPGP_34, N_("This is an OpenPGP card (as in a Nitrokey Pro or Storage). Use gpg --card-status.") },
	{ NULL, B("\x00\x31\xc1\x73\xc0\x01"), N_("This is an OpenPGP card. Use gpg --card-status.") },
	{ NULL, B("\x00\x31\x84\x73\x80\x01"), N_("This is a Gnuk token (as the Nitrokey Start). Use gpg --card-status.") },
	{ NULL, B("\x40\x0a\xa5\x03\x01\x01\x01\xad\x13"), N_("This is a Belgian identity card. Use the eID software.") },
};

/* smartcard-hsm.md 1.1: the historical bytes of contact, contactless and 4K devices, and three older or special cards. */
static const struct pattern family[] = {
	{ NULL, B("\x80\x31\x81\x54HSM1\x73\x80\x21\x40\x81\x07"), NULL },
	{ NULL, B("\x3b\xf8\x13\x00\x00\x81\x31\xfe\x45JCOPv241\xb7"), NULL },
	{ NULL, B("\x80\x01GoID\x00"), NULL },
};

static bool fits(const struct pattern *p, const char *reader, const uint8_t *atr, size_t atr_len)
{
	if (p->reader && (reader == NULL || strstr(reader, p->reader) == NULL))
		return false;
	return p->bytes == NULL || memmem(atr, atr_len, p->bytes, p->n) != NULL;
}

bool card_is_family_atr(const uint8_t *atr, size_t atr_len)
{
	for (size_t i = 0; i < sizeof(family) / sizeof(family[0]); i++)
		if (fits(&family[i], NULL, atr, atr_len))
			return true;
	return false;
}

const char *card_foreign_words(const char *reader, const uint8_t *atr, size_t atr_len)
{
	if (card_is_family_atr(atr, atr_len))
		return NULL;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (fits(&foreign[i], reader, atr, atr_len))
			return translated(foreign[i].words);
	return NULL;
}
