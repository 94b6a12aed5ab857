/* libFuzzer target: prompt files, with a tokenizer of bytes. tests/fuzz/run builds and runs it.
 * The first byte chooses JSON lines or plain text, and the settings.
 * Sources: src/base/*.c src/grid/prompts.c src/grid/record.c tests/unit/byte_tokenizer.c
 * Libraries: -ljansson -lm */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/byte_tokenizer.h"
#include "base/memory.h"
#include "grid/prompts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *folder_path(const char *name)
{
    static char *folder;

    if (!folder) {
        folder = xasprintf("%s/sinkgrid-fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
        if (!mkdtemp(folder))
            abort();
    }
    return xasprintf("%s/%s", folder, name);
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

static void check(const struct samples *samples, const struct experiment_prompt_set *set)
{
    if (samples->n == 0 || (set->limit > 0 && samples->n > set->limit))
        abort();
    for (int i = 0; i < samples->n; i++) {
        const struct sample *sample = &samples->items[i];
        if (sample->n_tokens < 1 || (set->max_tokens > 0 && sample->n_tokens > set->max_tokens))
            abort();
        for (int t = 0; t < sample->n_tokens; t++)
            if (sample->ids[t] < 0 || sample->ids[t] >= BYTE_VOCABULARY)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tokenizer tokenizers[] = {{NULL}, {"T"}};
    uint8_t choice = size > 0 ? data[0] : 0;
    char *path = folder_path(choice & 1 ? "p.jsonl" : "p.txt");
    struct experiment_prompt_set set = {
        .path = path,
        .chat_template = (char *)(choice & 2 ? "auto" : "none"),
        .bos = (enum bos_rule)(choice >> 2 & 3) % 3,
        .overflow = (enum overflow_rule)(choice >> 4 & 3) % 3,
        .limit = choice >> 6 & 1,
        .max_tokens = choice >> 7 & 1 ? 5 : 0,
    };
    struct samples samples;
    struct error err = {""};

    write_file(path, data + (size > 0), size - (size > 0));
    if (samples_load(&samples, &set, &tokenizers[choice >> 1 & 1], 64, BYTE_VOCABULARY, &err) == 0) {
        check(&samples, &set);
        samples_clear(&samples);
    } else if (!err.text[0] || strchr(err.text, '\n')) {
        abort(); /* a failure without a reason, or not in one line */
    }
    free(path);
    return 0;
}
