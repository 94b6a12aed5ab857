/* libFuzzer target: the experiment file. tests/fuzz/run builds and runs it; leaks are not
 * reported, because libconfig 1.5 loses a string that is not closed.
 * Sources: src/base/*.c src/grid/config_text.c src/grid/experiment*.c src/grid/override.c src/grid/path.c src/grid/setting*.c src/grid/sweep.c
 * Libraries: -lconfig -ljansson -lm
 * Options: detect_leaks=0 */
#include <stdint.h>
#include <stdlib.h>

#include "grid/experiment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {""}, again = {""};
    struct experiment *first = experiment_parse((const char *)data, size, "/nowhere/fuzz.cfg", NULL, &err);

    if (!first) {
        if (!err.text[0])
            abort(); /* a failure without a reason */
        return 0;
    }
    char *text = experiment_resolved_text(first);
    size_t length = 0;
    while (text[length])
        length++;
    struct experiment *second = experiment_parse(text, length, "/nowhere/fuzz.cfg", NULL, &again);
    if (!second)
        abort(); /* the resolved copy must load */
    experiment_destroy(first);
    experiment_destroy(second);
    free(text);
    return 0;
}
