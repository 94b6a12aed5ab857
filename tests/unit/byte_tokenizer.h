/* A transparent tokenizer and template in place of src/text, for tests of what lies
 * to its right: the id of a byte is the byte, 256 is <bos>, which the tokenizer
 * itself puts in front. A template renders as its source, the BOS text,
 * "[role:content]" for each message and ">" for the generation prompt. */
#ifndef SINKGRID_TESTS_UNIT_BYTE_TOKENIZER_H
#define SINKGRID_TESTS_UNIT_BYTE_TOKENIZER_H

#include "text/tokenizer.h"

struct tokenizer {
    const char *chat_template;
};

enum { BYTE_BOS = 256, BYTE_VOCABULARY = 257 };

#endif
