#include "run/stamp.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++) /* FNV-1a */
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* 0 unless it is a regular file; links are followed. */
static uint64_t stamp_file(const char *path, const char *name)
{
    struct stat facts;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode))
        return 0;
    int64_t numbers[] = {(int64_t)facts.st_size, (int64_t)facts.st_mtim.tv_sec, (int64_t)facts.st_mtim.tv_nsec};
    hash = mix(hash, name, strlen(name));
    return mix(hash, numbers, sizeof numbers);
}

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n >= m && strcmp(name + n - m, end) == 0;
}

/* What a worker reads of a folder; anything else may lie and change there. */
static bool is_read(const char *name)
{
    return ends_in(name, ".safetensors") || ends_in(name, ".gguf") || strcmp(name, "config.json") == 0;
}

/* A sum over the files, so that the order of the folder is no matter. */
uint64_t stamp_of(const char *path)
{
    DIR *folder = opendir(path);
    uint64_t sum = 0;

    if (!folder)
        return stamp_file(path, "");
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!is_read(entry->d_name))
            continue;
        char *file = xasprintf("%s/%s", path, entry->d_name);
        sum += stamp_file(file, entry->d_name);
        free(file);
    }
    closedir(folder);
    return sum;
}
