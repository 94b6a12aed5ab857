#include "summary/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

extern char **environ;

enum { MAX_SVG = 1 << 26 };

struct figure_maker {
    char *scripts; /* folder of the .gp files */
    char *folder;  /* for data, picture, messages */
    FILE *data;    /* open between figure_data and figure_draw */
    int n_drawn;
};

/* ---- where things are ---- */

static bool holds_scripts(const char *folder)
{
    char *path = xasprintf("%s/style.gp", folder);
    bool there = access(path, R_OK) == 0;

    free(path);
    return there;
}

/* An installed program finds them below its prefix, one in a build folder in the source. */
static char *find_scripts(void)
{
    const char *own = getenv("SINKGRID_ANALYSIS");
    const char *const folders[] = {own ? own : "", SINKGRID_DATADIR "/analysis", SINKGRID_SOURCE "/analysis"};
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (*folders[i] && holds_scripts(folders[i]))
            return xstrdup(folders[i]);
    if (n <= 0)
        return NULL;
    program[n] = '\0';
    *strrchr(program, '/') = '\0'; /* a prefix that was moved as a whole: PREFIX/bin */
    char *beside = xasprintf("%s/../share/sinkgrid/analysis", program);
    if (holds_scripts(beside))
        return beside;
    free(beside);
    return NULL;
}

static bool find_gnuplot(void)
{
    const char *path = getenv("PATH");
    char *folders = xstrdup(path ? path : "/usr/bin:/bin"), *rest = folders;
    bool found = false;

    for (char *folder; !found && (folder = strsep(&rest, ":"));) {
        char *program = xasprintf("%s/gnuplot", *folder ? folder : ".");
        found = access(program, X_OK) == 0;
        free(program);
    }
    free(folders);
    return found;
}

struct figure_maker *figure_maker_create(struct error *err)
{
    const char *base = getenv("TMPDIR");
    struct figure_maker *maker;

    if (!find_gnuplot())
        return fail_null(err, "gnuplot is not on the PATH (Debian: gnuplot-nox)");
    char *scripts = find_scripts();
    if (!scripts)
        return fail_null(err, "the figures' scripts (analysis/*.gp) are not found; SINKGRID_ANALYSIS may name "
                              "their folder");
    maker = xcalloc(1, sizeof *maker);
    maker->scripts = scripts;
    maker->folder = xasprintf("%s/sinkgrid-figures-XXXXXX", base && *base ? base : "/tmp");
    if (strchr(maker->scripts, '\'') || strchr(maker->folder, '\''))
        fail(err, "%s, %s: gnuplot takes no folder with a quote in its name", maker->scripts, maker->folder);
    else if (mkdtemp(maker->folder))
        return maker;
    else
        fail(err, "%s: %s", maker->folder, strerror(errno));
    free(maker->scripts);
    free(maker->folder);
    free(maker);
    return NULL;
}

static char *path_of(const struct figure_maker *maker, const char *name)
{
    return xasprintf("%s/%s", maker->folder, name);
}

void figure_maker_destroy(struct figure_maker *maker)
{
    static const char *const names[] = {"data", "picture.svg", "messages"};

    if (!maker)
        return;
    if (maker->data)
        fclose(maker->data);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_of(maker, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(maker->folder);
    free(maker->scripts);
    free(maker->folder);
    free(maker);
}

FILE *figure_data(struct figure_maker *maker, struct error *err)
{
    char *path = path_of(maker, "data");

    if (maker->data)
        fclose(maker->data);
    maker->data = fopen(path, "we");
    if (!maker->data)
        fail(err, "%s: %s", path, strerror(errno));
    free(path);
    return maker->data;
}

/* ---- gnuplot ---- */

/* Runs `gnuplot -e SETTINGS SCRIPT` with its messages in a file; its exit status or -1. */
static int run_gnuplot(const char *settings, const char *script, const char *messages)
{
    char *const argv[] = {(char *)"gnuplot", (char *)"-e", (char *)settings, (char *)script, NULL};
    posix_spawn_file_actions_t actions;
    int status;
    pid_t child;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    int rc = posix_spawnp(&child, "gnuplot", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0) {
        errno = rc;
        return -1;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The first line of gnuplot's that says something. */
static int fail_drawing(const char *script, const char *messages, struct error *err)
{
    size_t size;
    char *text = file_read(messages, MAX_SVG, &size, NULL), *line = text ? text : (char *)"";

    for (char *next; *line && (next = strchr(line, '\n')); line = next + 1) {
        *next = '\0';
        if (strstr(line, "line ") || strstr(line, "error") || strstr(line, "warning"))
            break;
        *next = '\n';
    }
    fail(err, "gnuplot cannot draw %s: %.120s", script, line);
    free(text);
    return -1;
}

/* gnuplot gives its symbols the same ids in every picture: on one page each picture
 * needs ids of its own. Copies from "<svg", behind the XML prologue, with a prefix
 * wherever an id is set or referred to. */
static char *own_ids(const char *svg, int number)
{
    static const char *const marks[] = {"id=\"", "id='", "href=\"#", "href='#", "url(#"};
    const char *from = strstr(svg, "<svg");
    char *copy = NULL;
    size_t size;
    FILE *stream = open_memstream(&copy, &size);

    while (stream && from && *from) {
        size_t m = 0;
        while (m < sizeof marks / sizeof *marks && strncmp(from, marks[m], strlen(marks[m])) != 0)
            m++;
        if (m < sizeof marks / sizeof *marks) {
            fprintf(stream, "%sf%d-", marks[m], number);
            from += strlen(marks[m]);
        } else {
            fputc(*from++, stream);
        }
    }
    if (stream)
        fclose(stream);
    return copy ? copy : xstrdup("");
}

char *figure_draw(struct figure_maker *maker, const char *script, int width, int height, const char *variables,
                  struct error *err)
{
    char *data = path_of(maker, "data"), *picture = path_of(maker, "picture.svg"), *svg = NULL, *result = NULL;
    char *messages = path_of(maker, "messages"), *path = xasprintf("%s/%s.gp", maker->scripts, script);
    char *settings = xasprintf("dir='%s'; data='%s'; output='%s'; width=%d; height=%d; %s", maker->scripts, data,
                               picture, width, height, variables);
    size_t size;

    unlink(picture);
    bool written = maker->data && fclose(maker->data) == 0;
    maker->data = NULL;
    if (!written)
        fail(err, "%s: %s", data, strerror(errno));
    else if (run_gnuplot(settings, path, messages) != 0)
        fail_drawing(script, messages, err);
    else if ((svg = file_read(picture, MAX_SVG, &size, err)))
        result = own_ids(svg, maker->n_drawn++);
    free(svg);
    free(data);
    free(picture);
    free(messages);
    free(path);
    free(settings);
    return result;
}
