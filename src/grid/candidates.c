/* Apart from prompts.c, so that who summarizes needs no tokenizer. */
#include "grid/prompts.h"

int sample_candidates(const struct detect_settings *detect, bool templated, int n_tokens,
                      int candidates[MAX_CANDIDATES])
{
    static const int first[] = {0, 1, 2};
    const int *from = detect->n_candidates > 0 ? detect->candidates : first;
    int n_from = detect->n_candidates > 0 ? detect->n_candidates : templated ? 3 : 2;
    int n = 0;

    for (int i = 0; i < n_from; i++)
        if (from[i] < n_tokens)
            candidates[n++] = from[i];
    return n;
}
