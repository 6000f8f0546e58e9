/*
 * EF 2F02: the device's certificate, signed by a device issuer, whose certificate follows and is signed by a root that
 * the host has to know. Device and issuer leave out the domain parameters: the curve is the root's, brainpoolP256r1.
 */
#include <string.h>

#include "engine/keys/curve.h"
#include "engine/keys/cvc.h"

#define SEQUENCE_LEN 5   /* the sequence number at the end of a holder reference */
#define CHR_MIN 8

#define ISSUERS_CURVE "brainpoolP256r1"

/* smartcard-hsm.md 10.2; real-devices.md 10 for DESCHSMCVCA00001 */
static const struct {
	const char *chr;
	const char *point;   /* x || y */
	enum device_trust trust;
} roots[] = {
	{ "DESRCACC100001",
	  "6D025A8026CDBA245F10DF1B72E9880FFF746DAB40A43A3D5C6BEBF27707C30F"
	  "6DEA72430EE3287B0665C1EAA6EAA4FA26C46303001983F82BD1AA31E03DA062",
	  DEVICE_PRODUCTION },
	{ "DESCHSMCVCA00001",
	  "0ED940FA3D560900561914EB344A80861DF1CF7BDB21BF13F490C9938A32AE82"
	  "30B9D545B99F2BD857730469DADBE201AB82C7F9A2DB532DB447025E5B2E9403",
	  DEVICE_PRODUCTION },
	{ "UTSRCACC100001",
	  "A041FEB2FD116B2AD19CA6B7EACD71C9892F941BB88D67DCEEC92501F0700119"
	  "57E22122BA6C2CF5FF02936F482E35A6129CCBBA8E9383836D3106879C408EF0",
	  DEVICE_TEST },
	{ "DECA00001",
	  "4C01EA36C5065FF47E8F0676A77CDCED6C8F745E6784F7807F5520124F81ED05"
	  "4112DCE471CA003442830A10C75B31F9BFADD60628F47131628C7254AD8B956A",
	  DEVICE_TEST },
};

#define ROOTS (sizeof(roots) / sizeof(roots[0]))

static enum status root_key(size_t i, struct pubkey *ret, struct fault *f)
{
	uint8_t point[65] = { 0x04 };
	size_t n = 0;

	hex_parse(roots[i].point, strlen(roots[i].point), point + 1, sizeof(point) - 1, &n);
	return pubkey_ec(curve_by_name(ISSUERS_CURVE), cur_of(point, 1 + n), ret, f);
}

/* Device certificate, and the issuer's where there is one (it is missing on the development firmware up to 0.17). */
static enum status read_chain(struct cur ef, struct cvc *device, struct cvc *issuer, bool *ret_issued, struct fault *f)
{
	const struct curve *curve = curve_by_name(ISSUERS_CURVE);
	struct fault why;
	enum status st = cvc_next(&ef, curve, device, f);

	if (st != ST_OK) {
		fault_add(f, "It was to be the device's own certificate (EF 2F02).");
		return st;
	}
	if (device->request || strlen(device->chr) < CHR_MIN)
		return fault_set(f, ST_DAMAGED, "The device's own certificate (EF 2F02) does not name a device.");
	st = cvc_next(&ef, curve, issuer, &why);
	if (st == ST_NO_MEMORY || st == ST_CRYPTO)
		return fault_set(f, st, "%s", why.what);
	*ret_issued = st == ST_OK && !issuer->request;
	return ST_OK;
}

enum status device_cert_parse(struct cur ef_2f02, struct device_cert *ret, struct fault *f)
{
	struct cvc device, issuer;
	struct device_cert d = { 0 };
	bool issued;
	enum status st = read_chain(ef_2f02, &device, &issuer, &issued, f);

	if (st != ST_OK)
		return st;
	memcpy(d.chr, device.chr, sizeof(d.chr));
	memcpy(d.serial, device.chr, strlen(device.chr) - SEQUENCE_LEN);
	if (issued) {
		memcpy(d.issuer, issuer.chr, sizeof(d.issuer));
		memcpy(d.root, issuer.car, sizeof(d.root));
	} else {
		memcpy(d.root, device.car, sizeof(d.root));
	}
	d.key = device.key;
	d.not_before = device.not_before;
	d.not_after = device.not_after;
	*ret = d;
	return ST_OK;
}

/* By a root of the table: its trust, or DEVICE_BROKEN where it bears a root's name but not its signature. */
static enum status check_root(const struct cvc *top, enum device_trust *ret, struct fault *f)
{
	struct pubkey key;
	enum status st;

	for (size_t i = 0; i < ROOTS; i++) {
		if (strcmp(roots[i].chr, top->car) != 0)
			continue;
		st = root_key(i, &key, f);
		if (st == ST_OK)
			st = cvc_verify(top, &key, f);
		if (st != ST_OK && st != ST_MISMATCH)
			return st;
		*ret = st == ST_OK ? roots[i].trust : DEVICE_BROKEN;
		return ST_OK;
	}
	*ret = DEVICE_UNKNOWN;
	return ST_OK;
}

enum status device_cert_check(struct cur ef_2f02, enum device_trust *ret, struct fault *f)
{
	struct cvc device, issuer;
	enum device_trust trust;
	bool issued;
	enum status st = read_chain(ef_2f02, &device, &issuer, &issued, f);

	if (st != ST_OK)
		return st;
	if (!issued) {
		st = check_root(&device, &trust, f);
		if (st != ST_OK)
			return st;
		*ret = trust == DEVICE_UNKNOWN ? DEVICE_BROKEN : trust;
		return ST_OK;
	}
	st = strcmp(device.car, issuer.chr) == 0 ? cvc_verify(&device, &issuer.key, f) : ST_MISMATCH;
	if (st == ST_MISMATCH) {
		*ret = DEVICE_BROKEN;
		return ST_OK;
	}
	return st != ST_OK ? st : check_root(&issuer, ret, f);
}

const char *device_trust_words(enum device_trust t)
{
	static const char *const words[] = {
		[DEVICE_PRODUCTION] = N_("genuine device"),
		[DEVICE_TEST] = N_("the maker's test device"),
		[DEVICE_UNKNOWN] = N_("origin unknown"),
		[DEVICE_BROKEN] = N_("device certificate does not verify"),
	};

	return translated(words[t]);
}
