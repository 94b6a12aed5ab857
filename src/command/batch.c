/* `sinkgrid batch`: a job script for an experiment, sized by its plan. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/human.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/batch_script.h"
#include "command/command.h"
#include "command/options.h"
#include "grid/calibrate.h"
#include "grid/plan.h"
#include "run/simulate.h"

struct settings {
    struct experiment_overrides overrides;
    int nodes, ranks_per_node, threads, cores;
    uint64_t node_memory;
    double time, gflops;
    const char *name, *partition, *account, *program, *script;
    bool array;
};

#define AT(member) offsetof(struct settings, member)
static const struct option_row options[] = {
    {"nodes", OPTION_INT, "N", AT(nodes), 1, 100000, "nodes (default: as few as hold the deepest pipeline)"},
    {"cores", OPTION_INT, "N", AT(cores), 1, 4096, "cores of a node (default: those of this machine)"},
    {"threads", OPTION_INT, "N", AT(threads), 1, 4096, "threads of a rank (default: 4, or all cores where fewer)"},
    {"ranks-per-node", OPTION_INT, "N", AT(ranks_per_node), 1, 4096, "ranks on a node (default: cores / threads)"},
    {"node-memory", OPTION_BYTES, "SIZE", AT(node_memory), 0, 0,
     "memory of a node: decides the number of stages\n(default: what the largest stage needs, for every rank)"},
    {"time", OPTION_SECONDS, "TIME", AT(time), 60, 1e8, "limit of one go (default: from the estimate, at most a day)"},
    {"gflops", OPTION_DOUBLE, "X", AT(gflops), 1e-3, 1e9,
     "GFLOP/s of a rank in a forward pass (default: measured here)"},
    {"array", OPTION_FLAG, NULL, AT(array), 0, 0, "one task a model instead of one job for all"},
    {"name", OPTION_TEXT, "NAME", AT(name), 0, 0, "of the job (default: the experiment's)"},
    {"partition", OPTION_TEXT, "NAME", AT(partition), 0, 0, "Slurm's partition or PBS's queue"},
    {"account", OPTION_TEXT, "NAME", AT(account), 0, 0, "whose account"},
    {"program", OPTION_TEXT, "PATH", AT(program), 0, 0, "sinkgrid as the nodes see it (default: this one)"},
    {"script", OPTION_TEXT, "PATH", AT(script), 0, 0,
     "PBS: where this script will lie, to submit itself again\n"
     "(default: the job's name and .pbs, where qsub is called)"},
    OPTION_ROWS_OVERRIDES(struct settings, overrides),
    {0},
};

/* What the plan says of the job's size. */
struct job {
    const struct settings *settings;
    const struct plan *plan;
    const char *experiment; /* path */
    int nodes, ranks_per_node, threads, deepest;
    uint64_t node_bytes;
    double seconds, limit; /* estimate, and the limit of one go */
    double rank_rate;      /* FLOP/s */
};

/* ---- sizes ---- */

static int choose_ranks(struct job *job, struct error *err)
{
    const struct settings *s = job->settings;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int cores = s->cores ? s->cores : online > 0 ? (int)online : 1;

    job->threads = s->threads ? s->threads : cores < 4 ? cores : 4;
    job->ranks_per_node = s->ranks_per_node ? s->ranks_per_node : cores / job->threads;
    if (job->ranks_per_node < 1)
        return fail(err, "%d threads a rank do not fit on %d cores", job->threads, cores);
    return 0;
}

/* One rank schedules; the others must hold the deepest pipeline. */
static int choose_nodes(struct job *job, struct error *err)
{
    uint64_t largest = 0;

    for (int i = 0; i < job->plan->n_pipelines; i++) {
        const struct plan_pipeline *p = &job->plan->pipelines[i];
        job->deepest = p->n_stages > job->deepest ? p->n_stages : job->deepest;
        largest = p->stage_bytes > largest ? p->stage_bytes : largest;
    }
    int least = (job->deepest + 1 + job->ranks_per_node - 1) / job->ranks_per_node;
    job->nodes = job->settings->nodes ? job->settings->nodes : least;
    if (job->nodes < least)
        return fail(err, "%d nodes: pipelines of %d stages and the master need %d nodes of %d ranks", job->nodes,
                    job->deepest, least, job->ranks_per_node);
    job->node_bytes = job->settings->node_memory
                          ? job->settings->node_memory
                          : (uint64_t)job->ranks_per_node * (largest + largest / 10 + (UINT64_C(256) << 20));
    return 0;
}

