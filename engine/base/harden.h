/* What the process gives up before it sees a secret. */
#ifndef ENGINE_BASE_HARDEN_H
#define ENGINE_BASE_HARDEN_H

#include "engine/base/error.h"

/*
 * No core dumps, no tracing by others, no socket but local ones (pcscd's is one). First thing in main(), before any
 * thread; fails rather than go on without.
 */
enum status harden_process(struct fault *f);

#endif
