/* tokenizer.model, SentencePiece's own file (sentencepiece_model.proto). */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "text/model.h"
#include "text/protobuf.h"
#include "text/sentencepiece_rules.h"

enum { MAX_MODEL_FILE = 256 << 20 };

/* Numbers of the fields that are read. */
enum { MODEL_PIECES = 1, MODEL_TRAINER = 2, MODEL_NORMALIZER = 3 };
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum { TRAINER_MODEL_TYPE = 3, TRAINER_SUFFIX = 24, TRAINER_BYTE_FALLBACK = 35 };
enum { NORMALIZER_CHARSMAP = 2, NORMALIZER_DUMMY_PREFIX = 3, NORMALIZER_SQUEEZE = 4 };

enum piece_type { PIECE_NORMAL = 1, PIECE_UNKNOWN, PIECE_CONTROL, PIECE_USER_DEFINED, PIECE_UNUSED, PIECE_BYTE };
enum model_type { MODEL_UNIGRAM = 1, MODEL_BPE = 2 };

struct sp_model {
    float *scores; /* (n) */
    bool *matched; /* (n): text may become the piece */
    size_t n, scores_capacity, matched_capacity;
    int32_t unknown;
    uint64_t model_type;
    bool byte_fallback, suffix, dummy_prefix, squeeze;
    const char *charsmap; /* (n_charsmap) */
    size_t n_charsmap;
};

static int add_piece(struct tokenizer *tokenizer, struct sp_model *model, const char *text, size_t n, float score,
                     uint64_t type, struct error *err)
{
    int32_t id = (int32_t)model->n;

    if (!text || model->n > VOCAB_MAX_ID || !vocab_put(&tokenizer->vocab, id, text, n))
        return fail(err, "piece %zu does not fit", model->n);
    model->scores = array_grow(model->scores, model->n, &model->scores_capacity, sizeof *model->scores);
    model->matched = array_grow(model->matched, model->n, &model->matched_capacity, sizeof *model->matched);
    model->scores[model->n] = score;
    model->matched[model->n++] = type != PIECE_UNKNOWN && type != PIECE_CONTROL && type != PIECE_BYTE;
    if (type == PIECE_UNKNOWN)
        model->unknown = id;
    /* What the trainer's user defined is looked for behind the normalization. */
    if (type == PIECE_CONTROL || type == PIECE_USER_DEFINED)
        tokenizer_add_token(
            tokenizer, id, text, n,
            (struct added_token){.special = type == PIECE_CONTROL, .normalized = type == PIECE_USER_DEFINED});
    return 0;
}

static int read_piece(struct tokenizer *tokenizer, struct sp_model *model, const struct protobuf_field *whole,
                      struct error *err)
{
    struct protobuf message = protobuf_begin(whole->data, whole->n);
    struct protobuf_field field;
    const char *text = NULL;
    size_t n = 0;
    float score = 0;
    uint64_t type = PIECE_NORMAL;

    while (protobuf_next(&message, &field)) {
        if (field.number == PIECE_TEXT && field.wire == WIRE_BYTES)
            text = field.data, n = field.n;
        else if (field.number == PIECE_SCORE && field.wire == WIRE_FIXED32)
            score = protobuf_float(&field);
        else if (field.number == PIECE_TYPE && field.wire == WIRE_VARINT)
            type = field.value;
    }
    if (message.broken)
        return fail(err, "piece %zu is cut off", model->n);
    return add_piece(tokenizer, model, text, n, score, type, err);
}

static void read_trainer(struct sp_model *model, struct protobuf message)
{
    struct protobuf_field field;

    while (protobuf_next(&message, &field)) {
        if (field.wire != WIRE_VARINT)
            continue;
        if (field.number == TRAINER_MODEL_TYPE)
            model->model_type = field.value;
        else if (field.number == TRAINER_BYTE_FALLBACK)
            model->byte_fallback = field.value != 0;
        else if (field.number == TRAINER_SUFFIX)
            model->suffix = field.value != 0;
    }
}

