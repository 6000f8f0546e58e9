/* What a card says about itself without a login. */
#include <string.h>

#include "engine/base/tlv.h"
#include "engine/card/apdu.h"
#include "engine/card/files.h"

enum status card_read_device(struct card *c, struct fault *f)
{
	BUF file = { 0 };
	struct device_cert device;
	enum status st;

	if (c->device_read)
		return ST_OK;
	if ((st = card_read_file(c, FID_DEVICE, &file, f)) != ST_OK ||
	    (st = device_cert_parse(buf_view(&file), &device, f)) != ST_OK) {
		if (st == ST_DAMAGED || st == ST_NOT_FOUND || st == ST_UNSUPPORTED) {
			fault_add(f, "So the device has no serial number. It cannot be told apart from others, and no software can "
				     "use it safely.");
			return ST_DAMAGED;
		}
		return st;
	}
	c->device = device;
	buf_done(&c->device_file);
	c->device_file = file;
	file = (struct buf){ 0 };
	c->device_read = true;
	return ST_OK;
}

enum status card_device(struct card *c, const struct device_cert **ret, struct fault *f)
{
	enum status st = card_read_device(c, f);

	if (st == ST_OK)
		*ret = &c->device;
	return st;
}

enum status card_trust(struct card *c, enum device_trust *ret, struct fault *f)
{
	enum status st = card_read_device(c, f);

	return st == ST_OK ? device_cert_check(buf_view(&c->device_file), ret, f) : st;
}

/* smartcard-hsm.md 4.2; the first row that fits counts. */
static struct pin_status pin_status_of(const struct card *c, enum pin_which which)
{
	struct pin_status s = { PIN_OTHER, -1 };

	if ((c->sw & 0xfff0) == 0x63c0) {
		s.tries = c->sw & 0xf;
		s.state = s.tries > 0 ? PIN_READY : PIN_BLOCKED;
	} else if (c->sw == 0x9000) {
		s.state = PIN_LOGGED_IN;
	} else if (c->sw == 0x6983) {
		s = (struct pin_status){ PIN_BLOCKED, 0 };
	} else if (c->sw == 0x6984 && which == PIN_USER && c->firmware->sw_not_initialised != 0x6984) {
		s.state = PIN_TRANSPORT;
	} else if (c->sw == 0x6a88 || c->sw == 0x6984) {
		s.state = PIN_NOT_INITIALISED;
	}
	return s;
}

enum status card_pin_status(struct card *c, enum pin_which which, struct pin_status *ret, struct fault *f)
{
	enum status st;

	apdu_start(c, CMD_PIN_STATUS, 0x00, which == PIN_USER ? 0x81 : 0x88);
	st = apdu_send(c, 0, f);
	if (st != ST_OK)
		return st;
	/* These say that somebody else's application is selected, not something about a PIN. */
	if (c->sw == 0x6e00 || c->sw == 0x6d00 || c->sw == 0x6900)
		return sw_fault(c, f);
	*ret = pin_status_of(c, which);
	return ST_OK;
}

enum status card_memory(struct card *c, int64_t *ret_free, struct fault *f)
{
	struct cur answer;
	uint16_t high, low;
	enum status st;

	apdu_start(c, CMD_MEMORY, 0x00, 0x00);
	st = apdu_send(c, 0, f);
	if (st != ST_OK)
		return st;
	answer = c->answer;
	if (c->sw != 0x9000 || !cur_u16(&answer, &high) || !cur_u16(&answer, &low))
		*ret_free = -1;
	else
		*ret_free = (int64_t)high << 16 | low;
	return ST_OK;
}

enum status card_label(struct card *c, char ret[static DESCRIBE_LABEL_MAX], struct fault *f)
{
	BUF file = { 0 };
	enum status st = card_read_file(c, FID_TOKEN, &file, f);

	if (st == ST_NOT_FOUND) {
		ret[0] = '\0';
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	return describe_parse_token(buf_view(&file), ret, f);
}

enum status card_set_label(struct card *c, const char *label, struct fault *f)
{
	BUF file = { 0 };
	BUF old = { 0 };
	enum write_mode mode = WRITE_REPLACE;
	enum status st = card_read_file(c, FID_TOKEN, &old, f);

	if (st == ST_NOT_FOUND)
		mode = WRITE_NEW;
	if (st == ST_OK)
		st = describe_edit_token(buf_view(&old), label, &file, f);
	/* One that says nothing can be read is made anew. */
	if (st == ST_NOT_FOUND || st == ST_DAMAGED)
		st = describe_build_token(label, &file, f);
	if (st != ST_OK)
		return st;
	return card_write_file(c, FID_TOKEN, buf_view(&file), mode, f);
}

/* A label that cannot be read is a remark; everything else about the device still counts. */
static enum status read_label(struct card *c, struct card_info *info, struct fault *f)
{
	enum status st = card_label(c, info->label, f);

	if (st == ST_OK || c->gone)
		return st;
	info->label[0] = '\0';
	return st == ST_CARD_GONE || st == ST_NO_MEMORY ? st : ST_OK;
}

enum status card_status(struct card *c, struct card_info *ret, struct fault *f)
{
	struct card_info info = { 0 };
	enum status st;

	if ((st = card_read_device(c, f)) != ST_OK || (st = read_label(c, &info, f)) != ST_OK ||
	    (st = card_pin_status(c, PIN_USER, &info.user, f)) != ST_OK ||
	    (st = card_pin_status(c, PIN_SO, &info.so, f)) != ST_OK ||
	    (st = card_dkek_status(c, 0, &info.dkek, NULL, f)) != ST_OK ||
	    (st = card_memory(c, &info.memory_free, f)) != ST_OK)
		return st;
	memcpy(info.serial, c->device.serial, sizeof(info.serial));
	info.major = c->select.major;
	info.minor = c->select.minor;
	info.firmware = c->firmware;
	info.platform = c->select.platform;
	info.options = c->select.options;
	info.initialised = info.user.state != PIN_NOT_INITIALISED;
	info.device = c->device;
	*ret = info;
	return ST_OK;
}
