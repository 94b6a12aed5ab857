/* A Hugging Face folder: config.json and model.safetensors, or the shards that
 * model.safetensors.index.json names, or else every *.safetensors. Links are followed,
 * as in the hub's cache, where all files of a folder are links. */
#include "weights/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

/* Names of files, sorted, without repetition. */
struct names {
    char **items;
    size_t n, capacity;
};

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->items[i]);
    free(names->items);
}

static void names_add(struct names *names, const char *name)
{
    names->items = array_grow(names->items, names->n, &names->capacity, sizeof *names->items);
    names->items[names->n++] = xstrdup(name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_sort(struct names *names)
{
    size_t kept = 0;

    if (names->n)
        qsort(names->items, names->n, sizeof *names->items, compare_names);
    for (size_t i = 0; i < names->n; i++) {
        if (kept > 0 && strcmp(names->items[kept - 1], names->items[i]) == 0)
            free(names->items[i]);
        else
            names->items[kept++] = names->items[i];
    }
    names->n = kept;
}

/* ---- the index ---- */

/* A shard is a file of the folder itself: an index from elsewhere may not lead out of it. */
static int add_shard(struct names *shards, const char *tensor, const json_t *value, struct error *err)
{
    const char *name = json_string_value(value);

    if (!name)
        return fail(err, "weight_map: %.80s: not a file name", tensor);
    if (strchr(name, '/') || !weights_path_ends(name, ".safetensors"))
        return fail(err, "weight_map: \"%.80s\" is not the name of a .safetensors file in the folder", name);
    if (shards->n == 0 || strcmp(shards->items[shards->n - 1], name) != 0) /* runs are common: spares the sort */
        names_add(shards, name);
    return 0;
}

static int list_shards(const json_t *weight_map, struct names *shards, struct error *err)
{
    const char *tensor;
    json_t *value;

    if (!json_is_object(weight_map) || json_object_size(weight_map) == 0)
        return fail(err, "no \"weight_map\" of tensor names to file names");
    json_object_foreach((json_t *)weight_map, tensor, value) if (add_shard(shards, tensor, value, err)) return -1;
    names_sort(shards);
    return 0;
}

/* Every name of the index must have been found (in whichever shard). */
static int check_index(const struct weights *weights, const json_t *weight_map, struct error *err)
{
    json_t *found = json_object();
    const char *name;
    json_t *value;
    int rc = 0;

    for (size_t i = 0; i < weights->n_tensors; i++)
        json_object_set_new(found, weights->tensors[i].name, json_true());
    json_object_foreach((json_t *)weight_map, name, value) if (rc == 0 && !json_object_get(found, name)) rc =
        fail(err, "tensor %.80s is not in %.80s", name, json_string_value(value));
    json_decref(found);
    return rc;
}

/* ---- the folder ---- */

static int list_folder(const char *folder, const char *end, struct names *names, struct error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (!dir)
        return fail(err, "%s: %s", folder, strerror(errno));
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' && weights_path_ends(entry->d_name, end))
            names_add(names, entry->d_name);
    closedir(dir);
    names_sort(names);
    return 0;
}

/* A folder of GGUF files is a likely mistake. */
static int fail_without_config(const char *folder, struct error *err)
{
    struct names names = {0};
    struct error unused;

    if (!list_folder(folder, ".gguf", &names, &unused) && names.n > 0)
        fail(err, "%s: no config.json; for GGUF weights name the file, %s", folder, names.items[0]);
    else
        fail(err, "%s: no config.json", folder);
    names_clear(&names);
    return -1;
}

static int load_config(struct weights *weights, const char *folder, struct error *err)
{
    char *path = xasprintf("%s/config.json", folder);
    struct stat info;
    int rc = stat(path, &info) ? fail_without_config(folder, err) : map_open(&weights->config_map, path, err);

    if (rc == 0) {
        const struct map *map = &weights->config_map;
        weights->config = json_read_text((const char *)map->data, map->size, path, err);
        rc = weights->config ? 0 : -1;
        if (rc == 0 && !json_is_object(weights->config))
            rc = fail(err, "%s: not a JSON object", path);
    }
    free(path);
    return rc;
}

static int load_names(struct weights *weights, const char *folder, const struct names *names, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; i < names->n && rc == 0; i++) {
        char *path = xasprintf("%s/%s", folder, names->items[i]);
        rc = safetensors_load_file(weights, path, err);
        free(path);
    }
    return rc;
}

static int load_indexed(struct weights *weights, const char *folder, const char *index_path, struct error *err)
{
    json_t *index = json_read_file(index_path, err);
    const json_t *weight_map = json_object_get(index, "weight_map");
    struct names shards = {0};

    if (!index)
        return -1;
    int rc = list_shards(weight_map, &shards, err);
    if (rc)
        fail_prefix(err, "%s", index_path);
    else
        rc = load_names(weights, folder, &shards, err);
    if (rc == 0 && check_index(weights, weight_map, err))
        rc = fail_prefix(err, "%s", index_path);
    names_clear(&shards);
    json_decref(index);
    return rc;
}

static int load_all(struct weights *weights, const char *folder, struct error *err)
{
    struct names names = {0};
    int rc = list_folder(folder, ".safetensors", &names, err);

    if (rc == 0 && names.n == 0 && !weights->header_only)
        rc = fail(err, "%s: no *.safetensors file (weights in PyTorch's own format must be converted)", folder);
    if (rc == 0)
        rc = load_names(weights, folder, &names, err);
    names_clear(&names);
    return rc;
}

static int load_tensors(struct weights *weights, const char *folder, struct error *err)
{
    char *single = xasprintf("%s/model.safetensors", folder);
    char *index = xasprintf("%s/model.safetensors.index.json", folder);
    struct stat info;
    int rc;

    if (stat(single, &info) == 0)
        rc = safetensors_load_file(weights, single, err);
    else if (stat(index, &info) == 0)
        rc = load_indexed(weights, folder, index, err);
    else
        rc = load_all(weights, folder, err);
    free(single);
    free(index);
    return rc;
}

static bool folder_recognizes(const char *path)
{
    return is_folder(path) || weights_path_ends(path, ".safetensors");
}

/* The path is a folder, or one file in it (not the target of a link: config.json stands beside the link). */
static int folder_load(struct weights *weights, struct error *err)
{
    if (is_folder(weights->path))
        return load_config(weights, weights->path, err) ? -1 : load_tensors(weights, weights->path, err);
    const char *slash = strrchr(weights->path, '/');
    char *folder = slash ? xstrndup(weights->path, (size_t)(slash - weights->path) + 1) : xstrdup(".");
    int rc = safetensors_load_file(weights, weights->path, err);
    if (rc == 0)
        rc = load_config(weights, folder, err);
    free(folder);
    return rc;
}

const struct weights_format safetensors_format = {
    .name = "safetensors", .recognizes = folder_recognizes, .load = folder_load};
