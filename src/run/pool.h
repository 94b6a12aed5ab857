/* The workers that are free, by node. Picks the workers of a gang: on one node
 * where one has room (the fullest that fits), else on as few nodes as possible,
 * consecutive stages side by side; on a node first the workers that hold the same
 * stage of the model, then the same model. Knows nothing of which pipeline waits.
 *
 * A kind is a pair (memory level, speed) that nodes share. Levels are the distinct
 * memory sizes of the workers, ascending, at most MAX_LEVELS of them. */
#ifndef SINKGRID_RUN_POOL_H
#define SINKGRID_RUN_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct schedule_worker;
struct pool;

enum { MAX_LEVELS = 16 };

/* No worker is free at first. `workers` is borrowed until the call returns. */
struct pool *pool_create(const struct schedule_worker *workers, int n_workers);
void pool_destroy(struct pool *pool);

int pool_levels(const struct pool *pool);
/* The least level that holds `bytes`, pool_levels() if none does. */
int pool_level_for(const struct pool *pool, uint64_t bytes);
/* All workers of a level or higher ones: free at the moment, and altogether. */
int pool_free_count(const struct pool *pool, int level);
int pool_total_count(const struct pool *pool, int level);
int pool_absent_count(const struct pool *pool, int level); /* never free so far */
double pool_speed_at(const struct pool *pool, int level);  /* sum over all workers of exactly that level */
double pool_total_speed(const struct pool *pool);

void pool_release(struct pool *pool, int worker);
void pool_claim(struct pool *pool, int worker); /* a free one goes on with what it holds */
bool pool_is_free(const struct pool *pool, int worker);
int pool_node(const struct pool *pool, int worker);
int pool_level(const struct pool *pool, int worker);
double pool_speed(const struct pool *pool, int worker);
int pool_model(const struct pool *pool, int worker); /* that it holds; -1: none */

struct pool_request {
    int n;         /* workers wanted; at least so many are free at the level */
    int level;     /* least memory level */
    int level_end; /* levels below this one only */
    int model;
    int near;  /* node to prefer, -1: any */
    int avoid; /* node to leave out if the others have room, -1: none */
};

/* Fills workers[0 ... n-1], by stage; they hold the model from now on. */
void pool_take(struct pool *pool, const struct pool_request *request, int *workers);

#endif
