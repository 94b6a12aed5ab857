#include "command/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid/experiment.h"
#include "kernel/bfloat16.h"
#include "kernel/kernel.h"
#include "probe/quantity.h"

static void print_experiment(void)
{
    char *table = experiment_settings_text();

    printf("An experiment file is libconfig text. Paths are relative to the file and may use ${VARIABLE};\n"
           "`results` is relative to the working directory. A list \"( )\" in place of a value makes one arm of\n"
           "each of its values. Keys:\n\n%s\n"
           "example: experiments/sweep.cfg\n",
           table);
    free(table);
}

static void print_quantities(void)
{
    printf("Measured for every layer l and token t; (c): once for every candidate of the primary.\n\n");
    for (int q = 0; q < N_QUANTITIES; q++)
        printf("  %-16s %s%s\n", quantity_table[q].name, quantity_table[q].long_name,
               quantity_table[q].relative ? " (c)" : "");
    printf("  %-16s %s\n", "learned_sink", "probability that a learned sink logit takes (gpt-oss), mean over rows");
    printf("\nThe attention that token t receives in a head is the mean over rows i >= t of A[i, t].\n");
}

static void print_results(void)
{
    printf("In the results folder of an experiment:\n\n"
           "  experiment.cfg       resolved copy, with versions and fingerprints\n"
           "  units/IDENTITY.nc    one file a finished (model, shard): complete or absent\n"
           "  failed/IDENTITY.txt  one a failed pipeline: rank, host, error\n"
           "  sinks.csv            every primary and every token that either rule lists\n"
           "  levels.csv           sink levels: clusters of secondary sinks by (l_start, lifetime)\n"
           "  scaling.csv          one row a model: levels, determinism, weakening, correlations\n"
           "  summary.nc           all of it as NetCDF\n"
           "  report.html          after `sinkgrid report`\n\n"
           "No CSV holds a path, date, host or time: two runs of one experiment give equal files.\n");
}

static void print_status(void)
{
    printf("Exit statuses:\n\n"
           "   0  complete\n"
           "   1  some units failed; `run` again retries them\n"
           "   2  wrong usage or experiment\n"
           "  75  stopped early, by SIGUSR1 or a time limit: run again to go on\n\n"
           "After SIGTERM or a lost rank mpirun's own status stands: treat all but 0, 1, 2 as \"run again\".\n");
}

static void print_environment(void)
{
    printf("Variables that sinkgrid reads:\n\n"
           "  OMP_NUM_THREADS      threads of a rank; unset: all cores that the rank may use\n"
           "  SINKGRID_KERNEL      compute kernel:");
    for (const struct kernel *const *kernel = kernel_table(); *kernel; kernel++)
        printf(" %s%s", (*kernel)->name, kernel_supported(*kernel) ? "" : " (not on this CPU)");
    printf("\n  SINKGRID_BFLOAT16    products of precision = \"bfloat16\": emulated, the same bits on every CPU (the\n"
           "                       default), or hardware%s\n",
           bfloat16_hardware() ? ", faster" : " (not on this CPU)");
    printf("  OPENBLAS_CORETYPE    OpenBLAS's own choice of a kernel, where that is in use\n"
           "  any other            as ${VARIABLE} in paths of experiment files\n");
}

const struct topic topics[] = {
    {"experiment", "the keys of an experiment file", print_experiment},
    {"quantities", "what is measured for every layer and token", print_quantities},
    {"results", "the files in a results folder", print_results},
    {"exit-status", "what the exit status means", print_status},
    {"environment", "environment variables", print_environment},
    {NULL, NULL, NULL},
};

const struct topic *topic_find(const char *name)
{
    for (const struct topic *topic = topics; topic->name; topic++)
        if (strcmp(topic->name, name) == 0)
            return topic;
    return NULL;
}
