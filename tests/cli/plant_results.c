/* Writes units of planted measurements into a results folder, for the tests of report:
 * a family of three sizes with one, two and three levels, and a family of one model
 * whose states are anisotropic and whose name is as bad as names get.
 * Usage: plant_results FOLDER */
#include <stdio.h>
#include <string.h>

#include "../unit/planted.h"

enum { N_SAMPLES = 6, N_TOKENS = 300 };

static const char bad_name[] =
    "A<script>alert(\"x\")</script>&'a-very-long-name-without-a-single-break-that-a-phone-could-use-0123456789";

static struct planted_sink sink_of(int sample, int level, int n_layers)
{
    return (struct planted_sink){.position = 40 + 60 * level + 7 * sample,
                                 .token_id = 7,
                                 .l_start = n_layers / 4 + 5 * level,
                                 .lifetime = n_layers / 3 - 2 * level + sample % 2,
                                 .cosine = 0.97,
                                 .norm = 60 + 30 * level + 4 * sample,
                                 .score = 0.05 + 0.04 * level + 0.005 * sample,
                                 .mlp_norm = 40 + 25 * level + 3 * sample,
                                 .cos_mlp = 0.9};
}

static int store(const char *results, const char *family, const char *name, int n_layers, int n_levels,
                 double background)
{
    struct planted_model model = {.model = name,
                                  .family = family,
                                  .prompt_set = "texts",
                                  .n_params = (uint64_t)n_layers * 40000000,
                                  .n_layers = n_layers,
                                  .n_heads = 4,
                                  .record_cosine = 0.5,
                                  .seed = 11};
    struct planted_sink sinks[N_SAMPLES][3];
    struct planted_sample samples[N_SAMPLES];
    struct error err;

    for (int s = 0; s < N_SAMPLES; s++) {
        for (int k = 0; k < n_levels; k++)
            sinks[s][k] = sink_of(s, k, n_layers);
        samples[s] = (struct planted_sample){.n_tokens = N_TOKENS,
                                             .start = 4,
                                             .end = n_layers - 1,
                                             .score = 0.5,
                                             .weakened = 0.7,
                                             .least_background = background,
                                             .background = background + 0.04,
                                             .sinks = sinks[s],
                                             .n_sinks = n_levels};
    }
    if (planted_store(results, &model, samples, N_SAMPLES, 0, &err) == 0)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    return store(argv[1], "Planted", "planted-1B", 24, 1, 0.1) ||
           store(argv[1], "Planted", "planted-1.4B", 36, 2, 0.1) ||
           store(argv[1], "Planted", "planted-2B", 48, 3, 0.1) || store(argv[1], "Solo", bad_name, 18, 1, 0.95);
}
