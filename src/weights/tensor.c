#include "weights/tensor.h"

#include <assert.h>

#include "base/memory.h"
#include "weights/map.h"

size_t tensor_elements(const struct tensor *tensor)
{
    size_t n = 1;

    for (int i = 0; i < tensor->n_dims; i++)
        n *= tensor->shape[i];
    return n;
}

size_t tensor_columns(const struct tensor *tensor)
{
    return tensor->n_dims ? tensor->shape[tensor->n_dims - 1] : 1;
}

size_t tensor_rows(const struct tensor *tensor)
{
    size_t n = 1;

    for (int i = 0; i + 1 < tensor->n_dims; i++)
        n *= tensor->shape[i];
    return n;
}

bool tensor_bytes(const struct dtype *dtype, int n_dims, const size_t *shape, size_t *bytes)
{
    size_t n = 1, columns = n_dims ? shape[n_dims - 1] : 1;

    for (int i = 0; i < n_dims; i++)
        if (!size_mul(n, shape[i], &n))
            return false;
    return columns % dtype->block_elements == 0 && size_mul(n / dtype->block_elements, dtype->block_bytes, bytes);
}

/* Multiplies columns [begin, end) of a row by the scales of their blocks. */
static void apply_scales(const struct tensor *tensor, size_t row, size_t begin, size_t end, float *dst)
{
    const struct tensor *scales = tensor->scales;
    size_t rows = tensor->n_dims > 1 ? tensor->shape[tensor->n_dims - 2] : 1;
    size_t scale_rows = scales->n_dims > 1 ? scales->shape[scales->n_dims - 2] : 1;
    size_t scale_row = row / rows * scale_rows + row % rows / tensor->scale_block[0];
    const uint8_t *at = (const uint8_t *)scales->data + scale_row * tensor_columns(scales) * scales->dtype->block_bytes;

    for (size_t column = begin; column < end;) {
        size_t block = column / tensor->scale_block[1], stop = (block + 1) * tensor->scale_block[1];
        float scale;
        scales->dtype->widen(at + block * scales->dtype->block_bytes, &scale, 1);
        for (stop = stop < end ? stop : end; column < stop; column++)
            dst[column - begin] *= scale;
    }
}

void tensor_widen(const struct tensor *tensor, size_t row, size_t begin, size_t end, float *dst)
{
    const struct dtype *dtype = tensor->dtype;
    size_t columns = tensor_columns(tensor);

    assert(tensor->data && dtype->widen);
    assert(row < tensor_rows(tensor) && begin <= end && end <= columns);
    assert(begin % dtype->block_elements == 0 && end % dtype->block_elements == 0);
    size_t block = (row * columns + begin) / dtype->block_elements;
    dtype->widen((const uint8_t *)tensor->data + block * dtype->block_bytes, dst, end - begin);
    if (tensor->scales)
        apply_scales(tensor, row, begin, end, dst);
}

void tensor_expect_stream(const struct tensor *tensor)
{
    if (tensor->data)
        map_expect(tensor->data, tensor->size, MAP_STREAMED);
    if (tensor->scales)
        tensor_expect_stream(tensor->scales);
}
