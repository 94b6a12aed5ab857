/* libFuzzer target: tokenizer.model, then a text through it. tests/fuzz/run builds
 * and runs it.
 * Sources: src/base/*.c src/weights/*.c src/text/*.c
 * Libraries: -ljansson -lpcre2-8 -lutf8proc -lm */
#include "tokenizer_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_and_encode("tokenizer.model", data, size);
    return 0;
}
