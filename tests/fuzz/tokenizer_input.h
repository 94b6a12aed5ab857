/* What the fuzz targets of tokenizers share: a folder with one file, opened, and a
 * text encoded and shown. */
#ifndef SINKGRID_TESTS_FUZZ_TOKENIZER_INPUT_H
#define SINKGRID_TESTS_FUZZ_TOKENIZER_INPUT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/tokenizer.h"
#include "weights_input.h"

static inline void encode_and_show(const struct tokenizer *tokenizer, const char *text, size_t n)
{
    struct tokens tokens = {0};
    struct error err;

    if (tokenizer_encode(tokenizer, text, n, TOKENIZER_OWN_SPECIAL, &tokens, NULL, &err) == 0)
        for (size_t i = 0; i < tokens.n && i < 64; i++)
            free(tokenizer_token_text(tokenizer, tokens.ids[i]));
    tokens_clear(&tokens);
}

static inline void open_and_encode(const char *name, const uint8_t *data, size_t size)
{
    enum { TEXT = 256 };
    static const char fixed[] =
        "  The caf\xc3\xa9's 1234 <s>\n\n\xe2\x96\x81x\xff\xe2\x82 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb</s>";
    char *path = xasprintf("%s/%s", input_folder(), name);
    struct error err;

    write_input(path, data, size);
    struct tokenizer *tokenizer = tokenizer_open(input_folder(), NULL, &err);
    if (tokenizer) {
        size_t n = size < TEXT ? size : TEXT;
        encode_and_show(tokenizer, fixed, sizeof fixed - 1);
        encode_and_show(tokenizer, (const char *)data + (size - n), n);
    }
    tokenizer_close(tokenizer);
    free(path);
}

#endif
