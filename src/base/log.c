#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int log_rank = -1;
static enum log_level log_threshold = LOG_INFO;

void log_set_rank(int rank)
{
    log_rank = rank;
}

void log_set_level(enum log_level level)
{
    log_threshold = level;
}

/* One write(2) a line, so that lines of several ranks do not mix. */
static void log_line(enum log_level level, const char *format, va_list args)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char line[1024], stamp[32], rank[24] = "";
    time_t now = time(NULL);
    struct tm parts;

    if (level > log_threshold)
        return;
    localtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%H:%M:%S", &parts);
    if (log_rank >= 0)
        snprintf(rank, sizeof rank, " rank %d", log_rank);
    int n = snprintf(line, sizeof line, "%s%s %s: ", stamp, rank, names[level]);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    if (m < 0)
        return;
    size_t length = (size_t)n + (size_t)m;
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nowhere is left to report it */
}

#define DEFINE_LOG(name, level)                                                                    \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        log_line(level, format, args);                                                             \
        va_end(args);                                                                              \
    }

DEFINE_LOG(log_error, LOG_ERROR)
DEFINE_LOG(log_warning, LOG_WARNING)
DEFINE_LOG(log_info, LOG_INFO)
DEFINE_LOG(log_debug, LOG_DEBUG)
