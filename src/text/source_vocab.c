/* vocab.json + merges.txt, GPT-2's own two files, beside which no tokenizer.json lies. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "text/merge_list.h"
#include "text/model.h"

enum { MAX_FILE = 256 << 20 };

static int read_vocab(struct tokenizer *tokenizer, const char *path, struct error *err)
{
    size_t n;
    char *text = file_read(path, MAX_FILE, &n, err);

    if (!text)
        return -1;
    int rc = vocab_read_object(&tokenizer->vocab, text, n, err);
    free(text);
    return rc ? fail_prefix(err, "%s", path) : 0;
}

static int read_lines(struct merge_list *list, const char *text, size_t n, struct error *err)
{
    static const char VERSION_LINE[] = "#version";
    const char *end = text + n, *newline;

    for (const char *line = text; line < end; line = newline + 1) {
        newline = memchr(line, '\n', (size_t)(end - line));
        newline = newline ? newline : end;
        size_t length = (size_t)(newline - line);
        length -= length > 0 && line[length - 1] == '\r';
        if (length == 0 ||
            (length >= sizeof VERSION_LINE - 1 && memcmp(line, VERSION_LINE, sizeof VERSION_LINE - 1) == 0))
            continue;
        if (merge_list_add_line(list, line, length, err))
            return -1;
    }
    return 0;
}

static int read_merges(struct tokenizer *tokenizer, const char *path, struct error *err)
{
    struct merge_list list = merge_list_begin(&tokenizer->bpe, &tokenizer->vocab);
    size_t n;
    char *text = file_read(path, MAX_FILE, &n, err);

    if (!text)
        return -1;
    int rc = read_lines(&list, text, n, err);
    merge_list_end(&list);
    free(text);
    return rc ? fail_prefix(err, "%s", path) : 0;
}

struct tokenizer *source_vocab_open(const char *vocab_path, const char *merges_path, struct error *err)
{
    struct tokenizer *tokenizer = tokenizer_create("vocab.json");

    if (read_vocab(tokenizer, vocab_path, err) || read_merges(tokenizer, merges_path, err) ||
        pretokenizer_add_byte_level(&tokenizer->pretokenizer, NULL, err)) {
        tokenizer_close(tokenizer);
        return NULL;
    }
    return tokenizer;
}
