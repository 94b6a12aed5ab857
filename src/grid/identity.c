#include "grid/identity.h"

#include <stdio.h>
#include <string.h>

enum { IDENTITY_VERSION = 1 };

static void add_int(struct sha256 *hash, long long value)
{
    sha256_update_u64(hash, (uint64_t)value);
}

/* By its bits: 0.3 read from a file is 0.3 again. */
static void add_double(struct sha256 *hash, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    sha256_update_u64(hash, bits);
}

static void add_sample(struct sha256 *hash, const struct identity_sample *sample)
{
    add_int(hash, sample->number);
    sha256_update_text(hash, sample->fingerprint);
    add_int(hash, sample->truncated);
    add_int(hash, sample->templated);
    add_int(hash, sample->n_candidates);
    for (int i = 0; i < sample->n_candidates; i++)
        add_int(hash, sample->candidates[i]);
}

/* Also under record = "full": the rows' reasons follow from these. */
static void add_record(struct sha256 *hash, const struct record_settings *record)
{
    add_int(hash, record->rule);
    add_double(hash, record->cosine);
    add_double(hash, RECORD_NORM_RATIO);
    add_int(hash, record->n_control);
}

void identity_hash(const struct identity *identity, char hex[SHA256_HEX_SIZE])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update_text(&hash, "sinkgrid unit");
    add_int(&hash, IDENTITY_VERSION);
    add_int(&hash, identity->numerics_version);
    sha256_update_text(&hash, identity->model);
    sha256_update_text(&hash, identity->prompt_set);
    sha256_update_text(&hash, identity->model_fingerprint);
    add_int(&hash, identity->measured.begin);
    add_int(&hash, identity->measured.end);
    add_record(&hash, identity->record);
    add_double(&hash, identity->epsilon);
    sha256_update_u64(&hash, identity->seed);
    add_int(&hash, identity->precision);
    add_int(&hash, identity->n_samples);
    for (int i = 0; i < identity->n_samples; i++)
        add_sample(&hash, &identity->samples[i]);
    sha256_final_hex(&hash, hex);
}

void identity_hash_pair(const char *model, const char *prompt_set, char hex[SHA256_HEX_SIZE])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update_text(&hash, "model that cannot be opened");
    sha256_update_text(&hash, model);
    sha256_update_text(&hash, prompt_set);
    sha256_final_hex(&hash, hex);
}
