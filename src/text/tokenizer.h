/* A model's own tokenizer, from tokenizer.json (+ tokenizer_config.json), from
 * vocab.json + merges.txt, from tokenizer.model, or from GGUF metadata: byte-level
 * BPE, SentencePiece BPE and unigram. Ids equal those of the reference (Python
 * packages tokenizers, sentencepiece). An open tokenizer is read-only: any number of
 * threads may encode with it. */
#ifndef SINKGRID_TEXT_TOKENIZER_H
#define SINKGRID_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct tokenizer;
struct weights;

/* Opens the tokenizer that lies in a model's folder or GGUF file. `weights` may be
 * NULL for a folder. tokenizer_close accepts NULL. */
struct tokenizer *tokenizer_open(const char *model_path, const struct weights *weights, struct error *err);
void tokenizer_close(struct tokenizer *tokenizer);

struct tokens {
    int32_t *ids; /* tokens_clear frees */
    size_t n, capacity;
};
void tokens_append(struct tokens *tokens, int32_t id);
void tokens_clear(struct tokens *tokens);

enum tokenizer_special {
    TOKENIZER_OWN_SPECIAL, /* BOS / EOS as the tokenizer's own post-processor adds them */
    TOKENIZER_NO_SPECIAL,  /* none added */
};
/* Appends the ids of `text`. Special tokens written in the text are recognized
 * (as the reference does by default). Bytes that are not UTF-8 are replaced by
 * U+FFFD, one a maximal ill-formed part (Unicode 15, section 3.9), and counted in
 * *n_replaced (may be NULL). On an error nothing is appended. */
int tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length, enum tokenizer_special special,
                     struct tokens *tokens, size_t *n_replaced, struct error *err);

/* The readable text of one id, for tables: control characters, partial UTF-8 and
 * such are escaped as \xNN, added tokens are shown as written; an id that the
 * tokenizer lacks gives "<id N>". The caller frees. */
char *tokenizer_token_text(const struct tokenizer *tokenizer, int32_t id);

/* A special token by its name in tokenizer_config.json ("bos_token", "eos_token",
 * "unk_token", "pad_token"): its text (borrowed; NULL: none), its id (-1: none). */
const char *tokenizer_special_text(const struct tokenizer *tokenizer, const char *name);
int32_t tokenizer_special_id(const struct tokenizer *tokenizer, const char *name);

int32_t tokenizer_bos(const struct tokenizer *tokenizer); /* -1: none */
int32_t tokenizer_eos(const struct tokenizer *tokenizer); /* -1: none */
bool tokenizer_adds_bos(const struct tokenizer *tokenizer);
size_t tokenizer_size(const struct tokenizer *tokenizer);        /* one more than the largest id */
const char *tokenizer_kind(const struct tokenizer *tokenizer);   /* "byte-level BPE", "unigram", ... */
const char *tokenizer_source(const struct tokenizer *tokenizer); /* "tokenizer.json", "GGUF", ... */
/* The chat template text that comes with the model (chat_template.jinja,
 * tokenizer_config.json or GGUF), NULL if none; borrowed. */
const char *tokenizer_chat_template(const struct tokenizer *tokenizer);

#endif
