#include "text/merge_list.h"

#include <string.h>

struct merge_list merge_list_begin(struct bpe *bpe, const struct vocab *vocab)
{
    return (struct merge_list){.bpe = bpe, .vocab = vocab};
}

void merge_list_end(struct merge_list *list)
{
    bytes_clear(&list->joined);
}

/* The joined token has the right one's continuing prefix taken out. */
static int32_t find_joined(struct merge_list *list, const char *left, size_t n_left, const char *right, size_t n_right)
{
    const char *prefix = list->bpe->continuing_prefix;
    size_t skip = prefix ? strlen(prefix) : 0;

    if (skip > n_right)
        return -1;
    list->joined.n = 0;
    bytes_append(&list->joined, left, n_left);
    bytes_append(&list->joined, right + skip, n_right - skip);
    return vocab_find(list->vocab, list->joined.data, list->joined.n);
}

int merge_list_add(struct merge_list *list, const char *left, size_t n_left, const char *right, size_t n_right,
                   struct error *err)
{
    int32_t a = vocab_find(list->vocab, left, n_left), b = vocab_find(list->vocab, right, n_right);
    int32_t joined = find_joined(list, left, n_left, right, n_right);

    if (a < 0 || b < 0 || joined < 0)
        return fail(err, "merge %zu, \"%.*s %.*s\": a token is not in the vocabulary", list->n,
                    (int)(n_left < 40 ? n_left : 40), left, (int)(n_right < 40 ? n_right : 40), right);
    merges_put(&list->bpe->merges, a, b, (uint32_t)list->n++, joined);
    return 0;
}

int merge_list_add_line(struct merge_list *list, const char *line, size_t n, struct error *err)
{
    const char *space = n > 1 ? memchr(line + 1, ' ', n - 1) : NULL;

    if (!space)
        return fail(err, "merge %zu, \"%.*s\", is not two tokens", list->n, (int)(n < 80 ? n : 80), line);
    return merge_list_add(list, line, (size_t)(space - line), space + 1, n - (size_t)(space - line) - 1, err);
}
