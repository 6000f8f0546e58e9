/*
 * A card as it leaves the factory: its key CC00, and EF.C_DevAut with the certificates of device and issuer. All simulated
 * cards chain to one root and one issuer, whose private keys are made from the sentences below: they are public, and
 * vouch for nothing but that a card is simulated.
 */
#include "engine/sim/card.h"

#include <string.h>
#include <time.h>

#include "engine/sim/curves.h"
#include "engine/sim/cvc.h"
#include "engine/sim/digest.h"

#define ISSUER "UTSIMCA000001"
#define DEVICE_YEARS 5   /* as the device certificate of a 4.1 seen, real-devices.md 10 */

static const char root_seed[] = "Keyroom: root of simulated devices, worth nothing";
static const char issuer_seed[] = "Keyroom: issuer of simulated devices, worth nothing";

/* A private key from a sentence; the top bit is cleared to stay below the order of brainpoolP256r1, A9FB57DB... */
static bool seed_key(const char *seed, uint8_t d[static 32])
{
	if (!sim_sha256(d, cur_of(seed, strlen(seed)), cur_of(NULL, 0)))
		return false;
	d[0] &= 0x7f;
	return true;
}

static bool seed_point(const char *seed, struct buf *ret)
{
	uint8_t d[32];

	return seed_key(seed, d) && sim_curve_public(SIM_CURVE_BP256R1, cur_of(d, sizeof(d)), ret);
}

enum status sim_root_point(uint8_t out[static 65], struct fault *f)
{
	BUF point = { 0 };

	if (!seed_point(root_seed, &point) || point.n != 65)
		return fault_set(f, ST_CRYPTO, NULL);
	memcpy(out, point.p, 65);
	return ST_OK;
}

static void format_date(char out[static 7], time_t when, int years)
{
	struct tm tm = { 0 };
	int y, m, d;

	(void)gmtime_r(&when, &tm);
	y = (tm.tm_year + years) % 100;
	m = tm.tm_mon + 1;
	d = tm.tm_mday > 28 ? 28 : tm.tm_mday;
	const char digits[7] = { (char)('0' + y / 10), (char)('0' + y % 10), (char)('0' + m / 10), (char)('0' + m % 10),
				 (char)('0' + d / 10), (char)('0' + d % 10), '\0' };
	memcpy(out, digits, sizeof(digits));
}

static struct cur text(const char *s)
{
	return cur_of(s, strlen(s));
}

/* EF.C_DevAut: device, then issuer. Newer issuers' bodies end with an empty extensions object. */
static bool put_certificates(struct sim_state *s, struct cur device_point, struct buf *out)
{
	BUF issuer_point = { 0 };
	uint8_t root[32], issuer[32];
	char chr[SIM_SERIAL_MAX + 6], from[7], to[7];
	time_t now = time(NULL);

	memcpy(chr, s->serial, strlen(s->serial));
	memcpy(chr + strlen(s->serial), "00000", 6);
	format_date(from, now, 0);
	format_date(to, now, DEVICE_YEARS);
	if (!seed_key(root_seed, root) || !seed_key(issuer_seed, issuer) || !seed_point(issuer_seed, &issuer_point))
		return false;
	const struct sim_cert device_cert = { .car = text(ISSUER), .chr = text(chr), .point = device_point,
		.role = SIM_ROLE_DEVICE, .effective = from, .expiry = to };
	const struct sim_cert issuer_cert = { .car = text(SIM_ROOT), .chr = text(ISSUER), .point = buf_view(&issuer_point),
		.role = SIM_ROLE_ISSUER, .effective = "200101", .expiry = "491231", .extensions = s->major >= 4 };
	return sim_cvc_certificate(out, &device_cert, cur_of(issuer, sizeof(issuer))) &&
	       sim_cvc_certificate(out, &issuer_cert, cur_of(root, sizeof(root)));
}

bool sim_factory(struct sim_state *s)
{
	struct sim_key key = { .ref = 0, .type = SIM_EC, .bits = 256, .curve = SIM_CURVE_BP256R1 };
	struct sim_file *file = sim_file_add(s, SIM_EF_DEVAUT);
	BUF d = { 0 }, q = { 0 };
	bool done;

	if (file == NULL || !sim_curve_generate(SIM_CURVE_BP256R1, &d, &q))
		return false;
	sim_put_part(&key.parts, d.p, d.n);
	sim_put_part(&key.parts, q.p, q.n);
	done = !key.parts.failed && put_certificates(s, buf_view(&q), &file->data);
	sim_key_put(s, &key);
	return done && sim_pin_set(&s->so, text(SIM_SO_PIN), SIM_SO_TRIES);
}
