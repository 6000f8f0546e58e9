/* A simulated card in a virtual reader of pcscd: the client side of vpcd's protocol, vpcd.md. */
#ifndef ENGINE_SIM_VPCD_H
#define ENGINE_SIM_VPCD_H

#include <stdint.h>

#include "engine/sim/sim.h"

#define VPCD_PORT 35963   /* the first slot; the second is 35964 */

/* What the caller wants to hear about; called from vpcd_serve(). */
enum vpcd_event {
	VPCD_READY,       /* the reader has asked for the card's ATR: it is in */
	VPCD_GONE,        /* the card was pulled, or has dropped out */
};
typedef void vpcd_listener(void *arg, enum vpcd_event event);

/*
 * Keeps the card in the slot at 127.0.0.1:port: connects, again and again where nobody listens, and answers. A card that is
 * out is not connected. Returns when stop_fd is readable; woken_fd, an eventfd, is read and says that the card was
 * plugged in or out. ST_OK, or ST_DISK where sockets cannot be had.
 */
enum status vpcd_serve(struct sim_card *c, uint16_t port, int stop_fd, int woken_fd, vpcd_listener *listener, void *arg,
		       struct fault *f);

#endif
