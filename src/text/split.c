#include "text/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

void matcher_clear(struct matcher *matcher)
{
    pattern_close(matcher->pattern);
    bytes_clear(&matcher->literal);
}

void split_scratch_clear(struct split_scratch *scratch)
{
    free(scratch->ranges);
    pattern_scratch_clear(&scratch->pattern);
    *scratch = (struct split_scratch){0};
}

static void add_range(struct split_scratch *scratch, size_t begin, size_t end, bool is_match)
{
    scratch->ranges = array_grow(scratch->ranges, scratch->n, &scratch->capacity, sizeof *scratch->ranges);
    scratch->ranges[scratch->n++] = (struct range){begin, end, is_match};
}

/* The match [begin, end) and what lies between it and the last one. */
static void add_match(struct split_scratch *scratch, size_t *behind, size_t begin, size_t end)
{
    if (*behind < begin)
        add_range(scratch, *behind, begin, false);
    add_range(scratch, begin, end, true);
    *behind = end;
}

static int find_pattern(const struct pattern *pattern, const char *text, size_t n, struct split_scratch *scratch,
                        size_t *behind, struct error *err)
{
    size_t from = 0, begin, end;
    int rc = 0;

    while (from <= n && (rc = pattern_match(pattern, text, n, from, &scratch->pattern, &begin, &end, err)) == 1) {
        /* An empty match right behind the last one is no match: as in the reference. */
        if (begin == end && scratch->n > 0 && *behind == end && scratch->ranges[scratch->n - 1].is_match) {
            from = end + (end < n ? utf8_length(text[end]) : 1);
            continue;
        }
        add_match(scratch, behind, begin, end);
        from = end;
    }
    return rc;
}

static void find_literal(const struct bytes *literal, const char *text, size_t n, struct split_scratch *scratch,
                         size_t *behind)
{
    while (literal->n > 0) {
        const char *found = memmem(text + *behind, n - *behind, literal->data, literal->n);
        if (!found)
            return;
        add_match(scratch, behind, (size_t)(found - text), (size_t)(found - text) + literal->n);
    }
}

static void find_class(bool (*is_class)(uint32_t), const char *text, size_t n, struct split_scratch *scratch,
                       size_t *behind)
{
    uint32_t codepoint;

    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_decode(text + i, &codepoint);
        if (is_class(codepoint))
            add_match(scratch, behind, i, i + length);
    }
}

int split_find(const struct matcher *matcher, const char *text, size_t n, struct split_scratch *scratch,
               struct error *err)
{
    size_t behind = 0;

    scratch->n = 0;
    if (matcher->pattern) {
        if (find_pattern(matcher->pattern, text, n, scratch, &behind, err) < 0)
            return -1;
    } else if (matcher->is_class)
        find_class(matcher->is_class, text, n, scratch, &behind);
    else
        find_literal(&matcher->literal, text, n, scratch, &behind);
    if (behind < n)
        add_range(scratch, behind, n, false);
    return 0;
}

/* Joins each match with its neighbour: with the range before it, or, read
 * backwards, behind it. A match behind a match stays alone. */
static size_t join_matches(struct range *ranges, size_t n, bool with_next)
{
    size_t kept = 0;
    bool previous = false;

    for (size_t k = 0; k < n; k++) {
        struct range range = ranges[with_next ? n - 1 - k : k];
        struct range *last = kept == 0 ? NULL : &ranges[with_next ? n - kept : kept - 1];
        if (range.is_match && !previous && last) {
            if (with_next)
                last->begin = range.begin;
            else
                last->end = range.end;
        } else {
            kept++;
            ranges[with_next ? n - kept : kept - 1] = range;
        }
        previous = range.is_match;
    }
    if (with_next)
        memmove(ranges, ranges + (n - kept), kept * sizeof *ranges);
    return kept;
}

static size_t join_alike(struct range *ranges, size_t n)
{
    size_t kept = 0;

    for (size_t k = 0; k < n; k++)
        if (kept > 0 && ranges[kept - 1].is_match == ranges[k].is_match)
            ranges[kept - 1].end = ranges[k].end;
        else
            ranges[kept++] = ranges[k];
    return kept;
}

static size_t drop_matches(struct range *ranges, size_t n)
{
    size_t kept = 0;

    for (size_t k = 0; k < n; k++)
        if (!ranges[k].is_match)
            ranges[kept++] = ranges[k];
    return kept;
}

int split_piece(const struct matcher *matcher, enum split_behavior behavior, bool invert, struct piece piece,
                struct split_scratch *scratch, struct pieces *out, struct error *err)
{
    struct range *ranges;
    size_t n;

    if (split_find(matcher, out->text.data + piece.begin, piece.end - piece.begin, scratch, err))
        return -1;
    ranges = scratch->ranges;
    n = scratch->n;
    for (size_t i = 0; i < n && invert; i++)
        ranges[i].is_match = !ranges[i].is_match;
    if (behavior == SPLIT_REMOVED)
        n = drop_matches(ranges, n);
    else if (behavior == SPLIT_CONTIGUOUS)
        n = join_alike(ranges, n);
    else if (behavior != SPLIT_ISOLATED)
        n = join_matches(ranges, n, behavior == SPLIT_MERGED_WITH_NEXT);
    for (size_t i = 0; i < n; i++)
        pieces_append(out, piece.begin + ranges[i].begin, piece.begin + ranges[i].end,
                      piece.first && ranges[i].begin == 0);
    return 0;
}
