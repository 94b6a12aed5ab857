/* The same weights in several data types, each beside float32. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "variant.h"
#include "workload.h"

/* Widths are multiples of 256, a block of Q4_K; narrow, so that widening weighs more
 * than in large models. */
static const char source[] = "synthetic:llama?layers=3&embd=1024&mlp=2816&heads=16&kv_heads=4&context=65536";
static const char *const types[] = {"F32", "F16", "BF16", "Q8_0", "Q4_1", "Q4_K"};
enum { N_TYPES = sizeof types / sizeof *types };

static void stop(const struct error *err)
{
    fprintf(stderr, "bench: %s\n", err->text);
    exit(1);
}

/* The file is gone once it is mapped. */
static void open_variant(struct workload *w, const struct model *model, const char *type, int n_tokens)
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    struct error err;

    snprintf(path, sizeof path, "%s/sinkgrid-bench-%ld-%s.gguf", folder ? folder : "/tmp", (long)getpid(), type);
    if (variant_write(path, model, type, &err)) {
        unlink(path);
        stop(&err);
    }
    workload_open(w, path, NULL, 1, n_tokens);
    unlink(path);
}

static void measure_types(const struct model *model, int n_tokens, int rounds)
{
    struct workload w[N_TYPES];
    struct bench benches[N_TYPES];

    for (int i = 0; i < N_TYPES; i++) {
        open_variant(&w[i], model, types[i], n_tokens);
        benches[i] = (struct bench){.flop = w[i].flop,
                                    .bytes = w[i].bytes,
                                    .limit = LIMIT_SGEMM,
                                    .run = workload_measure,
                                    .context = &w[i],
                                    .compared_goal = "<= 1.05"};
        snprintf(benches[i].name, NAME_SIZE, "%s, %d tokens", types[i], n_tokens);
        if (i > 0)
            snprintf(benches[i].compared, NAME_SIZE, "%s over F32, %d tokens", types[i], n_tokens);
    }
    bench_in_turn(benches, N_TYPES, rounds);
    for (int i = 0; i < N_TYPES; i++)
        workload_close(&w[i]);
}

void bench_dtypes(const struct bench_options *options)
{
    struct error err;
    struct model *model = model_open(source, false, &err);

    if (!model)
        stop(&err);
    for (int i = 0; i < options->n_tokens; i++)
        measure_types(model, options->tokens[i], options->rounds);
    model_close(model);
}
