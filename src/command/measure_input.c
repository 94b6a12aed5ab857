#include "command/measure_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "text/tokenizer.h"

enum { MAX_TEXT = 1 << 30 };

void id_lists_clear(struct id_lists *lists)
{
    for (int i = 0; i < lists->n; i++)
        free(lists->ids[i]);
    free(lists->ids);
    free(lists->n_tokens);
    *lists = (struct id_lists){0};
}

static void append(struct id_lists *lists, int32_t *ids, size_t n)
{
    lists->ids = xrealloc(lists->ids, (size_t)lists->n + 1, sizeof *lists->ids);
    lists->n_tokens = xrealloc(lists->n_tokens, (size_t)lists->n + 1, sizeof *lists->n_tokens);
    lists->ids[lists->n] = ids;
    lists->n_tokens[lists->n++] = (int32_t)n;
}

static int parse_line(struct id_lists *lists, const char *line, struct error *err)
{
    int32_t *ids = NULL;
    size_t n = 0, capacity = 0;
    char *end;

    for (line += strspn(line, " \t\r\n"); *line; line = end + strspn(end, " \t\r\n")) {
        errno = 0;
        long id = strtol(line, &end, 10);
        if (end == line || errno || id < 0 || id > INT32_MAX || !strchr(" \t\r\n", *end)) {
            free(ids);
            return fail(err, "\"%.20s\" is not a token id", line);
        }
        ids = array_grow(ids, n, &capacity, sizeof *ids);
        ids[n++] = (int32_t)id;
    }
    if (n > 0)
        append(lists, ids, n);
    return 0;
}

int id_lists_read(struct id_lists *lists, const char *path, struct error *err)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0, number = 0;
    int rc = 0;

    if (!file)
        return fail(err, "%s: %s", path, strerror(errno));
    while (!rc && getline(&line, &capacity, file) >= 0) {
        number++;
        if (parse_line(lists, line, err))
            rc = fail_prefix(err, "%s:%zu", path, number);
    }
    if (!rc && ferror(file))
        rc = fail(err, "%s: %s", path, strerror(errno));
    if (!rc && lists->n == 0)
        rc = fail(err, "%s: no token ids", path);
    free(line);
    fclose(file);
    return rc;
}

int id_lists_encode(struct id_lists *lists, const struct model *model, const char *path, struct error *err)
{
    struct tokenizer *tokenizer = tokenizer_open(weights_path(model->weights), model->weights, err);
    size_t size, n_replaced = 0;
    struct tokens tokens = {0};
    char *text = tokenizer ? file_read(path ? path : "/dev/stdin", MAX_TEXT, &size, err) : NULL;
    int rc = -1;

    if (text)
        rc = tokenizer_encode(tokenizer, text, size, TOKENIZER_OWN_SPECIAL, &tokens, &n_replaced, err);
    if (rc == 0 && tokens.n == 0)
        rc = fail(err, "%s: the text has no tokens", path ? path : "standard input");
    if (rc == 0 && n_replaced > 0)
        log_warning("%zu byte sequences are not UTF-8 and were replaced by U+FFFD", n_replaced);
    if (rc == 0)
        append(lists, tokens.ids, tokens.n);
    else
        tokens_clear(&tokens);
    free(text);
    tokenizer_close(tokenizer);
    return rc;
}
