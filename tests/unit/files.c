#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* A test that cannot have its files is broken: no error to report, but an end. */
static void require(int condition, const char *what)
{
    if (condition)
        return;
    perror(what);
    abort();
}

void bytes_u32(struct bytes *bytes, uint32_t value)
{
    bytes_append(bytes, &value, sizeof value);
}

void bytes_u64(struct bytes *bytes, uint64_t value)
{
    bytes_append(bytes, &value, sizeof value);
}

void bytes_f32(struct bytes *bytes, float value)
{
    bytes_append(bytes, &value, sizeof value);
}

void bytes_text(struct bytes *bytes, const char *text)
{
    bytes_u64(bytes, strlen(text));
    bytes_append(bytes, text, strlen(text));
}

void bytes_zeros(struct bytes *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes_append(bytes, "", 1);
}

void files_gguf_head(struct bytes *bytes, uint32_t version, uint64_t n_tensors, uint64_t n_pairs)
{
    bytes_append(bytes, "GGUF", 4);
    bytes_u32(bytes, version);
    bytes_u64(bytes, n_tensors);
    bytes_u64(bytes, n_pairs);
}

void files_gguf_key(struct bytes *bytes, const char *key, uint32_t type)
{
    bytes_text(bytes, key);
    bytes_u32(bytes, type);
}

void files_gguf_u32(struct bytes *bytes, const char *key, uint32_t value)
{
    files_gguf_key(bytes, key, META_U32);
    bytes_u32(bytes, value);
}

void files_gguf_string(struct bytes *bytes, const char *key, const char *value)
{
    files_gguf_key(bytes, key, META_STRING);
    bytes_text(bytes, value);
}

void files_gguf_tensor(struct bytes *bytes, const char *name, uint32_t n_dims, const uint64_t *extents, uint32_t type,
                       uint64_t offset)
{
    bytes_text(bytes, name);
    bytes_u32(bytes, n_dims);
    bytes_append(bytes, extents, n_dims * sizeof *extents);
    bytes_u32(bytes, type);
    bytes_u64(bytes, offset);
}

void files_gguf_pad(struct bytes *bytes, size_t alignment)
{
    bytes_zeros(bytes, (alignment - bytes->n % alignment) % alignment);
}

void files_safetensors_head(struct bytes *bytes, const char *header)
{
    bytes_text(bytes, header);
}

char *files_make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *folder = xasprintf("%s/sinkgrid-test-XXXXXX", parent ? parent : "/tmp");

    require(mkdtemp(folder) != NULL, folder);
    return folder;
}

void files_remove_folder(char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    require(dir != NULL, folder);
    while ((entry = readdir(dir))) {
        char *path = files_path(folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            require(unlink(path) == 0, path);
        free(path);
    }
    closedir(dir);
    require(rmdir(folder) == 0, folder);
    free(folder);
}

char *files_path(const char *folder, const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

char *files_write(const char *folder, const char *name, const void *data, size_t n)
{
    char *path = files_path(folder, name);
    FILE *file = fopen(path, "wb");

    require(file && (n == 0 || fwrite(data, 1, n, file) == n), path);
    require(fclose(file) == 0, path);
    return path;
}

char *files_write_text(const char *folder, const char *name, const char *text)
{
    return files_write(folder, name, text, strlen(text));
}

struct bytes files_read(const char *path)
{
    struct bytes bytes = {0};
    uint8_t piece[4096];
    FILE *file = fopen(path, "rb");
    size_t n;

    require(file != NULL, path);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        bytes_append(&bytes, piece, n);
    fclose(file);
    return bytes;
}

char *files_test_data(const char *name)
{
    const char *root = getenv("abs_top_srcdir");

    return xasprintf("%s/tests/data/%s", root ? root : ".", name);
}
