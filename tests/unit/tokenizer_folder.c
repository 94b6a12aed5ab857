#include "tokenizer_folder.h"

#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"

char *tokenizer_folder_make(void)
{
    const char *root = getenv("TMPDIR");
    char *folder = xasprintf("%s/tokenizer-XXXXXX", root ? root : "/tmp");

    assert_non_null(mkdtemp(folder));
    return folder;
}

void tokenizer_folder_remove(char *folder)
{
    DIR *directory = opendir(folder);

    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        if (*entry->d_name != '.')
            unlink(path);
        free(path);
    }
    closedir(directory);
    rmdir(folder);
    free(folder);
}

void tokenizer_folder_write(const char *folder, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    free(path);
}

void tokenizer_folder_write_json(const char *folder, const char *name, const json_t *value)
{
    char *path = xasprintf("%s/%s", folder, name);

    assert_int_equal(json_dump_file(value, path, JSON_COMPACT), 0);
    json_decref((json_t *)value);
    free(path);
}

struct tokenizer *tokenizer_folder_open(const char *folder)
{
    struct error err;
    struct tokenizer *tokenizer = tokenizer_open(folder, NULL, &err);

    if (!tokenizer)
        print_error("%s\n", err.text);
    assert_non_null(tokenizer);
    return tokenizer;
}

char *tokenizer_data_path(const char *name)
{
    const char *root = getenv("abs_top_srcdir");

    char *path = xasprintf("%s/tests/data/tokenizers/%s", root ? root : ".", name), *real = realpath(path, NULL);

    if (!real)
        print_error("%s is missing\n", path);
    assert_non_null(real);
    free(path);
    return real;
}

json_t *tokenizer_data_json(const char *name)
{
    struct error err;
    char *path = tokenizer_data_path(name);
    json_t *value = json_read_file(path, &err);

    if (!value)
        print_error("%s\n", err.text);
    assert_non_null(value);
    free(path);
    return value;
}

json_t *tokenizer_variant_document(const json_t *bases, const json_t *variant)
{
    static const char *const parts[] = {"added_tokens", "normalizer", "pre_tokenizer", "post_processor"};
    json_t *model = json_copy(json_object_get(bases, json_string_value(json_object_get(variant, "base"))));
    json_t *changes = json_object_get(variant, "model"), *document = json_object();

    assert_non_null(model);
    if (changes)
        json_object_update(model, changes);
    json_object_set_new(document, "model", model);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (json_object_get(variant, parts[i]))
            json_object_set(document, parts[i], json_object_get(variant, parts[i]));
    return document;
}
