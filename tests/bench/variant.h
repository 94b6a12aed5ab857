/* The same weights in another data type: GGUF files of synthetic Llama models. */
#ifndef SINKGRID_TESTS_BENCH_VARIANT_H
#define SINKGRID_TESTS_BENCH_VARIANT_H

#include "base/error.h"
#include "model/model.h"

/* Encodes n floats, a multiple of the type's block, as a plain quantizer does: range
 * of a block over its levels, no search for better scales. */
typedef void encode_function(const float *src, void *dst, size_t n);

/* F32, F16, BF16, Q8_0, Q4_1, Q4_K; NULL for others. */
encode_function *variant_encoder(const char *dtype);

/* Writes the float32 weights of `model` to `path` with all linear maps in `dtype`
 * (embedding and norms stay float32). Rows must be whole blocks. */
int variant_write(const char *path, const struct model *model, const char *dtype, struct error *err);

#endif
