#include "tui/console/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>

void qr_done(struct qr *q)
{
	free(q->dark);
	*q = (struct qr){ 0 };
}

enum status qr_make(const char *text, bool sturdy, struct qr *ret, struct fault *f)
{
	QRcode *code = QRcode_encodeString(text, 0, sturdy ? QR_ECLEVEL_M : QR_ECLEVEL_L, QR_MODE_8, 1);
	struct qr q;

	if (code == NULL && errno == ENOMEM)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (code == NULL)
		return fault_set(f, ST_UNSUPPORTED, "This value is too long for a QR code. Write it into a file instead.");
	q = (struct qr){ code->width, calloc((size_t)code->width, (size_t)code->width) };
	for (int i = 0; q.dark != NULL && i < q.side * q.side; i++)
		q.dark[i] = code->data[i] & 1;   /* the lowest bit is the module; the others say what it is for */
	QRcode_free(code);
	if (q.dark == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	*ret = q;
	return ST_OK;
}
