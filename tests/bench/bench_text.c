/* Inputs: stored weights to float32, text to token ids. One thread. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "text/tokenizer.h"
#include "weights/dtype.h"
#include "weights/weights.h"

/* ---- widening: a row stays in the first cache, source and floats ---- */

enum { ROW = 4096, ROW_REPEATS = 2000 };

struct widening {
    const struct dtype *dtype;
    uint64_t *stored;
    float *wide;
};

static void run_widening(void *context)
{
    const struct widening *w = context;

    for (int i = 0; i < ROW_REPEATS; i++) {
        w->dtype->widen(w->stored, w->wide, ROW);
        __asm__ volatile("" ::: "memory"); /* each repetition counts */
    }
}

static const char *const widened[] = {"F32",  "F16",  "BF16", "F8_E4M3", "MXFP4", "Q4_0", "Q4_1",   "Q5_0",   "Q5_1",
                                      "Q8_0", "Q2_K", "Q3_K", "Q4_K",    "Q5_K",  "Q6_K", "IQ4_NL", "IQ4_XS", NULL};

/* Limit: 1 GB of floats a second, so that even a chunk of 512 tokens (1024 FLOP a
 * weight) spends most of its time in products. */
void bench_widening(const struct bench_options *options)
{
    struct widening w = {.stored = xcalloc(ROW, sizeof *w.stored), .wide = float_alloc(ROW, "row", NULL)};
    double floats = 4.0 * ROW * ROW_REPEATS;

    for (uint64_t i = 0; i < ROW; i++)
        w.stored[i] = random_u64(1, 2, i) & 0x3b3b3b3b3b3b3b3b; /* scales neither infinite nor NaN */
    for (const char *const *name = widened; *name; name++) {
        w.dtype = dtype_by_name(*name);
        double stored = (double)w.dtype->block_bytes / (double)w.dtype->block_elements * ROW * ROW_REPEATS;
        struct bench bench = {.bytes = floats + stored,
                              .limit = LIMIT_STATED,
                              .limit_seconds = floats / 1e9,
                              .goal = ">= 1",
                              .run = run_widening,
                              .context = &w};
        snprintf(bench.name, NAME_SIZE, "widening %s", *name);
        bench_measure(&bench, options->rounds);
    }
    free(w.stored);
    float_free(w.wide);
}

/* ---- tokenizer ---- */

enum { TEXT_BYTES = 1 << 20 };

struct encoding {
    const struct tokenizer *tokenizer;
    char *text;
};

static void run_encoding(void *context)
{
    const struct encoding *e = context;
    struct tokens tokens = {0};
    struct error err = {{0}};

    if (tokenizer_encode(e->tokenizer, e->text, TEXT_BYTES, TOKENIZER_NO_SPECIAL, &tokens, NULL, &err)) {
        fprintf(stderr, "bench: %s\n", err.text);
        exit(1);
    }
    tokens_clear(&tokens);
}

/* A mebibyte of words of 1 to 12 letters, with digits, commas and line ends here and
 * there; every word is new, so that caches of words help little: the hard case. */
static char *make_text(void)
{
    char *text = xcalloc(TEXT_BYTES + 16, 1);
    uint64_t word = 0;

    for (size_t n = 0; n < TEXT_BYTES; word++) {
        size_t length = 1 + random_below(7, 0, word, 12);
        for (size_t i = 0; i < length && n < TEXT_BYTES; i++)
            text[n++] = (char)('a' + random_below(7, 1, word * 12 + i, 26));
        if (word % 11 == 0 && n < TEXT_BYTES)
            text[n++] = (char)('0' + word % 10);
        if (word % 7 == 0 && n < TEXT_BYTES)
            text[n++] = ',';
        if (n < TEXT_BYTES)
            text[n++] = word % 17 ? ' ' : '\n';
    }
    return text;
}

/* Limit: 2 MB a second; a text of 16384 tokens in well under 0.1 s. */
void bench_tokenizer(const struct bench_options *options)
{
    struct error err = {{0}};
    struct weights *weights = weights_open(options->model, false, &err);
    struct tokenizer *tokenizer = weights ? tokenizer_open(options->model, weights, &err) : NULL;
    struct encoding e = {tokenizer, make_text()};

    if (tokenizer) {
        struct bench bench = {.bytes = TEXT_BYTES,
                              .limit = LIMIT_STATED,
                              .limit_seconds = TEXT_BYTES / 2e6,
                              .goal = ">= 1",
                              .run = run_encoding,
                              .context = &e};
        snprintf(bench.name, NAME_SIZE, "tokenizer, %s", tokenizer_kind(tokenizer));
        bench_measure(&bench, options->rounds);
    } else {
        fprintf(stderr, "bench: tokenizer: %s\n", err.text);
    }
    free(e.text);
    tokenizer_close(tokenizer);
    weights_close(weights);
}
