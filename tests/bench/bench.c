/* Usage: bench [--csv] [--rounds N] [--model PATH] [--tokens N,N,...] [--ids FILE] PART ...; the parts are listed below. */
#include "bench.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"

enum { MAX_LENGTHS = 8 };

static const struct {
    const char *name, *what;
    void (*run)(const struct bench_options *options);
} parts[] = {
    {"products", "matrix products by every kernel, one thread", bench_products},
    {"attention", "attention of one text", bench_attention},
    {"widening", "stored weights to float32, one thread", bench_widening},
    {"tokenizer", "text to token ids, one thread", bench_tokenizer},
    {"forward", "whole texts, with all statistics and without", bench_forward},
    {"short", "100 texts of 64 tokens, packed", bench_short},
    {"dtypes", "the same weights in several data types", bench_dtypes},
    {"memory", "peak of one long text (one length a process)", bench_memory},
    {"serve", "a pass of `forward` for each line read; for comparisons with other programs", bench_serve},
};
enum { N_PARTS = sizeof parts / sizeof *parts };

static void usage(void)
{
    fprintf(stderr, "usage: bench [--csv] [--rounds N] [--model PATH] [--tokens N,N,...] [--ids FILE] PART ...\n");
    for (int i = 0; i < N_PARTS; i++)
        fprintf(stderr, "  %-10s %s\n", parts[i].name, parts[i].what);
    exit(2);
}

static int parse_lengths(const char *text, int *lengths)
{
    int n = 0;

    for (const char *t = text; t && n < MAX_LENGTHS; t = strchr(t, ',') ? strchr(t, ',') + 1 : NULL)
        lengths[n++] = atoi(t) > 0 ? atoi(t) : 1;
    return n;
}

/* Everything behind the options is a part. */
static int parse(int argc, char **argv, struct bench_options *o, int *lengths)
{
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--csv") == 0) {
            o->csv = true;
            continue;
        }
        if (!value)
            usage();
        if (strcmp(argv[i], "--rounds") == 0)
            o->rounds = atoi(value);
        else if (strcmp(argv[i], "--model") == 0)
            o->model = value;
        else if (strcmp(argv[i], "--tokens") == 0)
            o->n_tokens = parse_lengths(value, lengths);
        else if (strcmp(argv[i], "--ids") == 0)
            o->ids = value;
        else
            usage();
        i++;
    }
    if (o->rounds < 1 || o->rounds > MAX_ROUNDS)
        usage();
    return i;
}

static int find_part(const char *name)
{
    for (int p = 0; p < N_PARTS; p++)
        if (strcmp(parts[p].name, name) == 0)
            return p;
    return -1;
}

int main(int argc, char **argv)
{
    int lengths[MAX_LENGTHS] = {2048};
    struct bench_options options = {.rounds = 7,
                                    .model = "synthetic:llama?layers=2&embd=2048&mlp=5632&heads=32&kv_heads=4",
                                    .tokens = lengths,
                                    .n_tokens = 1,
                                    .n_threads = omp_get_max_threads()};
    int first = parse(argc, argv, &options, lengths);
    struct error err;
    const struct kernel *kernel = kernel_select(&err);

    for (int i = first; i < argc || first == argc; i++)
        if (first == argc || find_part(argv[i]) < 0)
            usage();
    if (!kernel) {
        fprintf(stderr, "bench: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "kernel %s, %d threads\n", kernel_description(kernel), omp_get_max_threads());
    bench_begin(options.csv);
    for (int i = first; i < argc; i++)
        parts[find_part(argv[i])].run(&options);
    return 0;
}
