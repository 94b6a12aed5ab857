#include "base/human.h"

#include <math.h>
#include <stdio.h>

/* Three digits, a prefix by powers of 1000. */
static char *scaled(char text[HUMAN_SIZE], double value, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    int p = 0;

    while (value >= 999.5 && p < 6) {
        value /= 1000;
        p++;
    }
    int decimals = p == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    const char *space = p == 0 && !*unit ? "" : " ";
    snprintf(text, HUMAN_SIZE, "%.*f%s%s%s", decimals, value, space, prefixes[p], unit);
    return text;
}

char *human_bytes(char text[HUMAN_SIZE], double bytes)
{
    return scaled(text, bytes, "B");
}

char *human_count(char text[HUMAN_SIZE], double count)
{
    return scaled(text, count, "");
}

char *human_seconds(char text[HUMAN_SIZE], double seconds)
{
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        snprintf(text, HUMAN_SIZE, "?");
    } else if (seconds < 59.95) {
        snprintf(text, HUMAN_SIZE, seconds < 9.995 ? "%.2f s" : "%.1f s", seconds);
    } else {
        long long total = llround(seconds), minutes = total / 60, hours = minutes / 60, days = hours / 24;
        if (days > 0)
            snprintf(text, HUMAN_SIZE, "%lld d %02lld:%02lld", days, hours % 24, minutes % 60);
        else if (hours > 0)
            snprintf(text, HUMAN_SIZE, "%lld:%02lld:%02lld", hours, minutes % 60, total % 60);
        else
            snprintf(text, HUMAN_SIZE, "%lld:%02lld", minutes, total % 60);
    }
    return text;
}
