/* How long a device takes, for realistic cards. Internal to engine/sim. */
#ifndef ENGINE_SIM_TIMES_H
#define ENGINE_SIM_TIMES_H

#include <stdint.h>

enum sim_work { SIM_WORK_RSA_NEW, SIM_WORK_EC_NEW, SIM_WORK_RSA, SIM_WORK_EC, SIM_WORK_WRAP, SIM_WORK_ERASE };

/* Milliseconds beyond what every APDU takes. */
unsigned sim_time_ms(uint8_t major, enum sim_work work, unsigned bits);

#endif
