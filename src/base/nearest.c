#include "base/nearest.h"

#include <string.h>

enum { LONGEST_WORD = 63 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

int edit_distance(const char *a, const char *b)
{
    int rows[3][LONGEST_WORD + 1]; /* of the prefixes of a that end at i-2, i-1, i */
    int *before = rows[0], *above = rows[1], *row = rows[2];
    int n_a = (int)strnlen(a, LONGEST_WORD), n_b = (int)strnlen(b, LONGEST_WORD);

    for (int j = 0; j <= n_b; j++)
        row[j] = j;
    for (int i = 1; i <= n_a; i++) {
        int *spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = i;
        for (int j = 1; j <= n_b; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[n_b];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
    int third = (int)strnlen(word, LONGEST_WORD) / 3;
    int best = (third > 2 ? third : 2) + 1;
    const char *nearest = NULL;

    for (size_t i = 0; i < n; i++) {
        int distance = edit_distance(word, names[i]);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
