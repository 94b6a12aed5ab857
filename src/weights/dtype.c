#include "weights/dtype.h"

#include <string.h>

#include "weights/widen.h"

enum { NONE = -1 };

/* Sizes and numbers: ggml.h and ggml-common.h of github.com/ggml-org/ggml; names: the safetensors format. What gpt-oss
 * stores as bytes is MXFP4_HF and its MXFP4_SCALE (scales.c). */
static const struct dtype dtypes[] = {
    {"F32", 0, "F32", 1, 4, widen_f32},
    {"F16", 1, "F16", 1, 2, widen_f16},
    {"BF16", 30, "BF16", 1, 2, widen_bf16},
    {"F8_E4M3", NONE, "F8_E4M3", 1, 1, widen_f8_e4m3},
    {"F8_E5M2", NONE, "F8_E5M2", 1, 1, widen_f8_e5m2},
    {"F8_E8M0", NONE, "F8_E8M0", 1, 1, widen_f8_e8m0},
    {"MXFP4_HF", NONE, NULL, 32, 16, widen_mxfp4_hf},
    {"MXFP4_SCALE", NONE, NULL, 1, 1, widen_mxfp4_scale},

    {"Q4_0", 2, NULL, 32, 18, widen_q4_0},
    {"Q4_1", 3, NULL, 32, 20, widen_q4_1},
    {"Q5_0", 6, NULL, 32, 22, widen_q5_0},
    {"Q5_1", 7, NULL, 32, 24, widen_q5_1},
    {"Q8_0", 8, NULL, 32, 34, widen_q8_0},
    {"Q2_K", 10, NULL, 256, 84, widen_q2_k},
    {"Q3_K", 11, NULL, 256, 110, widen_q3_k},
    {"Q4_K", 12, NULL, 256, 144, widen_q4_k},
    {"Q5_K", 13, NULL, 256, 176, widen_q5_k},
    {"Q6_K", 14, NULL, 256, 210, widen_q6_k},
    {"IQ4_NL", 20, NULL, 32, 18, widen_iq4_nl},
    {"IQ4_XS", 23, NULL, 256, 136, widen_iq4_xs},
    {"MXFP4", 39, NULL, 32, 17, widen_mxfp4},

    {"F64", 28, "F64", 1, 8, widen_f64},
    {"I64", 27, "I64", 1, 8, widen_i64},
    {"I32", 26, "I32", 1, 4, widen_i32},
    {"I16", 25, "I16", 1, 2, widen_i16},
    {"I8", 24, "I8", 1, 1, widen_i8},
    {"U64", NONE, "U64", 1, 8, widen_u64},
    {"U32", NONE, "U32", 1, 4, widen_u32},
    {"U16", NONE, "U16", 1, 2, widen_u16},
    {"U8", NONE, "U8", 1, 1, widen_u8},
    {"BOOL", NONE, "BOOL", 1, 1, widen_u8},

    /* Known, not supported. */
    {"Q8_1", 9, NULL, 32, 40, NULL},
    {"Q8_K", 15, NULL, 256, 292, NULL},
    {"IQ2_XXS", 16, NULL, 256, 66, NULL},
    {"IQ2_XS", 17, NULL, 256, 74, NULL},
    {"IQ3_XXS", 18, NULL, 256, 98, NULL},
    {"IQ1_S", 19, NULL, 256, 50, NULL},
    {"IQ3_S", 21, NULL, 256, 110, NULL},
    {"IQ2_S", 22, NULL, 256, 82, NULL},
    {"IQ1_M", 29, NULL, 256, 56, NULL},
    {"TQ1_0", 34, NULL, 256, 54, NULL},
    {"TQ2_0", 35, NULL, 256, 66, NULL},
    {"NVFP4", 40, NULL, 64, 36, NULL},
    {"Q1_0", 41, NULL, 128, 18, NULL},
};

const struct dtype *dtype_of_gguf(uint32_t type)
{
    for (size_t i = 0; i < dtype_count(); i++)
        if (dtypes[i].gguf_type != NONE && (uint32_t)dtypes[i].gguf_type == type)
            return &dtypes[i];
    return NULL;
}

const struct dtype *dtype_of_safetensors(const char *name)
{
    for (size_t i = 0; i < dtype_count(); i++)
        if (dtypes[i].safetensors && strcmp(dtypes[i].safetensors, name) == 0)
            return &dtypes[i];
    return NULL;
}

const struct dtype *dtype_by_name(const char *name)
{
    for (size_t i = 0; i < dtype_count(); i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return &dtypes[i];
    return NULL;
}

size_t dtype_count(void)
{
    return sizeof dtypes / sizeof *dtypes;
}

const struct dtype *dtype_at(size_t index)
{
    return &dtypes[index];
}
