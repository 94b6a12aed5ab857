/* The table of one instruction set's functions. */
#include "kernel/native.h"
#include "kernel/kernel.h"

extern const struct kernel NATIVE(kernel);

const struct kernel NATIVE(kernel) = {
    .name = NATIVE_TEXT(NATIVE_ISA),
    .slab_columns = 96,
    .fixed_shapes = false,
    .pack = NATIVE(pack),
    .multiply = NATIVE(multiply),
    .pack_rows = NATIVE(pack_rows),
    .multiply_packed = NATIVE(multiply_packed),
    .put_key = NATIVE(put_key),
    .put_value = NATIVE(put_value),
    .multiply_keys = NATIVE(multiply_keys),
    .multiply_values = NATIVE(multiply_values),
    .sum_squares = NATIVE(sum_squares),
    .dot = NATIVE(dot),
    .dots = NATIVE(dots),
    .sum = NATIVE(sum),
    .max_abs = NATIVE(max_abs),
    .count_abs_not_above = NATIVE(count_abs_not_above),
    .least_abs_above = NATIVE(least_abs_above),
    .all_finite = NATIVE(all_finite),
    .scale_rms = NATIVE(scale_rms),
    .scale_layer = NATIVE(scale_layer),
    .sum_square_deviations = NATIVE(sum_square_deviations),
    .add = NATIVE(add),
    .add_scaled = NATIVE(add_scaled),
    .scale = NATIVE(scale),
    .multiply_rows = NATIVE(multiply_rows),
    .silu = NATIVE(silu),
    .gelu_tanh = NATIVE(gelu_tanh),
    .tanh_cap = NATIVE(tanh_cap),
    .largest = NATIVE(largest),
    .exp2_shifted = NATIVE(exp2_shifted),
    .add_columns = NATIVE(add_columns),
};
