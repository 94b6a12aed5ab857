/* Unit files: one NetCDF-4 file a finished (model, shard, measured range), written
 * whole under a temporary name, synced and renamed; read back for the summary.
 * Layout: schema.h. */
#ifndef SINKGRID_STORE_STORE_H
#define SINKGRID_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"
#include "probe/measurement.h"

/* What is known of a unit besides its measurement; strings are owned by the unit. */
struct unit_info {
    char identity[SHA256_HEX_SIZE];
    char *model, *family, *arm; /* arm: "" or swept keys of model and prompt set */
    char *prompt_set;
    char *architecture, *precision;
    char *model_fingerprint;
    char *kernel;     /* compute kernel, "native-avx2", "openblas-Zen", ... */
    char *provenance; /* JSON text: versions, git revision, libraries, experiment text */
    int numerics_version;
    uint64_t n_params;
    int n_layers, n_heads; /* of the model */
    int n_embd;
    int layer_begin, layer_end; /* measured range */
    bool record_full;
    double record_cosine, norm_ratio, epsilon;
    int n_control;
    uint64_t seed;
};

struct unit_sample {
    int32_t sample; /* number in its prompt set */
    int32_t n_tokens;
    bool truncated, templated;
    char fingerprint[SHA256_HEX_SIZE];
    int32_t n_tokens_recorded; /* distinct recorded positions of the sample */
    int32_t *position;         /* (n_tokens_recorded) ascending */
    int32_t *token_id;
    int32_t *occurrences; /* of that token id in the whole sample */
    char **token_text;
};

struct unit {
    struct unit_info info;
    struct unit_sample *samples; /* (measurement.n_samples) */
    struct measurement measurement;
};
void unit_clear(struct unit *unit);

/* Index of a position among the recorded ones, -1 if it is not. */
int unit_sample_find(const struct unit_sample *sample, int32_t position);

/* "<results>/units/<identity>.nc"; the caller frees. */
char *store_unit_path(const char *results, const char *identity);

/* Writes units/<identity>.nc under `results`, making the folders. There is at
 * least one sample; every recorded position must be in its sample's token table. ENOSPC, EDQUOT, EIO and every NetCDF
 * error fail, naming file and reason, and leave no temporary. */
int store_write(const char *results, const struct unit *unit, struct error *err);

/* Reads one file and checks all that it claims; a truncated, changed or foreign one
 * fails with a line. unit_clear frees; after a failure nothing is left to free. */
int store_read(struct unit *unit, const char *path, struct error *err);

/* What a unit file is about, without its measurement. */
struct unit_header {
    struct unit_info info;
    int32_t *samples; /* (n_samples) numbers in the prompt set */
    int n_samples;
};
int store_read_header(struct unit_header *header, const char *path, struct error *err);
void unit_header_clear(struct unit_header *header);

/* Whether a whole unit file of this identity is there: name, signature and seal;
 * its bytes are verified when it is read. */
bool store_has(const char *results, const char *identity);

/* Paths of all unit files, sorted by name. The caller frees with store_list_free. */
int store_list(const char *results, char ***paths, int *n, struct error *err);
void store_list_free(char **paths, int n);

/* failed/<identity>.txt: written after a failure, removed by a success. The caller frees what is read. */
bool store_has_failure(const char *results, const char *identity);
int store_write_failure(const char *results, const char *identity, const char *text, struct error *err);
char *store_read_failure(const char *results, const char *identity, struct error *err);
void store_clear_failure(const char *results, const char *identity);

#endif
