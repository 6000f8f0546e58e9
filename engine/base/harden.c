#include "engine/base/harden.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

static int refuse_network(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = -1;

	if (filter == NULL)
		return -1;
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0)) == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

enum status harden_process(struct fault *f)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || refuse_network() != 0)
		return fault_set(f, ST_REFUSED,
				 "This program cannot be shut off here against core dumps, tracing and the network, so a PIN could "
				 "leak. Nothing was done.");
	return ST_OK;
}
