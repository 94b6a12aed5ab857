#include "run/worker.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/bfloat16.h"
#include "kernel/kernel.h"
#include "run/machine.h"

int worker_describe(struct ready_message *ready, struct error *err)
{
    const struct kernel *kernel = kernel_select(err);
    const struct pair_products *products;

    machine_describe(ready);
    if (!kernel || bfloat16_products(&products, err))
        return -1;
    snprintf(ready->kernel, sizeof ready->kernel, "%s%s%s", kernel_description(kernel), products ? " + " : "",
             products ? products->name : "");
    return 0;
}

void worker_set_threads(int n_threads)
{
    if (n_threads > 0)
        omp_set_num_threads(n_threads);
}

static bool is_dropped(void *context, int pipeline, int attempt)
{
    (void)context;
    return message_is_dropped(pipeline, attempt);
}

static void progress(void *context)
{
    (void)context;
    message_progress();
}

static void run_stage(const struct assignment *assignment, struct model_keeper *keeper)
{
    static const struct stage_hooks hooks = {is_dropped, progress, NULL};
    struct stage *stage = stage_begin(assignment, &hooks);
    struct result_message result;
    struct measurement measurement;
    uint8_t *bytes = NULL;
    size_t size = 0;

    worker_set_threads(assignment->n.n_threads);
    stage_compute(stage, keeper, &result, &measurement);
    if (result.status == STAGE_OK && measurement.n_samples > 0)
        measurement_pack(&measurement, &bytes, &size);
    measurement_clear(&measurement);
    result.size = size;
    message_send_result(&result, bytes);
    free(bytes);
    stage_end(stage);
}

void worker_run(void)
{
    struct model_keeper keeper = {0};
    struct ready_message ready;
    struct assignment assignment;
    struct error err;

    if (worker_describe(&ready, &err) != 0)
        die("%s", err.text);
    message_send_ready(&ready);
    while (message_receive_assignment(&assignment)) {
        run_stage(&assignment, &keeper);
        assignment_clear(&assignment);
    }
    model_keeper_clear(&keeper);
    message_send_leaving();
}
