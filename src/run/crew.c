#include "run/crew.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "run/worker.h"

/* Sizes are rounded down to this, so that like nodes are alike. */
static const uint64_t MEMORY_STEP = UINT64_C(64) << 20;

static bool same_host(const struct ready_message *a, const struct ready_message *b)
{
    return strcmp(a->host, b->host) == 0;
}

static bool same_cores(const struct ready_message *a, const struct ready_message *b)
{
    return same_host(a, b) && a->cpus_hash == b->cpus_hash;
}

/* Hosts are numbered by the first worker that lies there. */
static int node_of(const struct crew *crew, int worker)
{
    int first = 0;

    while (!same_host(&crew->ready[first], &crew->ready[worker]))
        first++;
    return first;
}

static int count_like(const struct crew *crew, int worker,
                      bool (*alike)(const struct ready_message *, const struct ready_message *))
{
    int n = 0;

    for (int i = 0; i < crew->n_workers; i++)
        n += alike(&crew->ready[i], &crew->ready[worker]);
    return n;
}

static int threads_of(const struct crew *crew, int worker, int wanted)
{
    const struct ready_message *ready = &crew->ready[worker];

    if (wanted > 0)
        return wanted;
    if (ready->n_threads > 0)
        return ready->n_threads;
    int share = ready->n_cores / count_like(crew, worker, same_cores);
    return share > 0 ? share : 1;
}

static uint64_t bytes_of(const struct crew *crew, int worker)
{
    uint64_t bytes = crew->ready[worker].node_bytes;

    if (bytes == 0)
        return UINT64_MAX;
    return bytes / (uint64_t)count_like(crew, worker, same_host) / MEMORY_STEP * MEMORY_STEP;
}

void crew_build(struct crew *crew, const struct ready_message *ready, int n_workers, int n_ranks, int threads)
{
    size_t n = (size_t)n_workers;
    int least;

    *crew = (struct crew){.n_ranks = n_ranks, .n_workers = n_workers};
    crew->ready = xcalloc(n, sizeof *crew->ready);
    crew->n_threads = xcalloc(n, sizeof *crew->n_threads);
    crew->workers = xcalloc(n, sizeof *crew->workers);
    memcpy(crew->ready, ready, n * sizeof *ready);
    for (int i = 0; i < n_workers; i++)
        crew->n_threads[i] = threads_of(crew, i, threads);
    least = crew_resources(crew).threads;
    for (int i = 0; i < n_workers; i++)
        crew->workers[i] =
            (struct schedule_worker){node_of(crew, i), bytes_of(crew, i), (double)crew->n_threads[i] / (double)least};
}

void crew_clear(struct crew *crew)
{
    free(crew->ready);
    free(crew->n_threads);
    free(crew->workers);
    *crew = (struct crew){0};
}

int crew_gather(struct crew *crew, int threads, struct error *err)
{
    int n_ranks = message_size(), rc = 0;
    struct ready_message *ready = xcalloc((size_t)n_ranks, sizeof *ready);

    if (n_ranks == 1)
        rc = worker_describe(ready, err);
    else
        message_receive_ready(ready);
    if (rc == 0)
        crew_build(crew, n_ranks == 1 ? ready : ready + 1, n_ranks == 1 ? 1 : n_ranks - 1, n_ranks, threads);
    free(ready);
    return rc;
}

int crew_rank(const struct crew *crew, int worker)
{
    return crew->n_ranks == 1 ? 0 : worker + 1;
}

int crew_worker(const struct crew *crew, int rank)
{
    return crew->n_ranks == 1 ? 0 : rank - 1;
}

struct plan_resources crew_resources(const struct crew *crew)
{
    struct plan_resources least = {
        .n_workers = crew->n_workers, .rank_bytes = UINT64_MAX, .threads = crew->n_threads[0]};

    for (int i = 0; i < crew->n_workers; i++) {
        if (crew->n_threads[i] < least.threads)
            least.threads = crew->n_threads[i];
        if (bytes_of(crew, i) < least.rank_bytes)
            least.rank_bytes = bytes_of(crew, i);
    }
    if (least.rank_bytes == UINT64_MAX)
        least.rank_bytes = 0; /* unknown */
    return least;
}

/* ---- report ---- */

/* Threads of all workers that share a worker's cores. */
static int threads_on_cores(const struct crew *crew, int worker)
{
    int n = 0;

    for (int i = 0; i < crew->n_workers; i++)
        if (same_cores(&crew->ready[i], &crew->ready[worker]))
            n += crew->n_threads[i];
    return n;
}

/* The first of those that share its cores: warnings come once. */
static bool is_first(const struct crew *crew, int worker)
{
    for (int i = 0; i < worker; i++)
        if (same_cores(&crew->ready[i], &crew->ready[worker]))
            return false;
    return true;
}

static int warn_of_cores(const struct crew *crew)
{
    int n_warnings = 0;

    for (int i = 0; i < crew->n_workers; i++) {
        const struct ready_message *ready = &crew->ready[i];
        int n_threads = threads_on_cores(crew, i);
        if (!is_first(crew, i) || n_threads <= ready->n_cpus)
            continue;
        n_warnings++;
        if (count_like(crew, i, same_cores) == 1)
            log_warning("rank %d on %s is bound to %d core%s (%s) for its %d threads: mpirun --map-by slot:PE=%d or "
                        "--bind-to none, srun --cpus-per-task=%d",
                        crew_rank(crew, i), ready->host, ready->n_cpus, ready->n_cpus > 1 ? "s" : "", ready->cpus,
                        n_threads, n_threads, n_threads);
        else
            log_warning("on %s %d ranks with %d threads together share %d core%s (%s): set OMP_NUM_THREADS, or start "
                        "fewer ranks",
                        ready->host, count_like(crew, i, same_cores), n_threads, ready->n_cpus,
                        ready->n_cpus > 1 ? "s" : "", ready->cpus);
    }
    return n_warnings;
}

static int warn_of_kernels(const struct crew *crew)
{
    for (int i = 1; i < crew->n_workers; i++)
        if (strcmp(crew->ready[i].kernel, crew->ready[0].kernel) != 0) {
            log_warning("rank %d on %s computes with kernel %s, rank %d on %s with %s: set SINKGRID_KERNEL to one that "
                        "all have",
                        crew_rank(crew, 0), crew->ready[0].host, crew->ready[0].kernel, crew_rank(crew, i),
                        crew->ready[i].host, crew->ready[i].kernel);
            return 1;
        }
    return 0;
}

int crew_report(const struct crew *crew)
{
    int n_nodes = 0, n_cores = 0, n_threads = 0;

    for (int i = 0; i < crew->n_workers; i++) {
        n_nodes += crew->workers[i].node == i;
        n_cores += is_first(crew, i) ? crew->ready[i].n_cores : 0;
        n_threads += crew->n_threads[i];
    }
    log_info("%d rank%s at work, %d thread%s in all, on %d core%s of %d node%s; kernel %s", crew->n_workers,
             crew->n_workers > 1 ? "s" : "", n_threads, n_threads > 1 ? "s" : "", n_cores, n_cores > 1 ? "s" : "",
             n_nodes, n_nodes > 1 ? "s" : "", crew->ready[0].kernel);
    return warn_of_cores(crew) + warn_of_kernels(crew);
}
