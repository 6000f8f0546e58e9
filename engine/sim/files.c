/* SELECT, and the files. smartcard-hsm.md 1.3 and 3, real-devices.md 3 and 4. */
#include "engine/sim/card.h"

#include <string.h>

#include "engine/base/tlv.h"

#define KEY_OBJECT 0xcc
#define CONFIDENTIAL 0xcd

static const uint8_t aid[] = { 0xe8, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3, 0x1f, 0x02, 0x01 };

/* The first bytes of the file ids that a user may write; and single files. */
static const uint8_t writable[] = { 0xc4, 0xc8, 0xc9, 0xca, 0xcb, CONFIDENTIAL, 0xce, 0xcf };

/* FCI for P2 = 00, FCP for 04, nothing for 0C. */
static uint16_t put_template(uint8_t p2, const struct buf *content, struct buf *out)
{
	if (p2 != 0x0c)
		buf_tlv_buf(out, p2 == 0x04 ? 0x62 : 0x6f, content);
	return SW_OK;
}

static uint16_t select_application(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	BUF content = { 0 };
	const struct sim_state *s = &c->state;
	const uint8_t descriptor = 0x78;
	const uint8_t version[] = { (uint8_t)(s->options >> 8), (uint8_t)s->options, 0x00, s->major, s->minor };
	size_t skip = s->major < 2 ? 3 : 0;   /* before 2.0 the version alone */

	if (!cur_equal(a->data, aid, sizeof(aid)))
		return SW_NO_FILE;
	sim_session_clear(&c->session);
	c->session.selected = true;
	buf_tlv(&content, 0x82, &descriptor, 1);
	buf_tlv(&content, 0x85, version + skip, sizeof(version) - skip);
	return put_template(a->p2, &content, out);
}

static uint16_t select_file(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	BUF content = { 0 };
	struct cur data = a->data;
	const struct sim_file *file;
	const uint8_t transparent = 0x01;
	uint8_t size[2];
	uint16_t fid;

	if (!c->session.selected)
		return SW_NO_FILE;
	if (!cur_u16(&data, &fid) || data.n > 0)
		return SW_LENGTH;
	file = sim_file_find(&c->state, fid);
	if (file == NULL)   /* keys are none: SELECT of CCxx was seen to answer 6A82 */
		return SW_NO_FILE;
	c->session.current = fid;
	size[0] = (uint8_t)(file->data.n >> 8);
	size[1] = (uint8_t)file->data.n;
	buf_tlv(&content, 0x80, size, sizeof(size));
	buf_tlv(&content, 0x82, &transparent, 1);
	buf_tlv(&content, 0x83, a->data.p, 2);
	return put_template(a->p2, &content, out);
}

uint16_t sim_select(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	if (a->p2 != 0x00 && a->p2 != 0x04 && a->p2 != 0x0c)
		return SW_P1P2;
	if (a->has_le && (a->extended || a->le != 256))   /* section 1.3: Le must be 00 */
		return SW_LENGTH;
	if (a->p1 == 0x04)
		return select_application(c, a, out);
	if (a->p1 == 0x00 || a->p1 == 0x02)
		return select_file(c, a, out);
	return SW_P1P2;     /* a path, seen */
}

/* P1 P2 of the odd instructions: a file id, or 0000 for the selected file. */
static uint16_t named_file(const struct sim_card *c, const struct sim_apdu *a)
{
	return a->p1 == 0 && a->p2 == 0 ? c->session.current : (uint16_t)(a->p1 << 8 | a->p2);
}

/* Discretionary object 54 with an offset of up to four bytes. */
static bool take_offset(struct cur *c, uint32_t *ret)
{
	struct tlv t;
	uint32_t v = 0;

	if (!tlv_expect(c, 0x54, &t) || t.value.n > 4)
		return false;
	for (size_t i = 0; i < t.value.n; i++)
		v = v << 8 | t.value.p[i];
	*ret = v;
	return true;
}

uint16_t sim_read(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	uint16_t fid = named_file(c, a);
	struct sim_file *file = sim_file_find(&c->state, fid);
	struct cur data = a->data;
	size_t room = sim_max_apdu(c) - 2, left;
	uint32_t offset;

	if (fid >> 8 == KEY_OBJECT)
		return sim_key_find(&c->state, (uint8_t)fid) != NULL ? SW_NOT_LOGGED_IN : SW_NO_FILE;
	if (file == NULL)
		return SW_NO_FILE;
	if (fid >> 8 == CONFIDENTIAL && !sim_logged_in(c))
		return SW_NOT_LOGGED_IN;
	if (!take_offset(&data, &offset) || data.n > 0)
		return SW_DATA;
	if (offset > file->data.n)
		return SW_OFFSET;
	left = file->data.n - offset;
	if (a->le < room)
		room = a->le;
	if (left > 0)
		buf_put(out, file->data.p + offset, left < room ? left : room);
	return a->has_le && left < a->le && left <= room ? SW_END_OF_FILE : SW_OK;
}

