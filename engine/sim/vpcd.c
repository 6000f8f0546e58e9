/*
 * Frames of a length in two bytes and a payload. A payload of one byte is a control code, any other an APDU. An answer
 * goes out in one write, without Nagle's delay. The driver itself writes length and payload apart, with Nagle: it holds the
 * payload back until the length is acknowledged, so that is done at once, or every APDU would take 40 ms longer.
 */
#include "engine/sim/vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/bytes.h"

#define RETRY_MS 200
#define FRAME_MAX 65535
#define CTRL_OFF 0
#define CTRL_ON 1
#define CTRL_RESET 2
#define CTRL_ATR 4

struct link {
	struct sim_card *card;
	int fd;                  /* -1: not connected */
	int stop_fd, woken_fd;
	bool ready, mute;
	vpcd_listener *listener;
	void *arg;
	uint8_t in[FRAME_MAX], out[2 + FRAME_MAX + 1];
};

enum outcome { GO_ON, CUT_OFF, STOP };

/* Waits for the socket or for the caller; ms as poll(). */
static enum outcome await(struct link *l, int ms, bool *ret_data)
{
	struct pollfd fds[] = { { l->stop_fd, POLLIN, 0 }, { l->woken_fd, POLLIN, 0 }, { l->fd, POLLIN, 0 } };
	uint64_t count;

	*ret_data = false;
	if (poll(fds, l->fd < 0 ? 2 : 3, ms) < 0)
		return errno == EINTR ? GO_ON : STOP;
	if (fds[0].revents != 0)
		return STOP;
	if (fds[1].revents != 0 && read(l->woken_fd, &count, sizeof(count)) < 0)
		return STOP;
	*ret_data = l->fd >= 0 && fds[2].revents != 0;
	return GO_ON;
}

static enum outcome read_all(struct link *l, uint8_t *p, size_t n)
{
	while (n > 0) {
		bool data;
		enum outcome o = await(l, -1, &data);
		ssize_t got;

		if (o != GO_ON)
			return o;
		if (!sim_card_plugged(l->card))
			return CUT_OFF;
		if (!data)
			continue;
		got = recv(l->fd, p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return CUT_OFF;
		p += got;
		n -= (size_t)got;
	}
	return GO_ON;
}

/* n bytes of payload stand at out + 2. */
static enum outcome write_frame(struct link *l, size_t n)
{
	const uint8_t *p = l->out;

	l->out[0] = (uint8_t)(n >> 8);
	l->out[1] = (uint8_t)n;
	n += 2;
	while (n > 0) {
		ssize_t put = send(l->fd, p, n, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return CUT_OFF;
		p += put;
		n -= (size_t)put;
	}
	return GO_ON;
}

static enum outcome control(struct link *l, uint8_t code)
{
	size_t n;

	switch (code) {
	case CTRL_OFF:
	case CTRL_ON:
	case CTRL_RESET:
		sim_card_reset(l->card);
		return GO_ON;
	case CTRL_ATR:
		n = sim_card_atr(l->card, l->out + 2);
		if (sim_card_mute(l->card))
			l->out[2] = 0x00;   /* no ATR begins so: pcscd takes the card for mute */
		if (!l->ready)
			l->listener(l->arg, VPCD_READY);
		l->ready = true;
		return write_frame(l, n);
	default:
		return GO_ON;
	}
}

/* Every APDU is answered, whatever happens: the driver waits without a limit. */
static enum outcome exchange(struct link *l, size_t n)
{
	size_t room = FRAME_MAX;
	enum status st = sim_card_apdu(l->card, l->in, n, l->out + 2, &room, NULL);
	enum outcome o;

	explicit_bzero(l->in, n);   /* PINs pass here */
	if (st == ST_CARD_GONE)
		return CUT_OFF;
	if (st != ST_OK) {
		l->out[2] = 0x6f;
		l->out[3] = 0x00;
		room = 2;
	}
	o = write_frame(l, room);
	explicit_bzero(l->out, room + 2);
	return o;
}

/* The kernel forgets this option by itself: it is set anew for each frame. Without it all is slower, not wrong. */
static void acknowledge(const struct link *l)
{
	const int one = 1;

	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

static enum outcome serve_frame(struct link *l)
{
	uint8_t head[2];
	enum outcome o = read_all(l, head, sizeof(head));
	size_t n = o == GO_ON ? (size_t)(head[0] << 8 | head[1]) : 0;

	if (o == GO_ON) {
		acknowledge(l);
		o = read_all(l, l->in, n);
	}
	if (o != GO_ON || n == 0)
		return o;
	return n == 1 ? control(l, l->in[0]) : exchange(l, n);
}

static void disconnect(struct link *l, bool tell)
{
	if (l->fd < 0)
		return;
	sim_card_reset(l->card);
	if (tell && !sim_card_plugged(l->card))
		l->listener(l->arg, VPCD_GONE);
	(void)close(l->fd);
	l->fd = -1;
	l->ready = false;
}

/* False where nobody listens. */
static bool connect_slot(struct link *l, uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) != 0) {
		(void)close(fd);
		return false;
	}
	l->fd = fd;
	return true;
}

enum status vpcd_serve(struct sim_card *c, uint16_t port, int stop_fd, int woken_fd, vpcd_listener *listener, void *arg,
		       struct fault *f)
{
	struct link *l = calloc(1, sizeof(*l));
	enum outcome o = GO_ON;
	bool data;

	if (l == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	*l = (struct link){ .card = c, .fd = -1, .stop_fd = stop_fd, .woken_fd = woken_fd, .listener = listener, .arg = arg };
	while (o != STOP) {
		if (l->fd < 0 && (!sim_card_plugged(c) || !connect_slot(l, port)))
			o = await(l, sim_card_plugged(c) ? RETRY_MS : -1, &data);
		else
			o = serve_frame(l);
		if (o == CUT_OFF) {
			disconnect(l, true);
			o = await(l, RETRY_MS, &data);
		}
	}
	disconnect(l, false);
	explicit_bzero(l, sizeof(*l));
	free(l);
	return ST_OK;
}
