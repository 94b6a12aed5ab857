#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Opens without waiting: a named pipe would block before its kind is known. */
static int open_regular(const char *path, size_t limit, size_t *size, struct error *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return fail(err, "%s: %s", path, strerror(errno));
    if (fstat(fd, &status) != 0)
        fail(err, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        fail(err, "%s: not a regular file", path);
    else if ((uint64_t)status.st_size > limit)
        fail(err, "%s: %lld bytes exceed the limit of %zu", path, (long long)status.st_size, limit);
    else {
        *size = (size_t)status.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

static int read_all(int fd, char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* shorter than fstat said: it was cut meanwhile */
        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

char *file_read(const char *path, size_t limit, size_t *size, struct error *err)
{
    int fd = open_regular(path, limit, size, err);

    if (fd < 0)
        return NULL;
    char *bytes = xcalloc(*size + 1, 1);
    if (read_all(fd, bytes, *size) != 0) {
        fail(err, "%s: %s", path, strerror(errno));
        free(bytes);
        bytes = NULL;
    }
    close(fd);
    return bytes;
}
