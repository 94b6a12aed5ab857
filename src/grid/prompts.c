#include "grid/prompts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "grid/record.h"

enum { TEXT_LIMIT = 1 << 30, TEMPLATE_LIMIT = 1 << 20 }; /* bytes of a plain text and of a template */

struct loader {
    const struct experiment_prompt_set *set;
    struct record_reader reader;
    size_t max_tokens;
    struct samples *samples;
    size_t capacity;
};

/* ---- one sample ---- */

static int apply_bos(const struct loader *loader, struct tokens *tokens, struct error *err)
{
    int32_t bos = loader->reader.tokenizer ? tokenizer_bos(loader->reader.tokenizer) : -1;
    bool begins = tokens->n > 0 && tokens->ids[0] == bos;

    if (loader->set->bos == BOS_TRUE && bos < 0)
        return fail(err, "bos = true, but the model's tokenizer names no such token");
    if (loader->set->bos == BOS_TRUE && !begins) {
        tokens->ids = array_grow(tokens->ids, tokens->n, &tokens->capacity, sizeof *tokens->ids);
        memmove(tokens->ids + 1, tokens->ids, tokens->n++ * sizeof *tokens->ids);
        tokens->ids[0] = bos;
    } else if (loader->set->bos == BOS_FALSE && begins) {
        memmove(tokens->ids, tokens->ids + 1, --tokens->n * sizeof *tokens->ids);
    }
    return 0;
}

static int check_tokens(const struct loader *loader, const struct tokens *tokens, struct error *err)
{
    if (tokens->n == 0)
        return fail(err, "a sample without tokens");
    for (size_t i = 0; i < tokens->n; i++)
        if (tokens->ids[i] < 0 || tokens->ids[i] >= loader->reader.n_vocab)
            return fail(err, "token id %d at position %zu is not in the model's vocabulary of %d", tokens->ids[i], i,
                        loader->reader.n_vocab);
    if (tokens->n > loader->max_tokens && loader->set->overflow == OVERFLOW_ERROR)
        return fail(err, "%zu tokens, more than %zu, and overflow = \"error\"", tokens->n, loader->max_tokens);
    return 0;
}

static void take_fingerprint(struct sample *sample)
{
    struct sha256 hash;

    sha256_init(&hash);
    for (int32_t i = 0; i < sample->n_tokens; i++) {
        uint32_t id = (uint32_t)sample->ids[i];
        uint8_t bytes[4] = {(uint8_t)id, (uint8_t)(id >> 8), (uint8_t)(id >> 16), (uint8_t)(id >> 24)};
        sha256_update(&hash, bytes, sizeof bytes);
    }
    sha256_final_hex(&hash, sample->fingerprint);
}

/* Appends a sample that takes over the tokens; they are empty after it. */
static int add_sample(struct loader *loader, struct tokens *tokens, bool templated, struct error *err)
{
    struct samples *samples = loader->samples;

    if (apply_bos(loader, tokens, err) != 0 || check_tokens(loader, tokens, err) != 0)
        return -1;
    bool truncated = tokens->n > loader->max_tokens;
    size_t n = truncated ? loader->max_tokens : tokens->n;
    if (n > INT32_MAX || samples->n == INT32_MAX)
        return fail(err, "%zu tokens are too many", n);
    samples->items = array_grow(samples->items, (size_t)samples->n, &loader->capacity, sizeof *samples->items);
    struct sample *sample = &samples->items[samples->n++];
    *sample = (struct sample){.n_tokens = (int32_t)n, .truncated = truncated, .templated = templated};
    sample->ids = xrealloc(tokens->ids, n, sizeof *tokens->ids);
    *tokens = (struct tokens){0};
    take_fingerprint(sample);
    return 0;
}

static bool is_enough(const struct loader *loader)
{
    return loader->set->limit > 0 && loader->samples->n >= loader->set->limit;
}

/* ---- JSON lines ---- */

