#include "run/flight.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void flight_start(struct flight *flight, const struct schedule_start *start, double now)
{
    flight_forget(flight);
    flight->attempt = start->attempt;
    flight->n_stages = start->n_stages;
    memcpy(flight->workers, start->workers, sizeof flight->workers);
    memset(flight->reported, 0, sizeof flight->reported);
    flight->dropped = false;
    flight->start = now;
    flight->profile = (struct profile){0};
}

void flight_forget(struct flight *flight)
{
    measurement_clear(&flight->whole);
    flight->whole = (struct measurement){0};
}

void flight_clear(struct flight *flight)
{
    flight_forget(flight);
    free(flight->log);
    flight->log = NULL;
}

int flight_join(struct flight *flight, struct measurement *part, struct error *err)
{
    int rc = 0;

    if (flight->whole.n_samples == 0)
        flight->whole = *part;
    else
        rc = measurement_join(&flight->whole, part, err);
    if (rc != 0)
        measurement_clear(part);
    *part = (struct measurement){0};
    return rc;
}

void flight_log(struct flight *flight, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    char *longer = xasprintf("%sattempt %d, %s\n", flight->log ? flight->log : "", flight->attempt, line);
    free(flight->log);
    flight->log = longer;
}
