#include "run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const double TERMINAL_SECONDS = 0.5, LOG_SECONDS = 60;

void progress_init(struct progress_line *line, double now)
{
    *line = (struct progress_line){.terminal = isatty(STDERR_FILENO) != 0, .shown = now};
}

void progress_format_seconds(double seconds, char *text, int size)
{
    double minutes = seconds / 60, hours = minutes / 60;

    if (!(seconds >= 0))
        snprintf(text, (size_t)size, "?");
    else if (seconds < 120)
        snprintf(text, (size_t)size, "%.0f s", seconds);
    else if (minutes < 120)
        snprintf(text, (size_t)size, "%.0f min", minutes);
    else if (hours < 48)
        snprintf(text, (size_t)size, "%.0f h %.0f min", floor(hours), floor(fmod(minutes, 60)));
    else
        snprintf(text, (size_t)size, "%.1f days", hours / 24);
}

static void format_line(const struct heartbeat *h, char *text, size_t size)
{
    char left[32], failed[32] = "", speed[48] = "";

    progress_format_seconds(h->seconds_left, left, sizeof left);
    if (h->failed > 0)
        snprintf(failed, sizeof failed, ", %d failed", h->failed);
    if (h->tokens_per_second > 0)
        snprintf(speed, sizeof speed, ", %.0f tokens/s", h->tokens_per_second);
    snprintf(text, size, "%d of %d units done%s, %d running%s, %s left", h->stored, h->total, failed, h->running, speed,
             left);
}

void progress_hide(struct progress_line *line)
{
    if (line->width > 0)
        fprintf(stderr, "\r%*s\r", line->width, "");
    line->width = 0;
}

void progress_show(struct progress_line *line, const struct heartbeat *heartbeat, double now)
{
    char text[192];

    if (now - line->shown < (line->terminal ? TERMINAL_SECONDS : LOG_SECONDS))
        return;
    line->shown = now;
    format_line(heartbeat, text, sizeof text);
    if (!line->terminal) {
        log_info("%s", text);
        return;
    }
    progress_hide(line);
    fprintf(stderr, "%s", text);
    fflush(stderr);
    line->width = (int)strlen(text);
}
