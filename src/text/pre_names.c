#include "text/pre_names.h"

#include <jansson.h>
#include <string.h>

/* The patterns are those of the models' published tokenizer.json. */
#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define SPACES "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define CASED(behind)                                                                                                  \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" behind "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" behind

static const char LLAMA3[] =
    CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" SPACES;
static const char QWEN2[] = CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" SPACES;
static const char QWEN35[] =
    CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" SPACES;
static const char TEKKEN[] = CASED("") "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" SPACES;
static const char O200K[] = CASED(CONTRACTIONS "?") "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" SPACES;

static const struct pre_name names[] = {
    /* name, words, digits, nfc, ignore_merges, adds_bos */
    {"default", NULL, false, false, false, false},
    {"gpt-2", NULL, false, false, false, false},
    {"phi-2", NULL, false, false, false, false},
    {"mpt", NULL, false, true, false, false},
    {"olmo", NULL, false, true, false, false},
    {"smollm", NULL, true, false, false, false},
    {"starcoder", NULL, true, false, false, false},
    {"refact", NULL, true, false, false, false},
    {"codeshell", NULL, true, false, false, false},
    {"command-r", NULL, true, true, false, false},
    {"llama3", LLAMA3, false, false, true, true},
    {"llama-v3", LLAMA3, false, false, true, true},
    {"llama-bpe", LLAMA3, false, false, true, true},
    {"dbrx", LLAMA3, false, false, false, false},
    {"smaug-bpe", LLAMA3, false, false, false, false},
    {"qwen2", QWEN2, false, true, false, false},
    {"deepseek-r1-qwen", QWEN2, false, true, false, false},
    {"stablelm2", QWEN2, false, false, false, false},
    {"qwen35", QWEN35, false, true, false, false},
    {"tekken", TEKKEN, false, false, true, true},
    {"gpt-4o", O200K, false, false, false, false},
    {"llama4", O200K, false, false, false, false},
};

const struct pre_name *pre_name_find(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && memcmp(names[i].name, name, n) == 0)
            return &names[i];
    return NULL;
}

int pre_name_apply(const struct pre_name *pre, struct normalizer *normalizer, struct pretokenizer *pretokenizer,
                   struct error *err)
{
    json_t *nfc = json_pack("{s:s}", "type", "NFC");
    int rc = pre->nfc ? normalizer_add(normalizer, nfc, err) : 0;

    json_decref(nfc);
    if (rc)
        return -1;
    if (pre->digits)
        pretokenizer_add_digits(pretokenizer, true);
    return pretokenizer_add_byte_level(pretokenizer, pre->words, err);
}
