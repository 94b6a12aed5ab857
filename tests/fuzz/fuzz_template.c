/* libFuzzer target: chat templates. tests/fuzz/run builds and runs it.
 * Sources: src/base/*.c src/weights/*.c src/text/*.c
 * Libraries: -ljansson -lpcre2-8 -lutf8proc -lm */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_t *messages;
    struct error err;

    if (!messages)
        messages = json_pack("[{s:s, s:s}, {s:s, s:[{s:s, s:s}]}]", "role", "system", "content", " Be brief.\n", "role",
                             "user", "content", "type", "text", "text", "2+2 = ?");
    struct template_variables variables = {.messages = messages,
                                           .add_generation_prompt = true,
                                           .bos_token = "<s>",
                                           .eos_token = "</s>",
                                           .date = template_default_date};
    char *source = xcalloc(size + 1, 1);
    memcpy(source, data, size);
    free(template_render(source, "t", &variables, NULL, &err));
    free(source);
    return 0;
}
