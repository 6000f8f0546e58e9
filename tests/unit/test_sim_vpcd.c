/* The simulated card in a slot of vpcd: the test is the driver. */
#include "tests/unit/sim_help.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "engine/sim/vpcd.h"

struct slot {
	struct sim_card *card;
	int listener, fd, stop, woken;
	uint16_t port;
	unsigned ready, gone;
	pthread_t thread;
};

static void heard(void *arg, enum vpcd_event event)
{
	struct slot *s = arg;

	(void)__atomic_add_fetch(event == VPCD_READY ? &s->ready : &s->gone, 1, __ATOMIC_SEQ_CST);
}

static void *serve(void *arg)
{
	struct slot *s = arg;

	(void)vpcd_serve(s->card, s->port, s->stop, s->woken, heard, s, NULL);
	return NULL;
}

static void notify(int fd)
{
	const uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

static void accept_card(struct slot *s)
{
	assert_true(readable(s->listener, 5000));
	s->fd = accept(s->listener, NULL, NULL);
	assert_true(s->fd >= 0);
}

static void start(struct slot *s, struct sim_card *c)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	*s = (struct slot){ .card = c, .stop = eventfd(0, 0), .woken = eventfd(0, 0) };
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &n), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	usleep(50000);   /* nobody listens yet: it tries again */
	assert_int_equal(listen(s->listener, 1), 0);
	accept_card(s);
}

static void stop(struct slot *s)
{
	notify(s->stop);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->fd);
	(void)close(s->listener);
	(void)close(s->stop);
	(void)close(s->woken);
}

static void send_frame(struct slot *s, const char *hex)
{
	uint8_t frame[300];
	size_t n = unhex(hex, frame + 2, sizeof(frame) - 2);

	frame[0] = (uint8_t)(n >> 8);
	frame[1] = (uint8_t)n;
	/* in two pieces, as the driver does, and the second in two more */
	assert_int_equal(send(s->fd, frame, 2, 0), 2);
	assert_int_equal(send(s->fd, frame + 2, n / 2, 0), (ssize_t)(n / 2));
	assert_int_equal(send(s->fd, frame + 2 + n / 2, n - n / 2, 0), (ssize_t)(n - n / 2));
}

/* The whole answer has to be there in one piece. */
static void assert_frame(struct slot *s, const char *hex, const char *want)
{
	uint8_t frame[600];
	char got[1200];
	ssize_t n;

	send_frame(s, hex);
	assert_true(readable(s->fd, 5000));
	n = recv(s->fd, frame, sizeof(frame), 0);
	assert_true(n >= 2);
	assert_int_equal(n - 2, frame[0] << 8 | frame[1]);
	hex_upper(got, frame + 2, (size_t)n - 2);
	assert_string_equal(got, want);
}

#define ATR "3BDE18FF8191FE1FC38031815448534D31738021408107" "1C"

static void frames_are_answered_as_the_driver_wants(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	struct slot s;

	(void)state;
	start(&s, c);
	assert_int_equal(__atomic_load_n(&s.ready, __ATOMIC_SEQ_CST), 0);
	assert_frame(&s, "04", ATR);
	assert_int_equal(__atomic_load_n(&s.ready, __ATOMIC_SEQ_CST), 1);
	send_frame(&s, "01");   /* power on: no answer */
	send_frame(&s, "09");   /* unknown: none either */
	assert_false(readable(s.fd, 50));
	assert_frame(&s, "00200081", "6E00");
	assert_frame(&s, SELECT, "6F0A8201788505000000" "03069000");
	assert_frame(&s, INIT, "9000");
	assert_frame(&s, "00200081", "9000");
	assert_frame(&s, "04", ATR);   /* the presence poll changes nothing */
	assert_frame(&s, "00200081", "9000");
	send_frame(&s, "02");
	assert_frame(&s, "00200081", "6E00");
	assert_frame(&s, "00200081FFFF", "6700");
	stop(&s);
	sim_card_close(c);
}

static void a_pulled_card_hangs_up_and_comes_back(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	struct slot s;
	uint8_t byte;

	(void)state;
	start(&s, c);
	assert_frame(&s, "04", ATR);
	sim_card_plug(c, false);
	notify(s.woken);
	assert_true(readable(s.fd, 5000));
	assert_int_equal(recv(s.fd, &byte, 1, 0), 0);
	assert_int_equal(__atomic_load_n(&s.gone, __ATOMIC_SEQ_CST), 1);
	assert_false(readable(s.listener, 400));
	(void)close(s.fd);
	sim_card_plug(c, true);
	notify(s.woken);
	accept_card(&s);
	assert_frame(&s, "04", ATR);
	assert_frame(&s, SELECT, "6F0A8201788505000000" "03069000");
	assert_int_equal(sim_card_set_fault(c, "drop@1", NULL), ST_OK);
	assert_frame(&s, "00200081", "6A88");
	send_frame(&s, "00200081");
	assert_true(readable(s.fd, 5000));
	assert_int_equal(recv(s.fd, &byte, 1, 0), 0);
	stop(&s);
	sim_card_close(c);
}

static void a_driver_that_hangs_up_is_called_again(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	struct slot s;

	(void)state;
	start(&s, c);
	assert_frame(&s, SELECT, "6F0A8201788505000000" "03069000");
	(void)close(s.fd);
	accept_card(&s);
	assert_frame(&s, "04", ATR);
	assert_frame(&s, "00200081", "6E00");
	assert_int_equal(sim_card_set_fault(c, "short:20,mute", NULL), ST_OK);
	assert_frame(&s, "00200081", "6E");
	assert_frame(&s, "04", "00" "DE18FF8191FE1FC38031815448534D31738021408107" "1C");
	stop(&s);
	sim_card_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_answered_as_the_driver_wants),
		cmocka_unit_test(a_pulled_card_hangs_up_and_comes_back),
		cmocka_unit_test(a_driver_that_hangs_up_is_called_again),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
