#include "run/assignment.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A sample as it travels. */
struct packed_sample {
    int32_t sample, n_tokens, n_candidates;
    int32_t candidate[MAX_CANDIDATES];
    char fingerprint[SHA256_HEX_SIZE];
    char zero[7];
};
_Static_assert(sizeof(struct packed_sample) == 4 * (3 + MAX_CANDIDATES) + 72, "no padding in what travels");

void assignment_init(struct assignment *assignment, const struct assignment_numbers *numbers, const char *model_path)
{
    size_t n = (size_t)numbers->n_samples;

    *assignment = (struct assignment){.n = *numbers, .model_path = xstrdup(model_path)};
    assignment->samples = xcalloc(n, sizeof *assignment->samples);
    assignment->fingerprints = xcalloc(n, sizeof *assignment->fingerprints);
    assignment->ids = xcalloc((size_t)numbers->n_ids, sizeof *assignment->ids);
    for (size_t i = 0; i < n; i++)
        assignment->samples[i].fingerprint = assignment->fingerprints[i];
}

void assignment_clear(struct assignment *assignment)
{
    free(assignment->samples);
    free(assignment->fingerprints);
    free(assignment->ids);
    free(assignment->model_path);
    *assignment = (struct assignment){0};
}

static struct packed_sample pack_sample(const struct recorder_sample *sample)
{
    struct packed_sample packed = {sample->sample, sample->n_tokens, sample->n_candidates, {0}, "", ""};

    memcpy(packed.candidate, sample->candidate, sizeof packed.candidate);
    memcpy(packed.fingerprint, sample->fingerprint, SHA256_HEX_SIZE);
    return packed;
}

static uint8_t *append(uint8_t *to, const void *from, size_t size)
{
    if (size > 0)
        memcpy(to, from, size);
    return to + size;
}

/* Layout: numbers, samples, ids, path with its zero. */
void assignment_pack(const struct assignment *assignment, uint8_t **bytes, size_t *size)
{
    size_t n_samples = (size_t)assignment->n.n_samples, n_ids = (size_t)assignment->n.n_ids;
    size_t path = strlen(assignment->model_path) + 1;

    *size = sizeof assignment->n + n_samples * sizeof(struct packed_sample) + n_ids * sizeof(int32_t) + path;
    uint8_t *to = *bytes = xcalloc(*size, 1);
    to = append(to, &assignment->n, sizeof assignment->n);
    for (size_t i = 0; i < n_samples; i++) {
        struct packed_sample packed = pack_sample(&assignment->samples[i]);
        to = append(to, &packed, sizeof packed);
    }
    to = append(to, assignment->ids, n_ids * sizeof(int32_t));
    append(to, assignment->model_path, path);
}

/* Every sample has tokens; only the first stage has ids, for all of them. */
static int check(const struct assignment *assignment, struct error *err)
{
    int64_t n_tokens = 0;

    for (int i = 0; i < assignment->n.n_samples; i++) {
        const struct recorder_sample *sample = &assignment->samples[i];
        if (sample->n_tokens <= 0 || sample->n_candidates < 0 || sample->n_candidates > MAX_CANDIDATES)
            return fail(err, "assignment: sample %d has %d tokens and %d candidates", i, sample->n_tokens,
                        sample->n_candidates);
        n_tokens += sample->n_tokens;
    }
    if (assignment->n.n_ids != (assignment->n.stage == 0 ? n_tokens : 0))
        return fail(err, "assignment: %d token ids at stage %d", assignment->n.n_ids, assignment->n.stage);
    return 0;
}

static void unpack_sample(struct assignment *assignment, int i, const uint8_t *from)
{
    struct packed_sample packed;
    struct recorder_sample *sample = &assignment->samples[i];

    memcpy(&packed, from, sizeof packed);
    sample->sample = packed.sample;
    sample->n_tokens = packed.n_tokens;
    sample->n_candidates = packed.n_candidates;
    memcpy(sample->candidate, packed.candidate, sizeof packed.candidate);
    memcpy(assignment->fingerprints[i], packed.fingerprint, SHA256_HEX_SIZE);
    assignment->fingerprints[i][SHA256_HEX_SIZE - 1] = '\0';
}

int assignment_unpack(struct assignment *assignment, const uint8_t *bytes, size_t size, struct error *err)
{
    struct assignment_numbers n;

    *assignment = (struct assignment){0};
    if (size < sizeof n)
        return fail(err, "assignment: %zu bytes are too few", size);
    memcpy(&n, bytes, sizeof n);
    if (n.n_samples <= 0 || n.n_ids < 0 || n.chunk_tokens <= 0 || n.n_embd <= 0)
        return fail(err, "assignment: %d samples, %d ids, chunks of %d", n.n_samples, n.n_ids, n.chunk_tokens);
    size_t samples = (size_t)n.n_samples * sizeof(struct packed_sample), ids = (size_t)n.n_ids * sizeof(int32_t);
    size_t path = sizeof n + samples + ids;
    if (path >= size || memchr(bytes + path, '\0', size - path) != bytes + size - 1)
        return fail(err, "assignment: %zu bytes do not hold what they announce", size);
    assignment_init(assignment, &n, (const char *)bytes + path);
    for (int i = 0; i < n.n_samples; i++)
        unpack_sample(assignment, i, bytes + sizeof n + (size_t)i * sizeof(struct packed_sample));
    if (n.n_ids > 0)
        memcpy(assignment->ids, bytes + sizeof n + samples, ids);
    return check(assignment, err);
}
