/* keyroom-sim: one simulated card in a slot of vpcd, until it is told to end. */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/sim/vpcd.h"

static const char usage[] =
	"Usage: keyroom-sim [OPTION...] CARDFILE\n"
	"Puts a simulated SmartCard-HSM into a slot of vpcd, the virtual reader of pcscd, at 127.0.0.1.\n"
	"CARDFILE is the card's whole state; a factory-fresh card is made where it is not there.\n"
	"\n"
	"      --port N            vpcd's port: 35963 (the first slot, default), 35964 (the second)\n"
	"      --realistic         as slow as a device\n"
	"      --trace FILE        append one line per APDU, without secrets\n"
	"      --fault SPEC        misbehave: drop@N lost@N stall@N:MS short@N short:INS wrong:INS garbage:INS\n"
	"                          sw:INS=XXXX zero-kcv limit=BYTES mute, separated by commas; N counts APDUs,\n"
	"                          INS is two hex digits, INS*COUNT limits how often\n"
	"      --no-sync           do not wait for the disk: safe from kill, not from power failure\n"
	"  where the card is made:\n"
	"      --serial S          its serial number, DENK0200914 by default\n"
	"      --firmware M.N      2.0, 3.6 (default), 4.1, ...\n"
	"      --memory KIB        76 by default, 32 before firmware 3\n"
	"      --help, --version\n"
	"\n"
	"Prints \"ready\" when the reader has seen the card, \"gone\" when the card was pulled. SIGUSR1 pulls it, SIGUSR2 puts\n"
	"it in again, SIGTERM ends.\n"
	"Exit: 0 ended by a signal, 1 failed, 2 usage.\n";

struct program {
	struct sim_options options;
	uint16_t port;
	const char *path;
	struct sim_card *card;
	int stop_fd, woken_fd;
	sigset_t signals;
};

static void notify(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		perror("keyroom-sim");
}

/* Signals are waited for on a thread of its own, so that a slow APDU ends at once. */
static void *watch_signals(void *arg)
{
	struct program *p = arg;
	int sig = 0;

	while (sigwait(&p->signals, &sig) == 0) {
		if (sig == SIGUSR2) {
			sim_card_plug(p->card, true);
		} else {
			sim_card_plug(p->card, false);
			if (sig != SIGUSR1)
				notify(p->stop_fd);
		}
		notify(p->woken_fd);
		if (sig != SIGUSR1 && sig != SIGUSR2)
			break;
	}
	return NULL;
}

static void tell(void *arg, enum vpcd_event event)
{
	(void)arg;
	(void)puts(event == VPCD_READY ? "ready" : "gone");
	(void)fflush(stdout);
}

static int complain(const struct fault *f)
{
	(void)fprintf(stderr, "keyroom-sim: %s\n", f->what);
	return f->st == ST_BAD_FORM ? 2 : 1;
}

static int serve(struct program *p)
{
	pthread_t watcher;
	struct fault f;
	enum status st;
	int rc = 0;

	if (pthread_create(&watcher, NULL, watch_signals, p) != 0) {
		(void)fprintf(stderr, "keyroom-sim: no thread could be made.\n");
		return 1;
	}
	st = vpcd_serve(p->card, p->port, p->stop_fd, p->woken_fd, tell, NULL, &f);
	if (st != ST_OK) {
		rc = complain(&f);
		(void)pthread_kill(watcher, SIGTERM);
	}
	(void)pthread_join(watcher, NULL);
	return rc;
}

static int run(struct program *p)
{
	struct fault f;
	int rc;

	(void)sigemptyset(&p->signals);
	(void)sigaddset(&p->signals, SIGTERM);
	(void)sigaddset(&p->signals, SIGINT);
	(void)sigaddset(&p->signals, SIGHUP);
	(void)sigaddset(&p->signals, SIGUSR1);
	(void)sigaddset(&p->signals, SIGUSR2);
	(void)pthread_sigmask(SIG_BLOCK, &p->signals, NULL);
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	p->woken_fd = eventfd(0, EFD_CLOEXEC);
	if (p->stop_fd < 0 || p->woken_fd < 0) {
		perror("keyroom-sim");
		return 1;
	}
	if (sim_card_open(p->path, &p->options, &p->card, &f) != ST_OK)
		return complain(&f);
	rc = serve(p);
	sim_card_close(p->card);
	(void)close(p->stop_fd);
	(void)close(p->woken_fd);
	return rc;
}

static bool number(const char *text, unsigned long min, unsigned long max, unsigned long *ret)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

/* One option; false where it makes no sense. */
static bool take_option(struct program *p, int option, const char *value)
{
	unsigned long v = 0;

	switch (option) {
	case 'p':
		if (!number(value, 1, 65535, &v))
			return false;
		p->port = (uint16_t)v;
		return true;
	case 'm':
		if (!number(value, 1, 1024, &v))
			return false;
		p->options.memory_kib = (unsigned)v;
		return true;
	case 's':
		p->options.serial = value;
		return true;
	case 'w':
		p->options.firmware = value;
		return true;
	case 'r':
		p->options.realistic = true;
		return true;
	case 't':
		p->options.trace = value;
		return true;
	case 'f':
		p->options.fault = value;
		return true;
	case 'n':
		p->options.no_sync = true;
		return true;
	default:
		return false;
	}
}

static int usage_error(void)
{
	(void)fputs("keyroom-sim: the command was not understood; --help lists the options.\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },     { "serial", required_argument, NULL, 's' },
		{ "firmware", required_argument, NULL, 'w' }, { "memory", required_argument, NULL, 'm' },
		{ "realistic", no_argument, NULL, 'r' },      { "trace", required_argument, NULL, 't' },
		{ "fault", required_argument, NULL, 'f' },    { "no-sync", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },           { "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct program p = { .port = VPCD_PORT };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(usage, stdout);
			return 0;
		}
		if (option == 'V') {
			(void)puts("keyroom-sim " KEYROOM_VERSION);
			return 0;
		}
		if (!take_option(&p, option, optarg))
			return usage_error();
	}
	if (optind + 1 != argc)
		return usage_error();
	p.path = argv[optind];
	return run(&p);
}
