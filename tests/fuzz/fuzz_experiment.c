/* libFuzzer target: the experiment file. Build:
 *   clang -g -fsanitize=fuzzer,address,undefined -I src -I BUILD -include config.h \
 *     tests/fuzz/fuzz_experiment.c src/base/[!l]*.c src/base/log.c
 * src/grid/{config_text,experiment*,override,path,setting*,sweep}.c \ -lconfig -ljansson -lm -o fuzz_experiment Run
 * with ASAN_OPTIONS=detect_leaks=0: libconfig 1.5 loses a string that is not closed. */
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
