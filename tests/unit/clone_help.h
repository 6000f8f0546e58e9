/* What a device can have beside keys, put there as another program would: for the tests of clone, here and in tests/faults. */
#ifndef TESTS_UNIT_CLONE_HELP_H
#define TESTS_UNIT_CLONE_HELP_H

#include <string.h>

#include "engine/card/card.h"
#include "engine/card/files.h"
#include "engine/card/objects.h"
#include "engine/keys/describe.h"
#include "tests/check.h"

/* A content and its description at a number; kind is FID_CA_CERT, FID_PUBLIC_DATA or FID_PRIVATE_DATA. */
static inline void put_object(struct card *c, const char *user_pin, unsigned kind, uint8_t number, const char *label,
			      const void *content, size_t n)
{
	struct description d = {
		.kind = kind == FID_CA_CERT ? DESCRIPTION_CERT : DESCRIPTION_DATA,
		.id = { 0xca, number },
		.id_len = kind == FID_CA_CERT ? 2 : 0,
		.is_private = kind == FID_PRIVATE_DATA,
		.path = fid_of(kind, number),
		.application = "clone",
	};
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	BUF file = { 0 };
	struct fault f = { 0 };

	strcpy(d.label, label);
	assert_true(secret_set(pin, user_pin, strlen(user_pin)));
	assert_int_equal(describe_build(&d, &file, &f), ST_OK);
	assert_int_equal(card_begin(c, &held, &f), ST_OK);
	assert_int_equal(card_login(c, pin, &f), ST_OK);
	assert_int_equal(card_write_file(c, d.path, cur_of(content, n), WRITE_NEW, &f), ST_OK);
	assert_int_equal(card_write_file(c, fid_of(kind == FID_CA_CERT ? FID_CERT_DESCRIPTION : FID_DATA_DESCRIPTION, number),
					 buf_view(&file), WRITE_NEW, &f), ST_OK);
}

/* Is there exactly one of this type and label, and has it this content? 0: none; 2: several, or another content. */
static inline unsigned has_object(struct card *c, const char *user_pin, enum object_type type, const char *label,
				  const void *content, size_t n)
{
	SECRET *pin = secret_new(16), *back = secret_new(FILE_MAX);
	CARD_SESSION *held = NULL;
	OBJECTS list = { 0 };
	struct fault f = { 0 };
	unsigned found = 0;

	assert_true(secret_set(pin, user_pin, strlen(user_pin)));
	assert_int_equal(card_begin(c, &held, &f), ST_OK);
	assert_int_equal(card_login(c, pin, &f), ST_OK);
	assert_int_equal(card_objects(c, WANT_ALL, &list, &f), ST_OK);
	for (size_t i = 0; i < list.n; i++) {
		const struct object *o = &list.o[i];

		if (o->type == OBJECT_STRAY && type != OBJECT_KEY)
			found += 2;
		if (o->type != type || strcmp(o->label, label) != 0)
			continue;
		found++;
		if (type == OBJECT_KEY)
			continue;
		assert_int_equal(card_read_secret(c, o->content_fid, back, &f), ST_OK);
		if ((o->damage & ~(unsigned)OBJECT_BAD_CONTENT) != 0 || !cur_equal(secret_view(back), content, n))
			found += 2;
	}
	return found;
}

#endif