static void read_normalizer(struct sp_model *model, struct protobuf message)
{
    struct protobuf_field field;

    while (protobuf_next(&message, &field)) {
        if (field.number == NORMALIZER_CHARSMAP && field.wire == WIRE_BYTES)
            model->charsmap = field.data, model->n_charsmap = field.n;
        else if (field.number == NORMALIZER_DUMMY_PREFIX && field.wire == WIRE_VARINT)
            model->dummy_prefix = field.value != 0;
        else if (field.number == NORMALIZER_SQUEEZE && field.wire == WIRE_VARINT)
            model->squeeze = field.value != 0;
    }
}

static int read_message(struct tokenizer *tokenizer, struct sp_model *model, const char *data, size_t n,
                        struct error *err)
{
    struct protobuf message = protobuf_begin(data, n);
    struct protobuf_field field;

    while (protobuf_next(&message, &field)) {
        if (field.wire != WIRE_BYTES)
            continue;
        if (field.number == MODEL_PIECES && read_piece(tokenizer, model, &field, err))
            return -1;
        if (field.number == MODEL_TRAINER)
            read_trainer(model, protobuf_begin(field.data, field.n));
        else if (field.number == MODEL_NORMALIZER)
            read_normalizer(model, protobuf_begin(field.data, field.n));
    }
    if (message.broken || model->n == 0)
        return fail(err, "no SentencePiece model, or one that is cut off");
    return 0;
}

static int build_rules(struct tokenizer *tokenizer, const struct sp_model *model, bool legacy, struct error *err)
{
    enum prepend_scheme prefix = !model->dummy_prefix ? PREPEND_NEVER : legacy ? PREPEND_ALWAYS : PREPEND_FIRST;

    if (model->suffix)
        return fail(err, "treat_whitespace_as_suffix is not supported");
    if (model->n_charsmap > 0 &&
        sentencepiece_add_charsmap(&tokenizer->normalizer, model->charsmap, model->n_charsmap, err))
        return -1;
    return sentencepiece_add_rules(&tokenizer->normalizer, model->squeeze, prefix, err);
}

static void build_bpe(struct tokenizer *tokenizer, const struct sp_model *model)
{
    tokenizer->bpe.unknown = model->unknown;
    tokenizer->bpe.byte_fallback = model->byte_fallback;
    tokenizer->bpe.fuse_unknown = true;
    bpe_rank_by_score(&tokenizer->bpe, model->scores, model->matched, model->n);
}

static void build_unigram(struct tokenizer *tokenizer, const struct sp_model *model)
{
    struct unigram *unigram = &tokenizer->unigram;

    tokenizer->is_unigram = true;
    unigram->single_precision = true;
    unigram->unknown = model->unknown;
    unigram->byte_fallback = model->byte_fallback;
    unigram->n = model->n;
    unigram->scores = xcalloc(model->n, sizeof *unigram->scores);
    for (size_t id = 0; id < model->n; id++)
        unigram->scores[id] = model->scores[id];
    unigram_prepare(unigram, &tokenizer->vocab, model->matched);
}

static int build(struct tokenizer *tokenizer, const struct sp_model *model, bool legacy, struct error *err)
{
    if (build_rules(tokenizer, model, legacy, err))
        return -1;
    if (model->model_type == MODEL_BPE)
        build_bpe(tokenizer, model);
    else if (model->model_type == MODEL_UNIGRAM)
        build_unigram(tokenizer, model);
    else
        return fail(err, "SentencePiece models of type %u are not supported", (unsigned)model->model_type);
    return 0;
}

struct tokenizer *source_sentencepiece_open(const char *path, bool legacy, struct error *err)
{
    /* What the file does not state has the defaults of sentencepiece_model.proto. */
    struct sp_model model = {.unknown = -1, .model_type = MODEL_UNIGRAM, .dummy_prefix = true, .squeeze = true};
    size_t n;
    char *data = file_read(path, MAX_MODEL_FILE, &n, err);

    if (!data)
        return NULL;
    struct tokenizer *tokenizer = tokenizer_create("tokenizer.model");
    tokenizer->added_verbatim = true;
    if (read_message(tokenizer, &model, data, n, err) || build(tokenizer, &model, legacy, err)) {
        fail_prefix(err, "%s", path);
        tokenizer_close(tokenizer);
        tokenizer = NULL;
    }
    free(model.scores);
    free(model.matched);
    free(data);
    return tokenizer;
}