/* Twice the simulated time and ten minutes, in steps of five minutes, at most a day. */
static int choose_time(struct job *job, struct error *err)
{
    struct simulation simulation;

    job->rank_rate = job->settings->gflops * 1e9;
    if (!(job->rank_rate > 0)) {
        double rate = calibrate_flop_rate(job->threads, err);
        if (rate < 0)
            return -1;
        job->rank_rate = rate * CALIBRATE_EFFICIENCY;
    }
    simulate_plan(job->plan, job->nodes * job->ranks_per_node, job->ranks_per_node, job->rank_rate, &simulation);
    job->seconds = simulation.makespan;
    job->limit =
        job->settings->time > 0 ? job->settings->time : fmin(86400, ceil((2 * job->seconds + 600) / 300) * 300);
    return 0;
}

/* ---- the script ---- */

/* The options that narrow the experiment, for `sinkgrid run`. */
static char *run_options(const struct experiment_overrides *overrides)
{
    const struct {
        const char *option;
        const struct string_list *values;
    } rows[] = {{"--set", &overrides->set},
                {"--model", &overrides->models},
                {"--prompt-set", &overrides->prompt_sets},
                {"--tag", &overrides->tags}};
    size_t n = 0, n_words = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        n += 2 * (size_t)rows[i].values->n;
    const char **words = xcalloc(n + 1, sizeof *words);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int j = 0; j < rows[i].values->n; j++) {
            words[n_words++] = rows[i].option;
            words[n_words++] = rows[i].values->items[j];
        }
    char *text = batch_quote(words, n_words);
    free(words);
    return text;
}

/* The models' names, each once: arms of one model share a task. */
static char *model_names(const struct plan *plan, int *n)
{
    const char **names = xcalloc((size_t)plan->n_models + 1, sizeof *names);

    *n = 0;
    for (int i = 0; i < plan->n_models; i++) {
        bool known = false;
        for (int j = 0; j < *n && !known; j++)
            known = strcmp(names[j], plan->models[i].entry->name) == 0;
        if (!known)
            names[(*n)++] = plan->models[i].entry->name;
    }
    char *text = batch_quote(names, (size_t)*n);
    free(names);
    return text;
}

static char *notes(const struct job *job)
{
    char flop[HUMAN_SIZE], rate[HUMAN_SIZE], time[HUMAN_SIZE];
    double total = 0;

    for (int i = 0; i < job->plan->n_pipelines; i++)
        total += job->plan->pipelines[i].flop;
    return xasprintf(
        "# A job of sinkgrid %s for %s: %d pipelines of up to %d stages, %sFLOP.\n"
        "# At %sFLOP/s a rank, %d ranks take about %s. What is missing at the time limit is done in the next go.\n",
        PACKAGE_VERSION, job->experiment, job->plan->n_pipelines, job->deepest, human_count(flop, total),
        human_count(rate, job->rank_rate), job->nodes * job->ranks_per_node, human_seconds(time, job->seconds));
}

static char *quote(const char *word)
{
    return batch_quote(&word, 1);
}

/* Values that both templates have. They own what fill_clear frees. */
struct fill {
    char *name, *time, *array, *program, *experiment, *results, *options, *models, *notes;
};

static char *default_program(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    return length > 0 ? xstrndup(path, (size_t)length) : xstrdup("sinkgrid");
}

static void fill_make(struct fill *fill, const struct job *job, bool days)
{
    const struct experiment *experiment = job->plan->experiment;
    char *program = job->settings->program ? xstrdup(job->settings->program) : default_program();
    char *narrowing = run_options(&job->settings->overrides);
    int n_models;
    char *models = model_names(job->plan, &n_models);

    *fill = (struct fill){
        .name = batch_name(job->settings->name ? job->settings->name : experiment->name),
        .time = batch_time(job->limit, days),
        .array = job->settings->array ? xasprintf("0-%d", n_models - 1) : NULL,
        .program = quote(program),
        .experiment = quote(job->experiment),
        .results = quote(experiment->results),
        .options = xasprintf("%s)", narrowing),
        .models = xasprintf("%s)", models),
        .notes = notes(job),
    };
    free(program);
    free(narrowing);
    free(models);
}

static void fill_clear(struct fill *fill)
{
    char **const texts[] = {&fill->name,    &fill->time,    &fill->array,  &fill->program, &fill->experiment,
                            &fill->results, &fill->options, &fill->models, &fill->notes};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(*texts[i]);
}

/* Rounded up, but not above what a node has. */
static unsigned long long node_mebibytes(const struct job *job)
{
    return (job->node_bytes + (UINT64_C(1) << 20) - 1) >> 20;
}

#define N_VALUES(values) (sizeof(values) / sizeof *(values))

