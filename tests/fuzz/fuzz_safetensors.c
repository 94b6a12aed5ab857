/* libFuzzer target: safetensors files. The first byte decides whether the input is one file
 * (even) or an index beside a shard whose name it may give (odd). tests/fuzz/run builds and runs it.
 * Sources: src/base/*.c src/weights/*.c
 * Libraries: -ljansson -lm */
#include <unistd.h>

#include "weights_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char SHARD[] =
    "\x40\0\0\0\0\0\0\0{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}            \0\0\0\0";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *single, *index, *shard;

    if (!single) {
        single = xasprintf("%s/model.safetensors", input_folder());
        index = xasprintf("%s/model.safetensors.index.json", input_folder());
        shard = xasprintf("%s/s.safetensors", input_folder());
        write_input(shard, (const uint8_t *)SHARD, sizeof SHARD - 1);
    }
    if (size == 0)
        return 0;
    write_input(data[0] % 2 ? index : single, data + 1, size - 1);
    open_and_touch(input_folder(), false);
    open_and_touch(input_folder(), true);
    unlink(data[0] % 2 ? index : single);
    return 0;
}
