/* sinkgrid tokenize: the ids of a text, as the model's own tokenizer gives them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "text/bytes.h"
#include "text/template.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include "weights/weights.h"

enum { MAX_TEMPLATE = 4 << 20 };

struct settings {
    bool lines, text, json, no_special;
    const char *template;
};

static const struct option_row options[] = {
    {"lines", OPTION_FLAG, NULL, offsetof(struct settings, lines), 0, 0, "every line is a text of its own"},
    {"no-special", OPTION_FLAG, NULL, offsetof(struct settings, no_special), 0, 0,
     "without the BOS or EOS that the tokenizer adds"},
    {"template", OPTION_TEXT, "none|auto|FILE", offsetof(struct settings, template), 0, 0,
     "put the text, as a user's message, into the model's chat template, or one\nin a file; no BOS is added then "
     "(default none)"},
    {"text", OPTION_FLAG, NULL, offsetof(struct settings, text), 0, 0, "a line a token: id, tab, readable text"},
    {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "a JSON object a text: ids, tokens, replaced"},
    {0},
};

struct job {
    const struct settings *settings;
    const char *model;
    struct tokenizer *tokenizer;
    char *template; /* text of the file; NULL: the model's own */
    struct tokens tokens;
};

static int read_stream(FILE *stream, struct bytes *text, const char *name, struct error *err)
{
    char block[1 << 16];
    size_t n;

    while ((n = fread(block, 1, sizeof block, stream)) > 0)
        bytes_append(text, block, n);
    return ferror(stream) ? fail(err, "%s: %s", name, strerror(errno)) : 0;
}

static int read_text(const char *path, struct bytes *text, struct error *err)
{
    if (!path)
        return read_stream(stdin, text, "standard input", err);
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail(err, "%s: %s", path, strerror(errno));
    int rc = read_stream(file, text, path, err);
    fclose(file);
    return rc;
}

static void print_ids(const struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->n; i++)
        printf("%s%d", i ? " " : "", (int)tokens->ids[i]);
    putchar('\n');
}

static void print_tokens(const struct job *job)
{
    for (size_t i = 0; i < job->tokens.n; i++) {
        char *text = tokenizer_token_text(job->tokenizer, job->tokens.ids[i]);
        printf("%d\t%s\n", (int)job->tokens.ids[i], text);
        free(text);
    }
    if (job->settings->lines)
        putchar('\n');
}

static void print_json(const struct job *job, size_t n_replaced)
{
    json_t *ids = json_array(), *texts = json_array();

    for (size_t i = 0; i < job->tokens.n; i++) {
        char *text = tokenizer_token_text(job->tokenizer, job->tokens.ids[i]);
        json_array_append_new(ids, json_integer(job->tokens.ids[i]));
        json_array_append_new(texts, json_string(text));
        free(text);
    }
    json_t *object = json_pack("{s:o, s:o, s:I}", "ids", ids, "tokens", texts, "replaced", (json_int_t)n_replaced);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static bool uses_template(const struct settings *settings)
{
    return strcmp(settings->template, "none") != 0;
}

static int encode_rendered(struct job *job, const char *text, size_t n, struct error *err)
{
    size_t length;
    char *rendered = template_render_prompt(
        job->tokenizer, job->template, job->template ? job->settings->template : job->model, text, n, &length, err);
    int rc = rendered
                 ? tokenizer_encode(job->tokenizer, rendered, length, TOKENIZER_NO_SPECIAL, &job->tokens, NULL, err)
                 : -1;

    free(rendered);
    return rc;
}

static int encode(struct job *job, const char *text, size_t n, size_t *n_replaced, struct error *err)
{
    enum tokenizer_special special = job->settings->no_special ? TOKENIZER_NO_SPECIAL : TOKENIZER_OWN_SPECIAL;
    struct bytes repaired = {0};

    if (!uses_template(job->settings))
        return tokenizer_encode(job->tokenizer, text, n, special, &job->tokens, n_replaced, err);
    *n_replaced = utf8_append_repaired(&repaired, text, n);
    bytes_clear(&repaired);
    return encode_rendered(job, text, n, err);
}

static int tokenize(struct job *job, const char *text, size_t n, struct error *err)
{
    size_t n_replaced;

    job->tokens.n = 0;
    if (encode(job, text, n, &n_replaced, err))
        return -1;
    if (n_replaced > 0 && !job->settings->json)
        log_warning("%zu ill-formed parts were replaced by U+FFFD", n_replaced);
    if (job->settings->json)
        print_json(job, n_replaced);
    else if (job->settings->text)
        print_tokens(job);
    else
        print_ids(&job->tokens);
    return 0;
}

static int tokenize_lines(struct job *job, const struct bytes *text, struct error *err)
{
    const char *line = text->data, *end = text->data + text->n;

    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t n = (size_t)((newline ? newline : end) - line);
        if (tokenize(job, line, n, err))
            return -1;
        line += n + 1;
    }
    return 0;
}

/* A folder need not hold weights. */
static struct tokenizer *open_tokenizer(const char *path, struct weights **weights, struct error *err)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return fail_null(err, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return tokenizer_open(path, NULL, err);
    *weights = weights_open(path, true, err);
    return *weights ? tokenizer_open(path, *weights, err) : NULL;
}

static int read_template(struct job *job, struct error *err)
{
    const char *name = job->settings->template;
    size_t n;

    if (!uses_template(job->settings) || strcmp(name, "auto") == 0)
        return 0;
    job->template = file_read(name, MAX_TEMPLATE, &n, err);
    return job->template ? 0 : -1;
}

static int run_tokenize(int argc, char **argv)
{
    struct settings settings = {.template = "none"};
    struct operands operands = {.min = 1, .max = 2};
    struct job job = {.settings = &settings};
    struct weights *weights = NULL;
    struct bytes text = {0};
    struct error err;
    int status = STATUS_USAGE;

    if (options_parse(&command_tokenize, argc, argv, &settings, &operands))
        return STATUS_USAGE;
    job.model = operands.items[0];
    job.tokenizer = open_tokenizer(job.model, &weights, &err);
    if (job.tokenizer && read_template(&job, &err) == 0 &&
        read_text(operands.n > 1 ? operands.items[1] : NULL, &text, &err) == 0 &&
        (settings.lines ? tokenize_lines(&job, &text, &err) : tokenize(&job, text.data, text.n, &err)) == 0)
        status = STATUS_OK;
    if (status != STATUS_OK)
        log_error("%s", err.text);
    tokens_clear(&job.tokens);
    free(job.template);
    bytes_clear(&text);
    tokenizer_close(job.tokenizer);
    weights_close(weights);
    return status;
}

const struct command command_tokenize = {
    .name = "tokenize",
    .arguments = "MODEL [FILE]",
    .summary = "token ids, as the model's own tokenizer gives them",
    .help = "MODEL is a folder (tokenizer.json, tokenizer.model, or vocab.json and merges.txt) or a GGUF file;\n"
            "the text is that of FILE, or standard input. Bytes that are not UTF-8 become U+FFFD.\n\n"
            "example: printf 'Hello world' | sinkgrid tokenize models/SmolLM2-135M --text\n",
    .options = options,
    .run = run_tokenize,
};
