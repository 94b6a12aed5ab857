#include "run/provenance.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/output.h"
#include "kernel/kernel.h"
#include "run/versions.h"

static json_t *profile_to_json(const struct profile *profile)
{
    json_t *object = json_object();

    for (int i = 0; i < N_PHASES; i++)
        json_object_set_new(object, phase_name((enum phase)i), json_real(profile->seconds[i]));
    return object;
}

static json_t *hosts_to_json(const char *const *hosts, int n)
{
    json_t *array = json_array();

    for (int i = 0; i < n; i++)
        json_array_append_new(array, json_string(hosts[i]));
    return array;
}

char *provenance_unit(const struct provenance_run *run, const char *const *hosts, int n_stages, double seconds,
                      const struct profile *profile)
{
    json_t *root =
        json_pack("{s:s, s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:f, s:o, s:o, s:s}", "version", PACKAGE_VERSION,
                  "revision", version_revision(), "versions", version_object(), "mpi", run->library, "kernel",
                  run->ready[0].kernel, "numerics_version", KERNEL_NUMERICS_VERSION, "ranks", run->n_ranks, "threads",
                  run->n_threads, "seconds", seconds, "hosts", hosts_to_json(hosts, n_stages), "profile",
                  profile_to_json(profile), "experiment", run->experiment_text);
    char *text = root ? json_dumps(root, JSON_REAL_PRECISION(6)) : NULL;

    json_decref(root);
    return text ? text : xstrdup("{}"); /* a text that is not UTF-8 */
}

int provenance_write_experiment(const struct plan *plan, const char *kernel, struct error *err)
{
    char *resolved = experiment_resolved_text(plan->experiment);
    char *path = xasprintf("%s/experiment.cfg", plan->experiment->results);
    struct output output;
    int rc = output_open(&output, path, err);

    if (rc == 0) {
        fprintf(output.stream, "// sinkgrid %s, revision %s, numerics version %d, kernel %s\n", PACKAGE_VERSION,
                version_revision(), KERNEL_NUMERICS_VERSION, kernel);
        for (int i = 0; i < plan->n_models; i++)
            fprintf(output.stream, "// %s %s\n", plan->models[i].fingerprint, plan->models[i].entry->name);
        fprintf(output.stream, "%s", resolved);
        rc = output_commit(&output, err);
    }
    free(resolved);
    free(path);
    return rc;
}
