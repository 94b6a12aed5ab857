/* libFuzzer target: GGUF files. tests/fuzz/run builds and runs it.
 * Sources: src/base/*.c src/weights/*.c
 * Libraries: -ljansson -lm */
#include "weights_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *path;

    if (!path)
        path = xasprintf("%s/model.gguf", input_folder());
    write_input(path, data, size);
    open_and_touch(path, false);
    open_and_touch(path, true);
    return 0;
}
