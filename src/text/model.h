/* What a tokenizer consists of: filled by the sources (source_*.c), used by
 * tokenizer.c. Private to text/. */
#ifndef SINKGRID_TEXT_MODEL_H
#define SINKGRID_TEXT_MODEL_H

#include "text/added.h"
#include "text/bpe.h"
#include "text/normalizer.h"
#include "text/post.h"
#include "text/pretokenizer.h"
#include "text/tokenizer.h"
#include "text/unigram.h"
#include "text/vocab.h"

enum tokenizer_special_name { SPECIAL_BOS, SPECIAL_EOS, SPECIAL_UNK, SPECIAL_PAD, N_SPECIAL };

struct special_token {
    char *text; /* NULL: none */
    int32_t id; /* -1: none */
};

struct tokenizer {
    bool is_unigram; /* else BPE */
    struct vocab vocab;
    struct bpe bpe;
    struct unigram unigram;
    struct added_tokens added;
    bool added_verbatim; /* those looked for in normalized text are themselves written as they are */
    struct normalizer normalizer;
    struct pretokenizer pretokenizer;
    struct post post;
    bool has_post;     /* the file states a post-processor */
    bool writes_bytes; /* tokens are in the byte alphabet */
    struct special_token special[N_SPECIAL];
    char *chat_template;
    const char *source;
};

struct tokenizer *tokenizer_create(const char *source);

/* The names of enum tokenizer_special_name: "bos_token", ... */
const char *tokenizer_special_key(enum tokenizer_special_name name);

/* Adds an added token (text is copied). An empty one is ignored. */
void tokenizer_add_token(struct tokenizer *tokenizer, int32_t id, const char *text, size_t n, struct added_token flags);

/* The id of an added token or of one in the vocabulary; -1: none. */
int32_t tokenizer_find(const struct tokenizer *tokenizer, const char *text, size_t n);

/* The id that the reference gives a token when it is added: its own where it has one,
 * else the next one; what the file states is not asked. */
int32_t tokenizer_id_for(const struct tokenizer *tokenizer, const char *text, size_t n);

/* The text of an id as it is in the file (not zero-terminated), NULL if there is none. */
const char *tokenizer_text_of(const struct tokenizer *tokenizer, int32_t id, size_t *n);

/* Sets a special token by its text; its id is looked up. */
void tokenizer_set_special(struct tokenizer *tokenizer, enum tokenizer_special_name name, const char *text);

/* Replaces the post-processor by BOS and EOS where asked for and known. */
void tokenizer_set_bos_eos(struct tokenizer *tokenizer, bool add_bos, bool add_eos);

/* To be called by a source when it is done: derives tables, normalizes the added
 * tokens that are looked for in normalized text. */
int tokenizer_prepare(struct tokenizer *tokenizer, struct error *err);

/* {"token": id, ...} as JSON text. */
int vocab_read_object(struct vocab *vocab, const char *text, size_t size, struct error *err);

/* An added token as tokenizer.json and tokenizer_config.json write it; `id` where it states none. */
int tokenizer_read_added(struct tokenizer *tokenizer, const json_t *token, long id, struct error *err);

/* The sources; NULL with an error that names the file. */
struct tokenizer *source_json_open(const char *path, struct error *err);
struct tokenizer *source_vocab_open(const char *vocab_path, const char *merges_path, struct error *err);
struct tokenizer *source_sentencepiece_open(const char *path, bool legacy, struct error *err);
struct gguf;
struct tokenizer *source_gguf_open(const struct gguf *gguf, const char *path, struct error *err);

/* A model's folder: the source that is there, then tokenizer_config.json,
 * special_tokens_map.json, chat_template.jinja. */
struct tokenizer *source_folder_open(const char *path, struct error *err);

#endif
