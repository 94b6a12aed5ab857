#include "text/sentencepiece_rules.h"

#include <jansson.h>

static const char SPACE_MARK[] = "\xe2\x96\x81"; /* U+2581 */

/* Takes the component over. */
static int add(struct normalizer *normalizer, json_t *component, struct error *err)
{
    int rc = normalizer_add(normalizer, component, err);

    json_decref(component);
    return rc;
}

int sentencepiece_add_charsmap(struct normalizer *normalizer, const char *blob, size_t n, struct error *err)
{
    if (add(normalizer, json_pack("{s:s, s:b}", "type", "Precompiled", "by_prefix", 1), err))
        return -1;
    struct charsmap *map = charsmap_open(blob, n, err);
    normalizer->steps[normalizer->n - 1].charsmap = map;
    return map ? 0 : -1;
}

static json_t *replace(const char *kind, const char *pattern, const char *content)
{
    return json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", kind, pattern, "content", content);
}

int sentencepiece_add_rules(struct normalizer *normalizer, bool squeeze, enum prepend_scheme prefix, struct error *err)
{
    if (squeeze &&
        (add(normalizer, replace("Regex", "\\A +", ""), err) || add(normalizer, replace("Regex", " {2,}", " "), err)))
        return -1;
    if (prefix != PREPEND_NEVER && add(normalizer,
                                       json_pack("{s:s, s:s, s:b}", "type", "Prepend", "prepend", SPACE_MARK,
                                                 "first_only", prefix == PREPEND_FIRST),
                                       err))
        return -1;
    if (add(normalizer, replace("String", " ", SPACE_MARK), err))
        return -1;
    /* A mark that ends the text is cut off even where it was written as one. */
    return squeeze ? add(normalizer, replace("Regex", "\\x{2581}+\\z", ""), err) : 0;
}
