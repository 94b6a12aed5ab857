#include "root_folder.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

static char *root;
static int n_folders;

int make_root(void **state)
{
    /* hundreds of files, each synced: in memory where that can be */
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    (void)state;
    root = xasprintf("%s/sinkgrid-unit-XXXXXX", base);
    return mkdtemp(root) ? 0 : -1;
}

int remove_root(void **state)
{
    char *command = xasprintf("rm -rf '%s'", root);
    int rc = system(command);

    (void)state;
    free(command);
    free(root);
    return rc;
}

const char *root_folder(void)
{
    return root;
}

char *new_folder(void)
{
    return xasprintf("%s/%d", root, n_folders++);
}
