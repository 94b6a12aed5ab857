#include "command/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* What an experiment needs to be one; nothing of it is looked at where records were imported. */
static const char no_experiment[] = "name = \"imported\"; results = \".\";\n"
                                    "models = ( { name = \"none\"; path = \"none\"; } );\n"
                                    "prompt_sets = ( { name = \"none\"; path = \"none\"; } );\n";

static struct experiment *open_imported(const char *folder, const struct experiment_overrides *overrides,
                                        struct error *err)
{
    struct experiment *experiment =
        experiment_parse(no_experiment, sizeof no_experiment - 1, "defaults", overrides, err);

    if (!experiment)
        return NULL;
    free(experiment->results);
    experiment->results = xstrdup(folder);
    free(experiment->text); /* no one wrote it */
    experiment->text = xstrdup("");
    return experiment;
}

struct experiment *results_open(const char *operand, const struct experiment_overrides *overrides, struct error *err)
{
    struct stat status;

    if (stat(operand, &status) != 0)
        return fail_null(err, "%s: %s", operand, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return experiment_load(operand, overrides, err);
    char *resolved = xasprintf("%s/experiment.cfg", operand);
    bool imported = access(resolved, F_OK) != 0;
    struct experiment *experiment =
        imported ? open_imported(operand, overrides, err) : experiment_load(resolved, overrides, err);
    free(resolved);
    return experiment;
}
