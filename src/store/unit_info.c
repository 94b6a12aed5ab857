#include "store/unit_info.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/hparams.h"
#include "store/schema.h"

enum field_type { FIELD_TEXT, FIELD_INT, FIELD_DOUBLE, FIELD_U64 };

static const struct field {
    const char *name;
    enum field_type type;
    size_t offset;
} fields[] = {
    {"model", FIELD_TEXT, offsetof(struct unit_info, model)},
    {"family", FIELD_TEXT, offsetof(struct unit_info, family)},
    {"arm", FIELD_TEXT, offsetof(struct unit_info, arm)},
    {"prompt_set", FIELD_TEXT, offsetof(struct unit_info, prompt_set)},
    {"architecture", FIELD_TEXT, offsetof(struct unit_info, architecture)},
    {"precision", FIELD_TEXT, offsetof(struct unit_info, precision)},
    {"n_params", FIELD_U64, offsetof(struct unit_info, n_params)},
    {"n_layers", FIELD_INT, offsetof(struct unit_info, n_layers)},
    {"n_heads", FIELD_INT, offsetof(struct unit_info, n_heads)},
    {"n_embd", FIELD_INT, offsetof(struct unit_info, n_embd)},
    {"layer_begin", FIELD_INT, offsetof(struct unit_info, layer_begin)},
    {"layer_end", FIELD_INT, offsetof(struct unit_info, layer_end)},
    {"record_cosine", FIELD_DOUBLE, offsetof(struct unit_info, record_cosine)},
    {"norm_ratio", FIELD_DOUBLE, offsetof(struct unit_info, norm_ratio)},
    {"epsilon", FIELD_DOUBLE, offsetof(struct unit_info, epsilon)},
    {"n_control", FIELD_INT, offsetof(struct unit_info, n_control)},
    {"seed", FIELD_U64, offsetof(struct unit_info, seed)},
    {"numerics_version", FIELD_INT, offsetof(struct unit_info, numerics_version)},
    {"kernel", FIELD_TEXT, offsetof(struct unit_info, kernel)},
    {"model_fingerprint", FIELD_TEXT, offsetof(struct unit_info, model_fingerprint)},
    {"provenance", FIELD_TEXT, offsetof(struct unit_info, provenance)},
};

enum { N_FIELDS = sizeof fields / sizeof *fields };

static void write_field(struct ncwriter *writer, const struct field *field, const void *member)
{
    const char *text;

    switch (field->type) {
    case FIELD_TEXT:
        text = *(char *const *)member;
        ncwriter_text(writer, NULL, field->name, text ? text : "");
        break;
    case FIELD_INT:
        ncwriter_int(writer, NULL, field->name, *(const int *)member);
        break;
    case FIELD_DOUBLE:
        ncwriter_double(writer, NULL, field->name, *(const double *)member);
        break;
    case FIELD_U64:
        ncwriter_u64(writer, NULL, field->name, *(const uint64_t *)member);
        break;
    }
}

void unit_info_write(struct ncwriter *writer, const struct unit_info *info)
{
    ncwriter_text(writer, NULL, "Conventions", "CF-1.10");
    ncwriter_text(writer, NULL, "title", "attention-sink measurements of one model on some texts");
    ncwriter_text(writer, NULL, "source", PACKAGE_STRING);
    ncwriter_text(writer, NULL, "references", "arXiv:2512.22213, arXiv:2410.10781");
    ncwriter_int(writer, NULL, "schema_version", SCHEMA_VERSION);
    ncwriter_text(writer, NULL, "identity", info->identity);
    ncwriter_text(writer, NULL, "record", info->record_full ? "full" : "candidates");
    for (int i = 0; i < N_FIELDS; i++)
        write_field(writer, &fields[i], (const char *)info + fields[i].offset);
}

static void read_field(struct ncreader *reader, const struct field *field, void *member)
{
    switch (field->type) {
    case FIELD_TEXT:
        *(char **)member = ncreader_text(reader, field->name);
        break;
    case FIELD_INT:
        *(int *)member = ncreader_int(reader, field->name);
        break;
    case FIELD_DOUBLE:
        *(double *)member = ncreader_double(reader, field->name);
        break;
    case FIELD_U64:
        *(uint64_t *)member = ncreader_u64(reader, field->name);
        break;
    }
}

static void read_identity(struct ncreader *reader, struct unit_info *info)
{
    char *text = ncreader_text(reader, "identity");
    size_t n = strlen(text);

    if (!ncreader_failed(reader) && (n != SHA256_HEX_SIZE - 1 || strspn(text, "0123456789abcdef") != n))
        ncreader_fail(reader, "attribute identity: not a SHA-256");
    if (!ncreader_failed(reader))
        memcpy(info->identity, text, SHA256_HEX_SIZE);
    free(text);
}

static void check_info(struct ncreader *reader, const struct unit_info *info)
{
    if (info->n_layers < 1 || info->n_layers > MAX_LAYERS)
        ncreader_fail(reader, "attribute n_layers: %d", info->n_layers);
    if (info->layer_begin < 0 || info->layer_begin >= info->layer_end || info->layer_end > info->n_layers)
        ncreader_fail(reader, "measured range %d:%d of %d layers", info->layer_begin, info->layer_end, info->n_layers);
    if (info->n_heads < 1 || info->n_heads > 1 << 16)
        ncreader_fail(reader, "attribute n_heads: %d", info->n_heads);
}

void unit_info_read(struct ncreader *reader, struct unit_info *info)
{
    int version = ncreader_int(reader, "schema_version");

    if (!ncreader_failed(reader) && version != SCHEMA_VERSION)
        ncreader_fail(reader, "schema version %d, this program reads %d", version, SCHEMA_VERSION);
    read_identity(reader, info);
    for (int i = 0; i < N_FIELDS; i++)
        read_field(reader, &fields[i], (char *)info + fields[i].offset);
    char *record = ncreader_text(reader, "record");
    info->record_full = strcmp(record, "full") == 0;
    free(record);
    check_info(reader, info);
}

void unit_info_clear(struct unit_info *info)
{
    for (int i = 0; i < N_FIELDS; i++)
        if (fields[i].type == FIELD_TEXT)
            free(*(char **)(void *)((char *)info + fields[i].offset));
    *info = (struct unit_info){0};
}
