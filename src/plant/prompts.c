#include "plant/prompts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/output.h"
#include "base/random.h"
#include "plant/construction.h"

static const char *const words[] = {
    "numbers", "the",  "sum",   "angle", "prime",  "even",   "lemma", "circle", "root", "proof", "of",
    "integer", "area", "point", "least", "square", "factor", "is",    "when",   "two",  "graph", "equal",
};

/* What the characters of one prompt set are drawn from. */
struct writer {
    const struct plant_prompt_settings *settings;
    int n_marks;     /* level characters used so far, over all samples */
    double due;      /* marks that the tokens so far ask for, less those that were put */
    double patience; /* the next mark comes when so many are due */
    uint64_t drawn;  /* random numbers used so far */
};

static int draw(struct writer *writer, int n)
{
    return (int)random_below(writer->settings->seed, 0x70726f6d7074 /* "prompt" */, writer->drawn++, (uint64_t)n);
}

static int next_mark(struct writer *writer)
{
    int n_groups = writer->settings->n_levels * PLANT_GROUPS_A_LEVEL;
    int mark = writer->n_marks++;

    return plant_level_id(mark % n_groups / PLANT_GROUPS_A_LEVEL, mark % PLANT_GROUPS_A_LEVEL,
                          mark / n_groups % PLANT_IDS_A_GROUP);
}

/* After a word of n letters: whether a mark follows. Their distances vary threefold. */
static bool mark_is_due(struct writer *writer, int n)
{
    writer->due += writer->settings->mark_share * (n + 1);
    if (writer->settings->n_levels == 0 || writer->due < writer->patience)
        return false;
    writer->due -= 1;
    writer->patience = 0.5 + draw(writer, 1000) / 1000.0;
    return true;
}

static void put(struct plant_sample *sample, int id, int room)
{
    if (sample->n < room)
        sample->ids[sample->n++] = id;
}

/* A stray's only occurrence: in sample `stray % n_samples`, past its middle. */
static void put_strays(const struct writer *writer, struct plant_sample *sample, int index, int room)
{
    for (int stray = index; stray < writer->settings->n_strays; stray += writer->settings->n_samples)
        put(sample, plant_stray_id(stray), room);
}

static void make_sample(struct writer *writer, struct plant_sample *sample, int index)
{
    const struct plant_prompt_settings *s = writer->settings;
    int room = s->n_tokens * 3 / 4 + draw(writer, s->n_tokens / 2 + 1);
    bool rare = false; /* strays and the primary-like mark are in */

    sample->ids = xcalloc((size_t)room, sizeof *sample->ids);
    put(sample, PLANT_BOS, room);
    while (sample->n < room) {
        const char *word = words[draw(writer, (int)(sizeof words / sizeof *words))];
        for (const char *letter = word; *letter; letter++)
            put(sample, *letter, room);
        if (sample->n >= 4 && sample->n < room && mark_is_due(writer, (int)strlen(word)))
            put(sample, next_mark(writer), room);
        if (!rare && sample->n >= room / 2) {
            put_strays(writer, sample, index, room);
            if (s->primary_like)
                put(sample, plant_primary_like_id(), room);
            rare = true;
        }
        put(sample, ' ', room);
    }
}

void plant_prompts_make(struct plant_prompts *prompts, const struct plant_prompt_settings *settings)
{
    struct writer writer = {.settings = settings, .patience = 0.5};

    prompts->n = settings->n_samples;
    prompts->samples = xcalloc((size_t)prompts->n, sizeof *prompts->samples);
    for (int i = 0; i < prompts->n; i++)
        make_sample(&writer, &prompts->samples[i], i);
}

void plant_prompts_clear(struct plant_prompts *prompts)
{
    for (int i = 0; i < prompts->n; i++)
        free(prompts->samples[i].ids);
    free(prompts->samples);
    *prompts = (struct plant_prompts){0};
}

static json_t *ids_line(const struct plant_sample *sample, int begin)
{
    json_t *ids = json_array();

    for (int t = begin; t < sample->n; t++)
        json_array_append_new(ids, json_integer(sample->ids[t]));
    return json_pack("{s:o}", "input_ids", ids);
}

static json_t *with_bos(const struct plant_sample *sample)
{
    return ids_line(sample, 0);
}

static json_t *without_bos(const struct plant_sample *sample)
{
    return ids_line(sample, 1);
}

static json_t *text_line(const struct plant_sample *sample)
{
    char *text = xcalloc((size_t)sample->n, 1);

    for (int t = 1; t < sample->n; t++)
        text[t - 1] = (char)sample->ids[t];
    json_t *line = json_pack("{s:s}", "text", text);
    free(text);
    return line;
}

static int write_lines(const struct plant_prompts *prompts, const char *folder, const char *name,
                       json_t *(*line_of)(const struct plant_sample *), struct error *err)
{
    char *path = xasprintf("%s/%s", folder, name);
    struct output output;
    int rc = output_open(&output, path, err);

    free(path);
    if (rc != 0)
        return -1;
    for (int i = 0; i < prompts->n; i++) {
        json_t *line = line_of(&prompts->samples[i]);
        json_dumpf(line, output.stream, JSON_COMPACT);
        fputc('\n', output.stream); /* a failure shows when the file is put in place */
        json_decref(line);
    }
    return output_commit(&output, err);
}

int plant_prompts_write(const struct plant_prompts *prompts, const char *folder, struct error *err)
{
    if (write_lines(prompts, folder, "prompts.jsonl", with_bos, err) != 0 ||
        write_lines(prompts, folder, "texts.jsonl", text_line, err) != 0)
        return -1;
    return write_lines(prompts, folder, "nobos.jsonl", without_bos, err);
}
