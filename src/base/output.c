#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

char *output_temporary(const char *path)
{
    return xasprintf("%s.%ld%s", path, (long)getpid(), OUTPUT_TEMPORARY_SUFFIX);
}

bool output_is_temporary(const char *name)
{
    size_t n = strlen(name), m = strlen(OUTPUT_TEMPORARY_SUFFIX);

    return n > m && strcmp(name + n - m, OUTPUT_TEMPORARY_SUFFIX) == 0;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

    if (fd < 0)
        return -1;
    int rc = fsync(fd), why = errno;
    close(fd);
    errno = why;
    return rc;
}

/* The rename lasts only once the folder is on the disk. */
static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == path ? xstrdup("/") : slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
    int rc = sync_path(folder, O_DIRECTORY);

    free(folder);
    return rc;
}

int output_place(const char *temporary, const char *path, struct error *err)
{
    if (sync_path(temporary, 0) || rename(temporary, path) || sync_folder_of(path)) {
        fail(err, "%s: %s", path, strerror(errno));
        unlink(temporary);
        return -1;
    }
    return 0;
}

static void release(struct output *output)
{
    free(output->path);
    free(output->temporary);
    *output = (struct output){0};
}

int output_open(struct output *output, const char *path, struct error *err)
{
    *output = (struct output){.path = xstrdup(path), .temporary = output_temporary(path)};
    output->stream = fopen(output->temporary, "wbe");
    if (output->stream)
        return 0;
    fail(err, "%s: %s", path, strerror(errno));
    release(output);
    return -1;
}

void output_discard(struct output *output)
{
    if (output->stream) {
        fclose(output->stream);
        unlink(output->temporary);
    }
    release(output);
}

int output_commit(struct output *output, struct error *err)
{
    bool bad = ferror(output->stream);
    int rc;

    if (fclose(output->stream) != 0 || bad) {
        rc = fail(err, "%s: %s", output->path, strerror(errno ? errno : EIO));
        unlink(output->temporary);
    } else {
        rc = output_place(output->temporary, output->path, err);
    }
    release(output);
    return rc;
}

int output_write(const char *path, const void *data, size_t size, struct error *err)
{
    struct output output;

    if (output_open(&output, path, err))
        return -1;
    fwrite(data, 1, size, output.stream);
    return output_commit(&output, err);
}

int folder_make(const char *path, struct error *err)
{
    char *part = xstrdup(path);
    int rc = 0;

    for (char *p = part + 1; rc == 0 && *path; p++) {
        char end = *p;
        if (end != '/' && end != '\0')
            continue;
        *p = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            rc = fail(err, "%s: %s", part, strerror(errno));
        *p = end;
        if (end == '\0')
            break;
    }
    free(part);
    return rc;
}
