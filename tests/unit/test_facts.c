/* Parameters counted from the files, from the GGUF file and from config.json alone are
 * the elements of the tensors; bytes and products of a layer by hand. */
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "model/model.h"

static struct model *open_model(const char *path, bool header_only)
{
    struct error err = {""};
    struct model *model = model_open(path, header_only, &err);

    if (!model)
        fail_msg("%s", err.text);
    return model;
}

/* Other modes' tensors and the causal mask of old GPT-2 files are no weights of the text model. */
static bool is_weight(const char *name)
{
    static const char *const others[] = {"vision", "multi_modal", ".attn.bias"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(name, others[i]))
            return false;
    return true;
}

static uint64_t tensor_sum(const struct model *model)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < weights_count(model->weights); i++)
        if (is_weight(weights_at(model->weights, i)->name))
            sum += tensor_elements(weights_at(model->weights, i));
    return sum;
}

static uint64_t count_of_config(const char *folder)
{
    char *alone = files_make_folder(), *config = files_path(alone, "config.json");
    char *published = files_path(folder, "config.json");

    assert_int_equal(symlink(published, config), 0);
    struct model *model = open_model(alone, true);
    uint64_t n = model_parameters(model);
    model_close(model);
    files_remove_folder(alone);
    free(published);
    free(config);
    return n;
}

static void check_case(const char *name)
{
    char *families = files_test_data("families"), *folder = files_path(families, name);
    char *gguf = files_path(folder, "model.gguf");
    struct model *model = open_model(folder, false);
    uint64_t n = tensor_sum(model);

    assert_int_equal(model_parameters(model), n);
    assert_int_equal(count_of_config(folder), n);
    model_close(model);
    if (access(gguf, R_OK) == 0) {
        model = open_model(gguf, false);
        assert_int_equal(model_parameters(model), n);
        model_close(model);
    }
    free(gguf);
    free(folder);
    free(families);
}

static void parameters_are_the_tensors(void **state)
{
    char *path = files_test_data("families");
    DIR *folder = opendir(path);

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && !strchr(entry->d_name, '.'))
            check_case(entry->d_name);
    closedir(folder);
    free(path);
}

/* Qwen3-30B-A3B: D 2048, 32 and 4 heads of 128, 128 experts of 768, 8 a token. */
static void a_layer_of_experts(void **state)
{
    char *path = files_test_data("configs/Qwen3-30B-A3B");
    struct model *model = open_model(path, true);
    uint64_t attention = 2048 * (2 * 32 * 128 + 2 * 4 * 128), router = 2048 * 128, expert = 3 * 2048 * 768;
    uint64_t norms = 2 * 2048 + 2 * 128;

    (void)state;
    assert_int_equal(model_layer_bytes(model, 7), 2 * (attention + router + 128 * expert + norms));
    assert_true(model_layer_flop(model, 7) == 2.0 * (double)(attention + router + 8 * expert));
    model_close(model);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_the_tensors),
        cmocka_unit_test(a_layer_of_experts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
