/* Sink levels: clusters of sinks in the plane (l_start, lifetime). Sinks with the
 * same l_start, sorted by lifetime, are split where neighbours differ by more than
 * `gap`; a group of at least `support` is a level. */
#ifndef SINKGRID_SUMMARY_LEVELS_H
#define SINKGRID_SUMMARY_LEVELS_H

#include <stddef.h>

/* A sink that is clustered; a primary or secondary one, by the rule in force. */
struct level_sink {
    int sample; /* index of its sample in the tally */
    int l_start, l_end, lifetime;
    int level; /* set by levels_find: index, -1 unassigned */
    double sink_score, mlp_norm, cos_mlp, hidden_norm;
    double cos_before; /* mean |cos_mlp_hidden| over the layers before l_start, see tally.h */
    int own_before;    /* how many of those layers are its own rows, the others background */
    int n_before;
};

struct level {
    int l_start;
    int lifetime_min, lifetime_max;
    double lifetime_median, lifetime_sd; /* sd: n - 1 */
    size_t count;
    double share;                /* of all sinks clustered */
    double sink_score, mlp_norm; /* means of what is there */
};

struct level_list {
    struct level *items; /* ascending by l_start, then lifetime */
    size_t n;
};

/* Sorts the sinks by (l_start, lifetime, sample), finds the levels and sets
 * sinks[].level. level_list_clear frees. */
void levels_find(struct level_list *levels, struct level_sink *sinks, size_t n, int gap, int support);
void level_list_clear(struct level_list *levels);

/* Share of the sinks that belong to a level if sink i counts weight[sinks[i].sample]
 * times; the sinks are sorted as levels_find leaves them. Missing without sinks. */
double levels_share(const struct level_sink *sinks, size_t n, int gap, int support, const double *weight);

#endif
