#include "weights/gguf.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "weights/format.h"

/* Value types by their number in the file. */
enum gguf_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_N_TYPES
};

/* Bytes of a value; 0: not of a fixed size. */
static const size_t type_size[GGUF_N_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

enum {
    MIN_STRING = 8,       /* bytes of an empty string: its length */
    MIN_PAIR = 8 + 4 + 1, /* of the smallest pair: key length, type, a byte */
    MAX_KEY = 65535,      /* docs/gguf.md */
    KEY_IN_ERROR = 80     /* characters of a key that an error shows */
};

/* One pair. A scalar is kept as an array of one value. */
struct entry {
    struct gguf_string key;
    uint32_t type; /* of the value or of the array's elements */
    bool is_array;
    size_t n;
    const uint8_t *data;         /* n numbers */
    struct gguf_string *strings; /* or n strings */
};

struct gguf {
    struct entry *entries; /* ascending by key */
    size_t n;
};

static int key_width(struct gguf_string key)
{
    return key.length < KEY_IN_ERROR ? (int)key.length : KEY_IN_ERROR;
}

static int compare_strings(struct gguf_string a, struct gguf_string b)
{
    int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);

    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_entries(const void *a, const void *b)
{
    return compare_strings(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* ---- reading ---- */

static int read_strings(struct cursor *cursor, struct entry *entry, struct error *err)
{
    if (entry->n > cursor_left(cursor) / MIN_STRING)
        return fail(err, "%zu strings exceed the file", entry->n);
    entry->strings = xcalloc(entry->n, sizeof *entry->strings);
    for (size_t i = 0; i < entry->n; i++)
        if (!cursor_text(cursor, &entry->strings[i].text, &entry->strings[i].length))
            return fail(err, "string %zu exceeds the file", i);
    return 0;
}

static int check_booleans(const struct entry *entry, struct error *err)
{
    for (size_t i = 0; i < entry->n; i++)
        if (entry->data[i] > 1)
            return fail(err, "a truth value is neither 0 nor 1 but %d", entry->data[i]);
    return 0;
}

static int read_numbers(struct cursor *cursor, struct entry *entry, struct error *err)
{
    size_t size = type_size[entry->type];

    entry->data = cursor->data + cursor->at;
    if (entry->n > cursor_left(cursor) / size)
        return fail(err, "%zu values of %zu bytes exceed the file", entry->n, size);
    cursor_skip(cursor, entry->n * size);
    return entry->type == GGUF_BOOL ? check_booleans(entry, err) : 0;
}

/* The element type and length of an array. */
static int read_array_head(struct cursor *cursor, struct entry *entry, struct error *err)
{
    uint64_t n;

    entry->is_array = true;
    if (!cursor_u32(cursor, &entry->type) || !cursor_u64(cursor, &n))
        return fail(err, "the file ends inside an array");
    if (entry->type == GGUF_ARRAY)
        return fail(err, "arrays of arrays are not supported");
    entry->n = (size_t)n;
    return 0;
}

static int read_value(struct cursor *cursor, struct entry *entry, struct error *err)
{
    entry->n = 1;
    if (!cursor_u32(cursor, &entry->type))
        return fail(err, "the file ends before its type");
    if (entry->type == GGUF_ARRAY && read_array_head(cursor, entry, err))
        return -1;
    if (entry->type >= GGUF_N_TYPES)
        return fail(err, "unknown value type %u", entry->type);
    return entry->type == GGUF_STRING ? read_strings(cursor, entry, err) : read_numbers(cursor, entry, err);
}

static int read_entry(struct cursor *cursor, size_t index, struct entry *entry, struct error *err)
{
    if (!cursor_text(cursor, &entry->key.text, &entry->key.length))
        return fail(err, "metadata key %zu exceeds the file", index);
    if (entry->key.length == 0 || entry->key.length > MAX_KEY)
        return fail(err, "metadata key %zu has %zu characters", index, entry->key.length);
    if (read_value(cursor, entry, err))
        return fail_prefix(err, "metadata key %.*s", key_width(entry->key), entry->key.text);
    return 0;
}

static int sort_entries(struct gguf *gguf, struct error *err)
{
    qsort(gguf->entries, gguf->n, sizeof *gguf->entries, compare_entries);
    for (size_t i = 1; i < gguf->n; i++) {
        struct gguf_string key = gguf->entries[i].key;
        if (compare_strings(gguf->entries[i - 1].key, key) == 0)
            return fail(err, "metadata key %.*s occurs twice", key_width(key), key.text);
    }
    return 0;
}

static int read_entries(struct gguf *gguf, struct cursor *cursor, uint64_t n_pairs, struct error *err)
{
    if (n_pairs > cursor_left(cursor) / MIN_PAIR)
        return fail(err, "%llu metadata pairs exceed the file", (unsigned long long)n_pairs);
    gguf->entries = xcalloc((size_t)n_pairs, sizeof *gguf->entries);
    while (gguf->n < n_pairs) {
        size_t index = gguf->n++; /* counted first: what it has allocated is released also if it fails */
        if (read_entry(cursor, index, &gguf->entries[index], err))
            return -1;
    }
    return sort_entries(gguf, err);
}

struct gguf *gguf_parse(struct cursor *cursor, uint64_t n_pairs, struct error *err)
{
    struct gguf *gguf = xcalloc(1, sizeof *gguf);

    if (read_entries(gguf, cursor, n_pairs, err) == 0)
        return gguf;
    gguf_destroy(gguf);
    return NULL;
}

void gguf_destroy(struct gguf *gguf)
{
    if (!gguf)
        return;
    for (size_t i = 0; i < gguf->n; i++)
        free(gguf->entries[i].strings);
    free(gguf->entries);
    free(gguf);
}

/* ---- access ---- */

static const struct entry *find(const struct gguf *gguf, const char *key)
{
    struct entry wanted = {.key = {key, strlen(key)}};

    return bsearch(&wanted, gguf->entries, gguf->n, sizeof *gguf->entries, compare_entries);
}

static bool is_float(const struct entry *entry)
{
    return entry->type == GGUF_F32 || entry->type == GGUF_F64;
}

static bool is_integer(const struct entry *entry)
{
    return !is_float(entry) && entry->type != GGUF_STRING && entry->type != GGUF_BOOL;
}

/* The bits of an integer, sign-extended to 64; a U64 beyond LONG_MAX comes out negative. */
static int64_t integer_at(const struct entry *entry, size_t index)
{
    static const bool is_signed[GGUF_N_TYPES] = {[GGUF_I8] = true, [GGUF_I16] = true, [GGUF_I32] = true};
    size_t size = type_size[entry->type];
    unsigned unused = (unsigned)(64 - 8 * size);
    uint64_t bits = 0;

    memcpy(&bits, entry->data + index * size, size);
    bits <<= unused;
    return is_signed[entry->type] ? (int64_t)bits >> unused : (int64_t)(bits >> unused);
}

static double float_at(const struct entry *entry, size_t index)
{
    float single;
    double value;

    if (entry->type == GGUF_F64) {
        memcpy(&value, entry->data + index * sizeof value, sizeof value);
        return value;
    }
    memcpy(&single, entry->data + index * sizeof single, sizeof single);
    return single;
}

static int get_long(const struct entry *entry, size_t index, const char *key, long *value, struct error *err)
{
    if (!is_integer(entry))
        return fail(err, "metadata key %s is not an integer", key);
    int64_t integer = integer_at(entry, index);
    if (entry->type == GGUF_U64 && integer < 0)
        return fail(err, "metadata key %s is too large", key);
    *value = (long)integer;
    return 0;
}

static int get_double(const struct entry *entry, size_t index, const char *key, double *value, struct error *err)
{
    if (is_float(entry))
        *value = float_at(entry, index);
    else if (!is_integer(entry))
        return fail(err, "metadata key %s is not a number", key);
    else if (entry->type == GGUF_U64)
        *value = (double)(uint64_t)integer_at(entry, index);
    else
        *value = (double)integer_at(entry, index);
    return 0;
}

/* 1 and *entry if there is such a scalar, 0 if there is no such key. */
static int find_scalar(const struct gguf *gguf, const char *key, const struct entry **entry, struct error *err)
{
    *entry = find(gguf, key);
    if (*entry && (*entry)->is_array)
        return fail(err, "metadata key %s is an array, not one value", key);
    return *entry != NULL;
}

bool gguf_has(const struct gguf *gguf, const char *key)
{
    return find(gguf, key) != NULL;
}

int gguf_get_long(const struct gguf *gguf, const char *key, long *value, struct error *err)
{
    const struct entry *entry;
    int found = find_scalar(gguf, key, &entry, err);

    return found > 0 ? get_long(entry, 0, key, value, err) : found;
}

int gguf_get_double(const struct gguf *gguf, const char *key, double *value, struct error *err)
{
    const struct entry *entry;
    int found = find_scalar(gguf, key, &entry, err);

    return found > 0 ? get_double(entry, 0, key, value, err) : found;
}

int gguf_get_bool(const struct gguf *gguf, const char *key, bool *value, struct error *err)
{
    const struct entry *entry;
    int found = find_scalar(gguf, key, &entry, err);

    if (found <= 0)
        return found;
    if (entry->type != GGUF_BOOL)
        return fail(err, "metadata key %s is not true or false", key);
    *value = entry->data[0];
    return 0;
}

int gguf_get_string(const struct gguf *gguf, const char *key, struct gguf_string *value, struct error *err)
{
    const struct entry *entry;
    int found = find_scalar(gguf, key, &entry, err);

    if (found <= 0)
        return found;
    if (entry->type != GGUF_STRING)
        return fail(err, "metadata key %s is not a string", key);
    *value = entry->strings[0];
    return 0;
}

size_t gguf_array_length(const struct gguf *gguf, const char *key)
{
    const struct entry *entry = find(gguf, key);

    return entry && entry->is_array ? entry->n : 0;
}

int gguf_array_strings(const struct gguf *gguf, const char *key, const struct gguf_string **strings, size_t *n,
                       struct error *err)
{
    const struct entry *entry = find(gguf, key);

    *strings = NULL;
    *n = 0;
    if (!entry)
        return 0;
    if (!entry->is_array || (entry->type != GGUF_STRING && entry->n > 0))
        return fail(err, "metadata key %s is not an array of strings", key);
    *strings = entry->strings;
    *n = entry->n;
    return 0;
}

/* The array at `key`, if it has an element `index`. */
static const struct entry *find_element(const struct gguf *gguf, const char *key, size_t index, struct error *err)
{
    const struct entry *entry = find(gguf, key);

    if (!entry || !entry->is_array || index >= entry->n)
        return fail_null(err, "metadata key %s is not an array of more than %zu elements", key, index);
    return entry;
}

int gguf_array_double(const struct gguf *gguf, const char *key, size_t index, double *value, struct error *err)
{
    const struct entry *entry = find_element(gguf, key, index, err);

    return entry ? get_double(entry, index, key, value, err) : -1;
}

int gguf_array_long(const struct gguf *gguf, const char *key, size_t index, long *value, struct error *err)
{
    const struct entry *entry = find_element(gguf, key, index, err);

    return entry ? get_long(entry, index, key, value, err) : -1;
}

int gguf_array_bool(const struct gguf *gguf, const char *key, size_t index, bool *value, struct error *err)
{
    const struct entry *entry = find_element(gguf, key, index, err);

    if (!entry)
        return -1;
    if (entry->type != GGUF_BOOL)
        return fail(err, "metadata key %s is not an array of true and false", key);
    *value = entry->data[index];
    return 0;
}

size_t gguf_count(const struct gguf *gguf)
{
    return gguf->n;
}

struct gguf_string gguf_key(const struct gguf *gguf, size_t index)
{
    return gguf->entries[index].key;
}
