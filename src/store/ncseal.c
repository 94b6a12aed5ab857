#include "store/ncseal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"

static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
static const char label[] = "\nsinkgrid sha256 ";

enum { LABEL_SIZE = sizeof label - 1, DIGITS = SHA256_HEX_SIZE - 1 };
_Static_assert((int)NCSEAL_SIZE == (int)LABEL_SIZE + (int)DIGITS + 1, "label, digits, newline");

static void write_seal(struct sha256 *hash, uint8_t seal[NCSEAL_SIZE])
{
    char hex[SHA256_HEX_SIZE];

    sha256_final_hex(hash, hex);
    memcpy(seal, label, LABEL_SIZE);
    memcpy(seal + LABEL_SIZE, hex, DIGITS);
    seal[NCSEAL_SIZE - 1] = '\n';
}

int ncseal_append(const char *path, struct error *err)
{
    uint8_t block[1 << 16], seal[NCSEAL_SIZE];
    struct sha256 hash;
    size_t n;
    FILE *file = fopen(path, "r+be");

    if (!file)
        return fail(err, "%s: %s", path, strerror(errno));
    sha256_init(&hash);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        sha256_update(&hash, block, n);
    write_seal(&hash, seal);
    errno = 0;
    bool bad = ferror(file) || fseek(file, 0, SEEK_END) || fwrite(seal, sizeof seal, 1, file) != 1;
    if (fclose(file) || bad)
        return fail(err, "%s: %s", path, strerror(errno ? errno : EIO));
    return 0;
}

int ncseal_check(const uint8_t *bytes, size_t size, const char *name, struct error *err)
{
    uint8_t seal[NCSEAL_SIZE];
    struct sha256 hash;

    if (size < sizeof signature || memcmp(bytes, signature, sizeof signature) != 0)
        return fail(err, "%s: not a NetCDF-4 file", name);
    if (size < sizeof signature + NCSEAL_SIZE || memcmp(bytes + size - NCSEAL_SIZE, label, LABEL_SIZE) != 0)
        return fail(err, "%s: cut short, or not written by sinkgrid", name);
    sha256_init(&hash);
    sha256_update(&hash, bytes, size - NCSEAL_SIZE);
    write_seal(&hash, seal);
    if (memcmp(bytes + size - NCSEAL_SIZE, seal, NCSEAL_SIZE) != 0)
        return fail(err, "%s: its SHA-256 differs: damaged, or changed after it was written", name);
    return 0;
}

bool ncseal_is_there(const char *path)
{
    uint8_t head[sizeof signature], tail[LABEL_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return false;
    off_t end = lseek(fd, 0, SEEK_END);
    bool whole = end >= (off_t)(sizeof head + NCSEAL_SIZE) && pread(fd, head, sizeof head, 0) == sizeof head &&
                 pread(fd, tail, sizeof tail, end - NCSEAL_SIZE) == sizeof tail &&
                 memcmp(head, signature, sizeof head) == 0 && memcmp(tail, label, sizeof tail) == 0;
    close(fd);
    return whole;
}
