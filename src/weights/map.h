/* Read-only views of whole files, and of memory that holds generated weights in
 * their place. Nothing is read until it is touched. A file that is cut short while
 * it is mapped ends the process with SIGBUS, as with every program that maps files. */
#ifndef SINKGRID_WEIGHTS_MAP_H
#define SINKGRID_WEIGHTS_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct map {
    char *path; /* as opened, for errors */
    const uint8_t *data;
    size_t size;
};

/* Maps a regular file (links are followed); an empty one fails. */
int map_open(struct map *map, const char *path, struct error *err);

/* `size` zeroed bytes that map_close releases; they may be written through *bytes. */
int map_memory(struct map *map, size_t size, const char *name, uint8_t **bytes, struct error *err);

void map_close(struct map *map);

/* How bytes of a map will be read. Without it a kernel reads ahead around every byte
 * that is touched, on parallel file systems many megabytes. Of whole pages within; their
 * neighbours keep what was said of them. Advice only: failure is of no consequence. */
enum map_access {
    MAP_SCATTERED, /* a little here and there */
    MAP_STREAMED,  /* all of them, in order */
    MAP_SOON       /* all of them, now */
};
void map_expect(const void *data, size_t size, enum map_access access);

#endif
