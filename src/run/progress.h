/* How far a run is, for whoever watches: one line that is rewritten on a terminal,
 * a line a minute in a log file. Standard error, as all that is not a result. */
#ifndef SINKGRID_RUN_PROGRESS_H
#define SINKGRID_RUN_PROGRESS_H

#include <stdbool.h>

#include "run/heartbeat.h"

struct progress_line {
    bool terminal;
    double shown; /* when the last line was, on the clock of `now` */
    int width;    /* of the line on the terminal */
};

void progress_init(struct progress_line *line, double now);

/* Shows the line if it is time; the numbers are those of the heartbeat. */
void progress_show(struct progress_line *line, const struct heartbeat *heartbeat, double now);

/* Clears the terminal's line: before any other line is written. */
void progress_hide(struct progress_line *line);

/* "95 s", "12 min", "3 h 20 min", "5 days"; "?" if negative. */
void progress_format_seconds(double seconds, char *text, int size);

#endif
