/* A model's own tokenizer, from tokenizer.json (+ tokenizer_config.json), from
 * tokenizer.model, or from GGUF metadata: byte-level BPE, SentencePiece BPE and
 * unigram. Kinds are rows of a table in tokenizer.c. Ids equal those of the
 * reference (Python packages tokenizers / transformers). */
#ifndef SINKGRID_TEXT_TOKENIZER_H
#define SINKGRID_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct tokenizer;
struct weights;

/* Opens the tokenizer that lies in a model's folder or GGUF file. tokenizer_close accepts NULL. */
struct tokenizer *tokenizer_open(const char *model_path, const struct weights *weights, struct error *err);
void tokenizer_close(struct tokenizer *tokenizer);

struct tokens {
    int32_t *ids; /* tokens_clear frees */
    size_t n, capacity;
};
void tokens_clear(struct tokens *tokens);

enum tokenizer_special {
    TOKENIZER_OWN_SPECIAL, /* BOS / EOS as the tokenizer's own post-processor adds them */
    TOKENIZER_NO_SPECIAL,  /* none added */
};
/* Appends the ids of `text`. Special tokens written in the text are recognized
 * (as the reference does by default). Bytes that are not UTF-8 are replaced by
 * U+FFFD, one a maximal ill-formed part (Unicode 3.9), and counted in *n_replaced
 * (may be NULL). */
int tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                     enum tokenizer_special special, struct tokens *tokens, size_t *n_replaced, struct error *err);

/* The readable text of one id, for tables: control characters, partial UTF-8 and
 * such are escaped as \xNN, specials are shown as written. The caller frees. */
char *tokenizer_token_text(const struct tokenizer *tokenizer, int32_t id);

int32_t tokenizer_bos(const struct tokenizer *tokenizer); /* -1: none */
int32_t tokenizer_eos(const struct tokenizer *tokenizer); /* -1: none */
bool tokenizer_adds_bos(const struct tokenizer *tokenizer);
size_t tokenizer_size(const struct tokenizer *tokenizer);       /* number of ids */
const char *tokenizer_kind(const struct tokenizer *tokenizer);  /* "byte-level BPE", "unigram", ... */
/* The chat template text that comes with the model (chat_template.jinja,
 * tokenizer_config.json or GGUF), NULL if none; borrowed. */
const char *tokenizer_chat_template(const struct tokenizer *tokenizer);

#endif
