/* libFuzzer target: packed measurements, as they come from another rank. tests/fuzz/run builds and runs it.
 * Sources: src/base/*.c src/probe/measurement.c src/probe/quantity.c
 * Libraries: -ljansson -lm */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/measurement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct measurement measurement;
    struct error err = {""};
    uint8_t *again;
    size_t n;

    if (measurement_unpack(&measurement, data, size, &err) != 0) {
        if (!err.text[0] || measurement.samples)
            abort(); /* a failure without a reason, or something left */
        return 0;
    }
    measurement_pack(&measurement, &again, &n);
    if (n != size || memcmp(again, data, n) != 0)
        abort(); /* what is taken is taken whole */
    free(again);
    measurement_clear(&measurement);
    return 0;
}