static int write_slurm(const struct job *job, FILE *out, struct error *err)
{
    struct fill fill;
    char nodes[16], ranks[16], threads[16], memory[32];

    fill_make(&fill, job, true);
    snprintf(nodes, sizeof nodes, "%d", job->nodes);
    snprintf(ranks, sizeof ranks, "%d", job->ranks_per_node);
    snprintf(threads, sizeof threads, "%d", job->threads);
    snprintf(memory, sizeof memory, "%lluM", node_mebibytes(job));
    const struct batch_value values[] = {
        {"#SBATCH --job-name=", fill.name},
        {"#SBATCH --nodes=", nodes},
        {"#SBATCH --ntasks-per-node=", ranks},
        {"#SBATCH --cpus-per-task=", threads},
        {"#SBATCH --mem=", memory},
        {"#SBATCH --time=", fill.time},
        {"#SBATCH --output=", job->settings->array ? "%x-%A_%a.log" : NULL},
        {"#SBATCH --array=", fill.array},
        {"#SBATCH --partition=", job->settings->partition},
        {"#SBATCH --account=", job->settings->account},
        {"sinkgrid=", fill.program},
        {"experiment=", fill.experiment},
        {"results=", fill.results},
        {"options=(", fill.options},
        {"models=(", fill.models},
    };
    int rc = batch_fill(batch_slurm_template, fill.notes, values, N_VALUES(values), out, err);
    fill_clear(&fill);
    return rc;
}

static int write_pbs(const struct job *job, FILE *out, struct error *err)
{
    struct fill fill;
    char threads[16];
    char *select =
        xasprintf("%d:ncpus=%d:mpiprocs=%d:ompthreads=%d:mem=%llumb", job->nodes, job->ranks_per_node * job->threads,
                  job->ranks_per_node, job->threads, node_mebibytes(job));

    fill_make(&fill, job, false);
    char *path = job->settings->script ? xstrdup(job->settings->script) : xasprintf("%s.pbs", fill.name);
    char *script = quote(path);
    snprintf(threads, sizeof threads, "%d", job->threads);
    const struct batch_value values[] = {
        {"#PBS -N ", fill.name},
        {"#PBS -l select=", select},
        {"#PBS -l walltime=", fill.time},
        {"#PBS -J ", fill.array},
        {"#PBS -q ", job->settings->partition},
        {"#PBS -A ", job->settings->account},
        {"walltime=", fill.time},
        {"threads=", threads},
        {"script=", script},
        {"sinkgrid=", fill.program},
        {"experiment=", fill.experiment},
        {"results=", fill.results},
        {"options=(", fill.options},
        {"models=(", fill.models},
    };
    int rc = batch_fill(batch_pbs_template, fill.notes, values, N_VALUES(values), out, err);
    fill_clear(&fill);
    free(select);
    free(path);
    free(script);
    return rc;
}

/* ---- the command ---- */

static const struct batch_system {
    const char *name;
    int (*write)(const struct job *job, FILE *out, struct error *err);
} systems[] = {{"slurm", write_slurm}, {"pbs", write_pbs}};

static const struct batch_system *find_system(const char *name)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (strcmp(systems[i].name, name) == 0)
            return &systems[i];
    return NULL;
}

static int make_script(const struct batch_system *system, const struct settings *settings, const char *path,
                       struct error *err)
{
    struct job job = {.settings = settings, .experiment = path};
    struct plan_resources resources = {.header_only = true};
    struct experiment *experiment = NULL;
    struct plan *plan = NULL;
    int rc = -1;

    if (choose_ranks(&job, err) != 0)
        return -1;
    experiment = experiment_load(path, &settings->overrides, err);
    if (!experiment)
        return -1;
    resources.threads = job.threads;
    resources.rank_bytes = settings->node_memory / (uint64_t)job.ranks_per_node;
    job.plan = plan = plan_build(experiment, &resources, false, err);
    if (plan && choose_nodes(&job, err) == 0 && choose_time(&job, err) == 0)
        rc = system->write(&job, stdout, err);
    plan_destroy(plan);
    experiment_destroy(experiment);
    return rc;
}

static int run_batch(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 2, .max = 2};
    struct error err;
    int status = STATUS_OK;

    if (options_parse(&command_batch, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    const struct batch_system *system = find_system(operands.items[0]);
    if (!system) {
        log_error("batch: \"%s\" is neither slurm nor pbs", operands.items[0]);
        status = STATUS_USAGE;
    } else if (make_script(system, &settings, operands.items[1], &err) != 0) {
        log_error("%s", err.text);
        status = STATUS_USAGE;
    }
    options_clear(&command_batch, &settings);
    return status;
}

const struct command command_batch = {
    .name = "batch",
    .arguments = "slurm|pbs EXPERIMENT [options]",
    .summary = "a job script for the experiment, sized by its plan, every line explained",
    .help = "The script goes to standard output. It stops in order before its time limit and queues\n"
            "itself again until the grid is complete. PBS does so by the script's name: see --script.\n\n"
            "example: sinkgrid batch slurm experiments/demo.cfg --cores 64 --threads 16 > job.sh && sbatch job.sh\n"
            "         sinkgrid batch pbs experiments/demo.cfg --cores 64 --threads 16 > demo.pbs && qsub demo.pbs\n",
    .options = options,
    .run = run_batch,
};