static int load_record(json_t *record, size_t number, void *context, struct error *err)
{
    struct loader *loader = context;
    struct tokens tokens = {0};
    bool templated;

    (void)number;
    int rc = record_encode(&loader->reader, record, &tokens, &templated, err);
    if (rc == 0)
        rc = add_sample(loader, &tokens, templated, err);
    tokens_clear(&tokens);
    return rc == 0 && is_enough(loader) ? 1 : rc;
}

/* ---- plain text ---- */

static int load_text(struct loader *loader, const char *path, struct error *err)
{
    struct tokens tokens = {0};
    size_t size, valid;
    char *text = file_read(path, TEXT_LIMIT, &size, err);
    int rc = -1;

    if (!text)
        return -1;
    valid = utf8_valid_length(text, size);
    if (valid < size)
        fail(err, "%s:%zu: text is not UTF-8", path, text_line(text, valid));
    else if (record_encode_text(&loader->reader, text, size, &tokens, err) != 0 ||
             add_sample(loader, &tokens, false, err) != 0)
        fail_prefix(err, "%s", path);
    else
        rc = 0;
    tokens_clear(&tokens);
    free(text);
    return rc;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static int is_text_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_with(entry->d_name, ".txt");
}

static int load_folder(struct loader *loader, const char *path, struct error *err)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_text_file, alphasort);
    int rc = 0;

    if (n < 0)
        return fail(err, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (rc == 0 && !is_enough(loader)) {
            char *file = xasprintf("%s/%s", path, entries[i]->d_name);
            rc = load_text(loader, file, err);
            free(file);
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* ---- the set ---- */

static int load_path(struct loader *loader, const char *path, struct error *err)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return fail(err, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return load_folder(loader, path, err);
    if (ends_with(path, ".jsonl") || ends_with(path, ".ndjson") || ends_with(path, ".json"))
        return json_each_line(path, load_record, loader, err);
    return load_text(loader, path, err);
}

/* Finds the chat template; *owned is the caller's to free. */
static int choose_template(struct loader *loader, char **owned, struct error *err)
{
    const char *choice = loader->set->chat_template;
    size_t size;

    *owned = NULL;
    if (strcmp(choice, "none") == 0)
        return 0;
    if (strcmp(choice, "auto") == 0) {
        loader->reader.chat_template =
            loader->reader.tokenizer ? tokenizer_chat_template(loader->reader.tokenizer) : NULL;
        loader->reader.template_name = "chat template";
        return 0;
    }
    *owned = file_read(choice, TEMPLATE_LIMIT, &size, err);
    loader->reader.chat_template = *owned;
    loader->reader.template_name = choice;
    if (*owned && strlen(*owned) < size)
        return fail(err, "%s: a zero byte", choice);
    return *owned ? 0 : -1;
}

/* Tokens that are kept of a sample. */
static size_t token_limit(const struct experiment_prompt_set *set, int n_positions)
{
    size_t wanted = set->max_tokens > 0 ? (size_t)set->max_tokens : SIZE_MAX;
    size_t positions = n_positions > 0 && set->overflow != OVERFLOW_EXTEND ? (size_t)n_positions : SIZE_MAX;

    return wanted < positions ? wanted : positions;
}

int samples_load(struct samples *samples, const struct experiment_prompt_set *set, const struct tokenizer *tokenizer,
                 int n_positions, int n_vocab, struct error *err)
{
    struct loader loader = {
        .set = set,
        .reader = {.tokenizer = tokenizer, .n_vocab = n_vocab},
        .max_tokens = token_limit(set, n_positions),
        .samples = samples,
    };
    char *owned = NULL;

    *samples = (struct samples){0};
    int rc = choose_template(&loader, &owned, err);
    if (rc == 0)
        rc = load_path(&loader, set->path, err);
    if (rc == 0 && samples->n == 0)
        rc = fail(err, "%s: no samples", set->path);
    free(owned);
    if (rc != 0)
        samples_clear(samples);
    return rc;
}

void samples_clear(struct samples *samples)
{
    for (int i = 0; i < samples->n; i++)
        free(samples->items[i].ids);
    free(samples->items);
    *samples = (struct samples){0};
}
