/* Files written whole: under a temporary name in the same folder, synced, renamed,
 * the folder synced. A reader sees the old file or the new one, never a part. */
#ifndef SINKGRID_BASE_OUTPUT_H
#define SINKGRID_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* What the name of every temporary file ends in, for whoever cleans up. */
#define OUTPUT_TEMPORARY_SUFFIX ".tmp"

struct output {
    FILE *stream;
    char *path, *temporary;
};

/* Creates the temporary; the stream is for writing. */
int output_open(struct output *output, const char *path, struct error *err);

/* Puts the file in place and frees. On failure (a full disk shows here at the
 * latest) the temporary is removed and what was at `path` still is. */
int output_commit(struct output *output, struct error *err);

/* Removes the temporary and frees; for the way out after another failure. */
void output_discard(struct output *output);

/* The same in steps, for a library that writes by itself: the temporary's name
 * (the caller frees), then its way into place. A failure removes the temporary. */
char *output_temporary(const char *path);
int output_place(const char *temporary, const char *path, struct error *err);

/* A small file at once. */
int output_write(const char *path, const void *data, size_t size, struct error *err);

bool output_is_temporary(const char *name);

/* Makes a folder and those above it; one that exists is fine. */
int folder_make(const char *path, struct error *err);

#endif
