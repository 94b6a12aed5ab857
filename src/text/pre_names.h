/* The names of byte-level pre-tokenizers in GGUF files (llama.cpp's
 * `tokenizer.ggml.pre`) and what they stand for. */
#ifndef SINKGRID_TEXT_PRE_NAMES_H
#define SINKGRID_TEXT_PRE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"

struct pre_name {
    const char *name;
    const char *words; /* pattern of a word; NULL: GPT-2's */
    bool digits;       /* every digit is cut off first */
    bool nfc;
    bool ignore_merges; /* a word that is a token is that token */
    bool adds_bos;      /* unless the file says otherwise */
};

const struct pre_name *pre_name_find(const char *name, size_t n); /* NULL: not supported */

int pre_name_apply(const struct pre_name *pre, struct normalizer *normalizer, struct pretokenizer *pretokenizer,
                   struct error *err);

#endif