static bool may_write(uint16_t fid)
{
	return fid == SIM_EF_LABEL || fid == SIM_EF_WRAPPED || memchr(writable, fid >> 8, sizeof(writable)) != NULL;
}

/* A shorter write at offset 0 leaves the old tail: seen. A gap is refused. */
static uint16_t write_at(struct sim_card *c, uint16_t fid, size_t offset, struct cur bytes)
{
	struct sim_file *file = sim_file_find(&c->state, fid);
	size_t old = file == NULL ? 0 : file->data.n, end = offset + bytes.n;
	size_t more = (end > old ? end - old : 0) + (file == NULL ? sim_cost_file(0) : 0);

	if (offset > old || end > 0xffff)
		return SW_OFFSET;
	if (more > sim_memory_free(&c->state))
		return SW_FULL;
	if (file == NULL)
		file = sim_file_add(&c->state, fid);
	if (file == NULL)
		return SW_FULL;
	c->dirty = true;
	c->session.current = fid;
	if (offset < old && bytes.n > 0) {
		size_t n = bytes.n < old - offset ? bytes.n : old - offset;

		memcpy(file->data.p + offset, bytes.p, n);
		(void)cur_take(&bytes, n, NULL);
	}
	buf_cur(&file->data, bytes);
	return file->data.failed ? SW_FAILED : SW_OK;
}

uint16_t sim_update(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	uint16_t fid = named_file(c, a);
	struct cur data = a->data;
	struct tlv bytes;
	uint32_t offset;

	(void)out;
	if (fid == 0)
		return SW_NO_FILE;
	if (fid == SIM_EF_DEVAUT || fid >> 8 == KEY_OBJECT)
		return SW_NOT_LOGGED_IN;
	if (!may_write(fid))
		return SW_P1P2;
	if (!take_offset(&data, &offset) || !tlv_expect(&data, 0x53, &bytes) || data.n > 0)
		return SW_DATA;
	return write_at(c, fid, offset, bytes.value);
}

uint16_t sim_delete(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct cur data = a->data;
	uint16_t fid;

	(void)out;
	if (a->p1 != 0x02 || a->p2 != 0x00)
		return SW_P1P2;
	if (!cur_u16(&data, &fid) || data.n > 0)
		return SW_LENGTH;
	if (fid == SIM_EF_DEVAUT || fid == KEY_OBJECT << 8)
		return SW_NOT_LOGGED_IN;
	if (fid >> 8 == KEY_OBJECT && sim_key_find(&c->state, (uint8_t)fid) != NULL)
		sim_key_remove(&c->state, (uint8_t)fid);
	else if (sim_file_find(&c->state, fid) != NULL)
		sim_file_remove(&c->state, fid);
	else
		return SW_NO_FILE;
	if (c->session.current == fid)
		c->session.current = 0;
	c->dirty = true;
	return SW_OK;
}

uint16_t sim_enumerate(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	if (a->p1 != 0 || a->p2 != 0)
		return SW_P1P2;
	/* real-devices.md 3: Le exactly 00 00 00. Behind a reader that takes no extended APDUs, 00 has to do. */
	if (!a->has_le || (c->limit == 0 && (!a->extended || a->le != 65536)))
		return SW_LENGTH;
	for (size_t i = 0; i < c->state.files_n; i++)
		buf_u16(out, c->state.files[i].fid);
	for (size_t i = 0; i < c->state.keys_n; i++)
		buf_u16(out, (uint16_t)(KEY_OBJECT << 8 | c->state.keys[i].ref));
	return SW_OK;
}

bool sim_fits(struct sim_card *c, const struct sim_key *key, uint16_t fid, size_t n)
{
	const struct sim_key *old_key = sim_key_find(&c->state, key->ref);
	const struct sim_file *old_file = sim_file_find(&c->state, fid);
	size_t room = sim_memory_free(&c->state), need = sim_cost_key(key) + (fid == 0 ? 0 : sim_cost_file(n));

	room += old_key == NULL ? 0 : sim_cost_key(old_key);
	room += old_file == NULL ? 0 : sim_cost_file(old_file->data.n);
	return need <= room && (fid == 0 || old_file != NULL || c->state.files_n < SIM_FILES_MAX);
}

uint16_t sim_file_write(struct sim_card *c, uint16_t fid, struct cur data)
{
	struct sim_file *file;

	sim_file_remove(&c->state, fid);
	file = sim_file_add(&c->state, fid);
	if (file == NULL)
		return SW_FULL;
	buf_cur(&file->data, data);
	c->dirty = true;
	return file->data.failed ? SW_FAILED : SW_OK;
}
