#include "text/added.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

void added_tokens_init(struct added_tokens *added)
{
    *added = (struct added_tokens){.max_id = -1};
    trie_init(&added->raw);
    trie_init(&added->normalized);
}

void added_tokens_clear(struct added_tokens *added)
{
    for (size_t i = 0; i < added->n; i++)
        bytes_clear(&added->items[i].content);
    free(added->items);
    trie_clear(&added->raw);
    trie_clear(&added->normalized);
}

/* Every token stands in `raw` or `normalized` under its content: that finds it here. */
const struct added_token *added_tokens_find(const struct added_tokens *added, const char *content, size_t n)
{
    const struct trie *tries[] = {&added->raw, &added->normalized};
    int32_t index;

    for (int i = 0; i < 2; i++)
        if (trie_longest(tries[i], content, n, &index) == n && n > 0)
            return &added->items[index];
    return NULL;
}

const struct added_token *added_tokens_of_id(const struct added_tokens *added, int32_t id)
{
    for (size_t i = 0; i < added->n; i++)
        if (added->items[i].id == id)
            return &added->items[i];
    return NULL;
}

void added_tokens_put(struct added_tokens *added, struct added_token token)
{
    const struct added_token *old = added_tokens_find(added, token.content.data, token.content.n);
    size_t index = old ? (size_t)(old - added->items) : added->n;

    if (old) {
        trie_put(old->normalized ? &added->normalized : &added->raw, token.content.data, token.content.n, -1);
        bytes_clear(&added->items[index].content);
    } else {
        added->items = array_grow(added->items, added->n, &added->capacity, sizeof *added->items);
        added->n++;
    }
    added->items[index] = token;
    added->max_id = token.id > added->max_id ? token.id : added->max_id;
    trie_put(token.normalized ? &added->normalized : &added->raw, token.content.data, token.content.n, (int32_t)index);
}

struct added_scan added_scan_begin(const struct added_tokens *added, bool normalized, const char *text, size_t n)
{
    return (struct added_scan){
        .added = added, .trie = normalized ? &added->normalized : &added->raw, .text = text, .n = n};
}

/* The code point that ends at `end`, and its length. */
static uint32_t codepoint_before(const char *text, size_t end, size_t *length)
{
    uint32_t codepoint;
    size_t begin = end - 1;

    while (begin > 0 && ((unsigned char)text[begin] & 0xc0) == 0x80)
        begin--;
    *length = utf8_decode(text + begin, &codepoint);
    return codepoint;
}

static bool stands_alone(const struct added_scan *scan, size_t begin, size_t end)
{
    uint32_t before = ' ', next = ' ';
    size_t length;

    if (begin > 0)
        before = codepoint_before(scan->text, begin, &length);
    if (end < scan->n)
        utf8_decode(scan->text + end, &next);
    return !utf8_is_word(before) && !utf8_is_word(next);
}

/* Not over what an earlier token took. */
static size_t skip_space_left(const struct added_scan *scan, size_t begin)
{
    size_t length;

    while (begin > scan->behind) {
        uint32_t codepoint = codepoint_before(scan->text, begin, &length);
        if (!utf8_is_space(codepoint))
            break;
        begin -= length;
    }
    return begin;
}

static size_t skip_space_right(const struct added_scan *scan, size_t end)
{
    uint32_t codepoint;

    while (end < scan->n) {
        size_t length = utf8_decode(scan->text + end, &codepoint);
        if (!utf8_is_space(codepoint))
            break;
        end += length;
    }
    return end;
}

/* The next token at or behind scan->from, its white space included; false: none. */
static bool find_token(struct added_scan *scan, struct added_match *match)
{
    while (scan->from < scan->n) {
        int32_t index;
        size_t begin = scan->from, length = 0;
        while (begin < scan->n && !(scan->trie->root_child[(uint8_t)scan->text[begin]] &&
                                    (length = trie_longest(scan->trie, scan->text + begin, scan->n - begin, &index))))
            begin++;
        scan->from = begin + (length ? length : 1);
        if (!length)
            return false;
        const struct added_token *token = &scan->added->items[index];
        size_t end = begin + length;
        if (token->single_word && !stands_alone(scan, begin, end))
            continue;
        if (token->left)
            begin = skip_space_left(scan, begin);
        if (token->right)
            end = skip_space_right(scan, end);
        *match = (struct added_match){begin, end, token};
        return true;
    }
    return false;
}

bool added_scan_next(struct added_scan *scan, struct added_match *match)
{
    struct added_match found;

    if (scan->held.token) {
        *match = scan->held;
        scan->held.token = NULL;
        scan->behind = match->end;
        return true;
    }
    if (!find_token(scan, &found))
        found = (struct added_match){scan->n, scan->n, NULL};
    if (scan->behind < found.begin) {
        *match = (struct added_match){scan->behind, found.begin, NULL};
        scan->behind = found.begin;
        scan->held = found;
        return true;
    }
    *match = found;
    scan->behind = found.end;
    return found.token != NULL;
}
