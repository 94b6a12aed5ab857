/* libFuzzer target: tokenizer.json, then a text through what it describes. The input
 * is the file; its last bytes, as they are, are also the text. tests/fuzz/run builds
 * and runs it.
 * Sources: src/base/*.c src/weights/*.c src/text/*.c
 * Libraries: -ljansson -lpcre2-8 -lutf8proc -lm */
#include "tokenizer_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_and_encode("tokenizer.json", data, size);
    return 0;
}
