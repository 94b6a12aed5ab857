/* What the targets of model files share: an input becomes a file in a folder of its
 * own, is opened both ways, and everything in it is touched. */
#ifndef SINKGRID_TESTS_FUZZ_WEIGHTS_INPUT_H
#define SINKGRID_TESTS_FUZZ_WEIGHTS_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "weights/weights.h"

/* A folder with a config.json, made once; left to whoever cleans $TMPDIR. */
static inline const char *input_folder(void)
{
    static char *folder;

    if (!folder) {
        folder = xasprintf("%s/sinkgrid-fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
        char *config = mkdtemp(folder) ? xasprintf("%s/config.json", folder) : NULL;
        FILE *file = config ? fopen(config, "wb") : NULL;
        if (!file || fputs("{}", file) < 0 || fclose(file))
            abort();
        free(config);
    }
    return folder;
}

static inline void write_input(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

/* The first and the last row, whole and from the second block on. */
static inline void touch_tensor(const struct tensor *tensor)
{
    size_t rows = tensor_rows(tensor), columns = tensor_columns(tensor), block = tensor->dtype->block_elements;

    if (!tensor->data || !tensor->dtype->widen || tensor_elements(tensor) == 0)
        return;
    float *row = xcalloc(columns, sizeof *row);
    tensor_widen(tensor, 0, 0, columns, row);
    tensor_widen(tensor, rows - 1, 0, columns, row);
    if (columns > block)
        tensor_widen(tensor, rows - 1, block, columns, row);
    free(row);
}

static inline void touch_metadata(const struct gguf *gguf)
{
    const struct gguf_string *strings;
    struct gguf_string text;
    struct error err;
    size_t n, bytes = 0;
    double number;
    long integer;
    bool truth;

    for (size_t i = 0; i < gguf_count(gguf); i++) {
        char *key = xstrndup(gguf_key(gguf, i).text, gguf_key(gguf, i).length);
        gguf_get_long(gguf, key, &integer, &err);
        gguf_get_double(gguf, key, &number, &err);
        gguf_get_bool(gguf, key, &truth, &err);
        if (!gguf_get_string(gguf, key, &text, &err) && gguf_has(gguf, key))
            for (size_t k = 0; k < text.length; k++)
                bytes += (size_t)text.text[k];
        for (size_t k = 0; k < gguf_array_length(gguf, key); k++)
            if (gguf_array_long(gguf, key, k, &integer, &err) && gguf_array_double(gguf, key, k, &number, &err))
                break; /* not numbers */
        if (!gguf_array_strings(gguf, key, &strings, &n, &err))
            for (size_t k = 0; k < n; k++)
                bytes += strings[k].length ? (size_t)strings[k].text[strings[k].length - 1] : 0;
        free(key);
    }
    if (bytes == 1) /* uses what was read */
        abort();
}

static inline void open_and_touch(const char *path, bool header_only)
{
    struct error err = {""};
    struct weights *weights = weights_open(path, header_only, &err);
    char hex[SHA256_HEX_SIZE];

    if (!weights) {
        if (!err.text[0] || strchr(err.text, '\n'))
            abort(); /* a failure without a reason, or not in one line */
        return;
    }
    for (size_t i = 0; i < weights_count(weights); i++) {
        if (weights_find(weights, weights_at(weights, i)->name) != weights_at(weights, i))
            abort();
        touch_tensor(weights_at(weights, i));
    }
    if (weights_gguf(weights))
        touch_metadata(weights_gguf(weights));
    weights_fingerprint(weights, true, hex, &err);
    weights_close(weights);
}

#endif
