#include "grid/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* Writes the value of the variable whose name begins at `name`; returns what follows the brace, NULL on failure. */
static const char *expand_one(const char *name, FILE *out, struct error *err)
{
    const char *end = strchr(name, '}');
    char variable[128];
    size_t length = end ? (size_t)(end - name) : 0;

    if (!end || length == 0 || length >= sizeof variable)
        return fail_null(err, "\"${%.40s\" names no variable", name);
    memcpy(variable, name, length);
    variable[length] = '\0';
    const char *value = getenv(variable);
    if (!value)
        return fail_null(err, "the environment variable %s is not set", variable);
    fputs(value, out);
    return end + 1;
}

char *path_expand(const char *text, struct error *err)
{
    char *path = NULL;
    size_t size;
    FILE *out = open_memstream(&path, &size);
    const char *at = text;

    if (!out)
        return fail_null(err, "no memory for a path");
    while (at && *at) {
        if (at[0] == '$' && at[1] == '{')
            at = expand_one(at + 2, out, err);
        else
            fputc(*at++, out);
    }
    fclose(out);
    if (at)
        return path;
    free(path);
    return NULL;
}

char *path_resolve(const char *folder, const char *text, struct error *err)
{
    char *path = path_expand(text, err);

    if (!path)
        return NULL;
    if (!*path) {
        free(path);
        return fail_null(err, "an empty path");
    }
    if (*path == '/')
        return path;
    char *absolute = xasprintf("%s/%s", folder, path);
    free(path);
    return absolute;
}

char *path_working_directory(struct error *err)
{
    char *folder = getcwd(NULL, 0); /* glibc allocates */

    return folder ? folder : fail_null(err, "working directory: %s", strerror(errno));
}

char *path_folder(const char *file, struct error *err)
{
    const char *slash = strrchr(file, '/');
    char *here, *folder;

    if (file[0] == '/')
        return slash == file ? xstrdup("/") : xstrndup(file, (size_t)(slash - file));
    here = path_working_directory(err);
    if (!here || !slash)
        return here;
    folder = xasprintf("%s/%.*s", here, (int)(slash - file), file);
    free(here);
    return folder;
}
