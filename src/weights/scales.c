/* Block scales that are tensors of their own. Two kinds are published:
 * - F8_E4M3: NAME of (n_out, n_in) with NAME_scale_inv of (ceil(n_out / a), ceil(n_in / b)), a number per block of
 *   a x b elements; config.json has a and b (quantization_config.weight_block_size), mostly 128 and 128.
 * - MXFP4 of gpt-oss: NAME_blocks of (E, n_out, G, 16) bytes with NAME_scales of (E, n_out, G) exponents, 32 columns
 *   each. It is presented as one tensor NAME of (E, n_out, 32 G). (transformers holds its transpose, (E, n_in, n_out).)
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "weights/format.h"

enum { GROUP = 32, GROUP_BYTES = 16, DEFAULT_BLOCK = 128 };

static const char BLOCKS[] = "_blocks", SCALES[] = "_scales";

/* Indices into weights->tensors. */
struct pair {
    size_t owner, scales;
};

struct pairs {
    struct pair *items;
    size_t n, capacity;
};

static void pairs_add(struct pairs *pairs, size_t owner, size_t scales)
{
    pairs->items = array_grow(pairs->items, pairs->n, &pairs->capacity, sizeof *pairs->items);
    pairs->items[pairs->n++] = (struct pair){owner, scales};
}

/* The tensor named stem (its first n characters) + suffix, or NULL. */
static const struct tensor *find_sibling(const struct weights *weights, const char *stem, size_t n, const char *suffix)
{
    char *name = xasprintf("%.*s%s", (int)n, stem, suffix);
    const struct tensor *sibling = weights_find(weights, name);

    free(name);
    return sibling;
}

static size_t divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* Rows (axis 0) or columns (axis 1) of a block: as the configuration says, 128, or an equal share of the extent. */
static int block_extent(const struct weights *weights, int axis, size_t extent, size_t n_scales, size_t *block,
                        struct error *err)
{
    const json_t *sizes = json_member(weights->config, "quantization_config.weight_block_size");
    const json_t *size = json_array_get(sizes, (size_t)axis);
    json_int_t wanted = json_is_integer(size) ? json_integer_value(size) : DEFAULT_BLOCK;

    if (wanted > 0 && divide_up(extent, (size_t)wanted) == n_scales)
        *block = (size_t)wanted;
    else if (n_scales > 0 && extent > 0 && extent % n_scales == 0)
        *block = extent / n_scales;
    else
        return fail(err, "%zu block scales do not divide %zu %s", n_scales, extent, axis ? "columns" : "rows");
    return 0;
}

static int check_scale_type(const struct tensor *scales, struct error *err)
{
    static const char *const types[] = {"F32", "BF16", "F16", "F8_E8M0", "U8"};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(scales->dtype->name, types[i]) == 0)
            return 0;
    return fail(err, "block scales of type %s are not supported", scales->dtype->name);
}

static int attach_f8(const struct weights *weights, struct tensor *owner, const struct tensor *scales,
                     struct error *err)
{
    int n = owner->n_dims;

    if (check_scale_type(scales, err))
        return -1;
    if (n < 2 || scales->n_dims != n)
        return fail(err, "block scales need as many dimensions as their tensor, two at least");
    for (int i = 0; i < n - 2; i++)
        if (owner->shape[i] != scales->shape[i])
            return fail(err, "block scales have %zu matrices, their tensor %zu", scales->shape[i], owner->shape[i]);
    for (int axis = 0; axis < 2; axis++)
        if (block_extent(weights, axis, owner->shape[n - 2 + axis], scales->shape[n - 2 + axis],
                         &owner->scale_block[axis], err))
            return -1;
    return 0;
}

static int attach_mxfp4(struct tensor *owner, const struct tensor *scales, struct error *err)
{
    int n = owner->n_dims;

    if (strcmp(scales->dtype->name, "U8") != 0 || n < 2 || owner->shape[n - 1] != GROUP_BYTES ||
        scales->n_dims != n - 1)
        return fail(err, "blocks and scales are not of MXFP4's shape");
    for (int i = 0; i < n - 1; i++)
        if (owner->shape[i] != scales->shape[i])
            return fail(err, "blocks and scales differ in dimension %d", i);
    if (owner->size > SIZE_MAX / 2)
        return fail(err, "its number of elements overflows");
    owner->dtype = dtype_by_name("MXFP4_HF");
    owner->n_dims = n - 1;
    owner->shape[n - 2] *= GROUP;
    owner->scale_block[0] = 1;
    owner->scale_block[1] = GROUP;
    return 0;
}

/* Finds the scales of tensor `index`, if it has any, and notes the pair. */
static int pair_tensor(const struct weights *weights, size_t index, struct pairs *pairs, struct error *err)
{
    struct tensor *owner = &weights->tensors[index];
    const struct tensor *scales;
    size_t n = strlen(owner->name), suffix = sizeof BLOCKS - 1;

    if (strcmp(owner->dtype->name, "F8_E4M3") == 0) {
        scales = find_sibling(weights, owner->name, n, "_scale_inv");
        if (!scales)
            return find_sibling(weights, owner->name, n, "_scale")
                       ? fail(err, "F8_E4M3 with a \"_scale\" (not \"_scale_inv\") is not supported")
                       : 0;
        if (attach_f8(weights, owner, scales, err))
            return -1;
    } else if (strcmp(owner->dtype->name, "U8") == 0 && n > suffix && strcmp(owner->name + n - suffix, BLOCKS) == 0) {
        scales = find_sibling(weights, owner->name, n - suffix, SCALES);
        if (!scales)
            return 0;
        if (attach_mxfp4(owner, scales, err))
            return -1;
    } else {
        return 0;
    }
    pairs_add(pairs, index, (size_t)(scales - weights->tensors));
    return 0;
}

/* Moves the scales from the list of tensors to a list of their own; MXFP4 tensors get their name without suffix. */
static void move_scales(struct weights *weights, const struct pairs *pairs)
{
    size_t kept = 0;

    weights->scales = xcalloc(pairs->n, sizeof *weights->scales);
    weights->n_scales = pairs->n;
    for (size_t i = 0; i < pairs->n; i++) {
        struct tensor *owner = &weights->tensors[pairs->items[i].owner];
        struct tensor *scales = &weights->tensors[pairs->items[i].scales];
        bool is_mxfp4 = owner->dtype == dtype_by_name("MXFP4_HF");
        weights->scales[i] = *scales;
        if (strcmp(scales->dtype->name, "U8") == 0) /* an exponent */
            weights->scales[i].dtype = dtype_by_name(is_mxfp4 ? "MXFP4_SCALE" : "F8_E8M0");
        owner->scales = &weights->scales[i];
        if (!scales->data)
            owner->data = NULL;
        if (is_mxfp4)
            ((char *)owner->name)[strlen(owner->name) - (sizeof BLOCKS - 1)] = '\0';
        scales->name = NULL;
    }
    for (size_t i = 0; i < weights->n_tensors; i++)
        if (weights->tensors[i].name)
            weights->tensors[kept++] = weights->tensors[i];
    weights->n_tensors = kept;
}

int scales_attach(struct weights *weights, struct error *err)
{
    struct pairs pairs = {0};
    int rc = 0;

    for (size_t i = 0; i < weights->n_tensors && rc == 0; i++)
        if (pair_tensor(weights, i, &pairs, err))
            rc = fail_prefix(err, "%s: tensor %.80s", weights->path, weights->tensors[i].name);
    if (rc == 0 && pairs.n > 0)
        move_scales(weights, &pairs);
    free(pairs.items);
    return rc;
}
