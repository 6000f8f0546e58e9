/* What can be said of an object beyond what stands in it: where a key was made, and what is wrong. */
#include <string.h>

#include "engine/card/apdu.h"
#include "engine/card/objects.h"

enum status object_attest(struct card *c, const struct object *o, struct fault *f)
{
	struct cur rest = buf_view(&o->content);
	struct cvc cvc;
	enum status st;

	if (o->request == REQUEST_NONE)
		return fault_set(f, ST_NOT_FOUND,
				 "Nothing on the device says where this key was made: the request of its generation is not there any "
				 "more.");
	if ((st = card_read_device(c, f)) != ST_OK || (st = cvc_next(&rest, NULL, &cvc, f)) != ST_OK)
		return st;
	if (o->request == REQUEST_OTHER_DEVICE)
		return fault_set(f, ST_MISMATCH, "This key was made in another device (%s).", cvc.outer_car);
	if ((st = cvc_verify(&cvc, &cvc.key, f)) == ST_OK)
		st = cvc_verify_outer(&cvc, &c->device.key, f);
	if (st == ST_MISMATCH)
		return fault_set(f, ST_MISMATCH,
				 "The request that came with this key names this device, but the device did not sign it: nothing shows "
				 "where the key was made.");
	return st;
}

static const struct {
	unsigned bit;
	const char *words;
} damages[] = {
	{ OBJECT_BAD_DESCRIPTION,
	  N_("Its description cannot be understood: label and ID are not known, and other software does not see it.") },
	{ OBJECT_NO_DESCRIPTION, N_("It has no description: no label, no ID, and other software does not see it.") },
	{ OBJECT_BAD_CONTENT, N_("Its certificate or public key cannot be understood.") },
	{ OBJECT_NO_CONTENT, N_("Its public key, certificate or content is not on the device.") },
	{ OBJECT_OTHER_KIND, N_("Its description and its certificate say different things of what kind of key it is.") },
	{ OBJECT_UNREADABLE, N_("The device lists a part of it that it does not give.") },
};

void object_damage_words(const struct object *o, char *out, size_t cap)
{
	size_t n = 0;

	if (cap)
		out[0] = '\0';
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const char *words = translated(damages[i].words);
		size_t len = strlen(words);

		if (!(o->damage & damages[i].bit) || n + len + 2 > cap)
			continue;
		if (n > 0)
			out[n++] = ' ';
		memcpy(out + n, words, len + 1);
		n += len;
	}
}

const char *damage_words(unsigned bit)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		if (damages[i].bit == bit)
			return translated(damages[i].words);
	}
	return "";
}

void objects_attest(struct card *c, struct objects *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct object *o = &l->o[i];
		enum status st;

		if (o->type != OBJECT_KEY || o->request == REQUEST_NONE)
			continue;
		st = object_attest(c, o, NULL);
		if (st == ST_OK)
			o->origin = ORIGIN_HERE;
		else if (st == ST_MISMATCH)
			o->origin = o->request == REQUEST_OTHER_DEVICE ? ORIGIN_ELSEWHERE : ORIGIN_UNPROVEN;
	}
}
