#include "weights/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static int map_descriptor(struct map *map, int fd, int protection, size_t size, struct error *err)
{
    void *data = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

    if (data == MAP_FAILED)
        return fail(err, "%s: cannot map %zu bytes: %s", map->path, size, strerror(errno));
    map->data = data;
    map->size = size;
    return 0;
}

static int check_kind(const char *path, const struct stat *info, struct error *err)
{
    if (!S_ISREG(info->st_mode))
        return fail(err, "%s: not a regular file", path);
    if (info->st_size <= 0)
        return fail(err, "%s: the file is empty", path);
    return 0;
}

int map_open(struct map *map, const char *path, struct error *err)
{
    struct stat info;
    int rc = -1;

    *map = (struct map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* non-blocking: a FIFO is refused, not waited for */
    if (fd < 0)
        return fail(err, "%s: %s", path, strerror(errno));
    map->path = xstrdup(path);
    if (fstat(fd, &info))
        fail(err, "%s: %s", path, strerror(errno));
    else if (!check_kind(path, &info, err))
        rc = map_descriptor(map, fd, PROT_READ, (size_t)info.st_size, err);
    close(fd);
    if (rc)
        map_close(map);
    return rc;
}

int map_memory(struct map *map, size_t size, const char *name, uint8_t **bytes, struct error *err)
{
    int rc = -1;

    *map = (struct map){.path = xstrdup(name)};
    int fd = memfd_create("sinkgrid", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size))
        fail(err, "%s: no memory for %zu bytes: %s", name, size, strerror(errno));
    else
        rc = map_descriptor(map, fd, PROT_READ | PROT_WRITE, size, err);
    if (fd >= 0)
        close(fd);
    if (rc)
        map_close(map);
    else
        *bytes = (uint8_t *)map->data;
    return rc;
}

void map_expect(const void *data, size_t size, enum map_access access)
{
    static const int advice[] = {
        [MAP_SCATTERED] = MADV_RANDOM, [MAP_STREAMED] = MADV_SEQUENTIAL, [MAP_SOON] = MADV_WILLNEED};
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), end = ((uintptr_t)data + size) / page * page;
    uintptr_t begin = ((uintptr_t)data + page - 1) / page * page;

    if (begin < end)
        (void)madvise((void *)begin, end - begin, advice[access]);
}

void map_close(struct map *map)
{
    if (map->data)
        munmap((void *)map->data, map->size);
    free(map->path);
    *map = (struct map){0};
}
