/* Time: a clock that only goes forward, for elapsed times, and the wall's, for records. */
#ifndef ENGINE_BASE_CLOCK_H
#define ENGINE_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);      /* milliseconds since some point; never goes back */
int64_t clock_wall(void);    /* seconds since 1970-01-01 UTC */
void clock_sleep_ms(int64_t ms);

#endif
