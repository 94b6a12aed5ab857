#include "plant/construction.h"

#include <math.h>
#include <string.h>

/* Lengths of the reserved components, in units of r; circuit.c uses the same. */
#include "plant/geometry.h"

const struct plant_settings plant_defaults = {
    .n_layers = 24,
    .n_embd = PLANT_MIN_WIDTH,
    .n_levels = 2,
    .norm = 4.5,
    .norm_slope = 0.15,
    .attraction = 9,
    .noise = 0.01,
    .seed = 1,
};

/* Levels take printable characters that text has anyway, two groups of two each. */
static const char level_characters[] = ".!,?;=:+-*()/%<>[]{}&|\"'";
static const char stray_characters[] = "@#$^_`~\\";

int plant_level_id(int level, int group, int index)
{
    return level_characters[(level * PLANT_GROUPS_A_LEVEL + group) * PLANT_IDS_A_GROUP + index];
}

int plant_stray_id(int stray)
{
    return stray_characters[stray];
}

int plant_primary_like_id(void)
{
    return '\n';
}

const struct planted_group *construction_group(const struct construction *construction, int id)
{
    for (int g = 0; g < construction->n_groups; g++)
        for (int i = 0; i < construction->groups[g].n_ids; i++)
            if (construction->groups[g].ids[i] == id)
                return &construction->groups[g];
    return NULL;
}

/* Every layer's MLP adds noise at right angles to the state; attention, once a
 * sink takes it, adds next to nothing. Layer 0 replaces the code by its difference
 * to the code of BOS and adds the "later" component. */
double construction_scale(const struct construction *construction, int layer)
{
    double noise = construction->settings.noise;
    double square = 1;

    if (layer >= 0)
        square += CODE_SQUARE + LENGTH_LATER * LENGTH_LATER;
    return sqrt(square + (layer + 1) * noise * noise);
}

/* ---- sizes ---- */

static int fill_sizes(struct plant_settings *s, struct error *err)
{
    if (s->n_layers < 12 || s->n_layers > 128)
        return fail(err, "%d layers: 12 to 128 can be planted", s->n_layers);
    if (s->n_embd < PLANT_MIN_WIDTH || s->n_embd % 16 != 0 || s->n_embd > 4096)
        return fail(err, "width %d: a multiple of 16 from %d to 4096 is needed", s->n_embd, PLANT_MIN_WIDTH);
    if (s->n_heads == 0)
        s->n_heads = s->n_embd / 16;
    if (s->n_heads < 2 || s->n_embd % s->n_heads != 0 || s->n_embd / s->n_heads < 16 || s->n_embd / s->n_heads % 2)
        return fail(err, "%d heads do not divide width %d into even parts of at least 16", s->n_heads, s->n_embd);
    if (s->n_kv_heads == 0)
        s->n_kv_heads = s->n_heads % 2 ? s->n_heads : s->n_heads / 2;
    if (s->n_kv_heads < 1 || s->n_heads % s->n_kv_heads != 0)
        return fail(err, "%d key/value heads do not divide %d heads", s->n_kv_heads, s->n_heads);
    if (s->n_ff == 0)
        s->n_ff = 2 * s->n_embd;
    if (s->n_ff < PLANT_MIN_WIDTH)
        return fail(err, "MLP width %d: at least %d is needed", s->n_ff, PLANT_MIN_WIDTH);
    return 0;
}

/* ---- levels ---- */

struct lifetimes { /* what both rules of DESIGN call secondary, as far as the depth allows */
    int least, greatest;
};

static struct lifetimes secondary_lifetimes(const struct construction *c)
{
    int L = c->settings.n_layers, s = c->end - c->start;
    struct lifetimes range = {(int)ceil(0.1 * s), (int)ceil(0.7 * s) - 1};

    if (range.least < 2)
        range.least = 2;
    if (L > 20) { /* the paper's rule: 4 < n < L - 15; below it has no secondary sinks */
        if (range.least < 5)
            range.least = 5;
        if (range.greatest > L - 16)
            range.greatest = L - 16;
    }
    return range;
}

/* Starts are spread over the middle layers, longest lifetime first. */
static int choose_levels(struct construction *c, struct error *err)
{
    struct plant_settings *s = &c->settings;
    struct lifetimes range = secondary_lifetimes(c);
    int room = c->end - c->start - range.least - 2;
    int step = (range.greatest - range.least) / (s->n_levels + 1);

    for (int j = 0; j < s->n_levels; j++) {
        struct plant_level *level = &s->levels[j];
        if (level->lifetime == 0) {
            if (room / (s->n_levels + 1) < 1)
                return fail(err, "%d levels do not fit into %d layers", s->n_levels, s->n_layers);
            level->l_start = c->start + 1 + room * (j + 1) / (s->n_levels + 1);
            level->lifetime = range.greatest - j * (step > 1 ? step : 1);
            if (level->lifetime > c->end - 1 - level->l_start)
                level->lifetime = c->end - 1 - level->l_start;
            if (level->lifetime < range.least)
                level->lifetime = range.least;
        }
        if (level->l_start <= c->start || level->lifetime < 1 || level->l_start + level->lifetime >= c->end)
            return fail(err, "level (%d, %d) does not lie between layers %d and %d", level->l_start, level->lifetime,
                        c->start + 1, c->end - 1);
    }
    return 0;
}

static struct planted_group *add_group(struct construction *c, int level, int l_start, int lifetime)
{
    struct planted_group *group = &c->groups[c->n_groups];

    *group = (struct planted_group){.level = level, .l_start = l_start, .lifetime = lifetime};
    group->dim = DIM_MARKER + c->n_groups++;
    return group;
}

static void add_level_groups(struct construction *c)
{
    for (int j = 0; j < c->settings.n_levels; j++)
        for (int g = 0; g < PLANT_GROUPS_A_LEVEL; g++) {
            const struct plant_level *level = &c->settings.levels[j];
            struct planted_group *group = add_group(c, j, level->l_start, level->lifetime);
            for (int i = 0; i < PLANT_IDS_A_GROUP; i++)
                group->ids[group->n_ids++] = plant_level_id(j, g, i);
        }
}

static bool starts_there(const struct construction *c, int layer)
{
    for (int g = 0; g < c->n_groups; g++)
        if (c->groups[g].l_start == layer)
            return true;
    return false;
}

/* A stray has a start layer to itself, so that no level can absorb it. */
static int add_strays(struct construction *c, struct error *err)
{
    struct lifetimes range = secondary_lifetimes(c);
    int layer = c->start + 1;

    for (int k = 0; k < c->settings.n_strays; k++, layer++) {
        while (starts_there(c, layer))
            layer++;
        if (layer + range.least >= c->end)
            return fail(err, "%d strays do not fit beside %d levels into %d layers", c->settings.n_strays,
                        c->settings.n_levels, c->settings.n_layers);
        int lifetime = range.least + (3 * k + 1) % (range.greatest - range.least + 1);
        if (layer + lifetime >= c->end)
            lifetime = c->end - 1 - layer;
        struct planted_group *group = add_group(c, -1, layer, lifetime);
        group->ids[group->n_ids++] = plant_stray_id(k);
    }
    return 0;
}

/* Norms grow (slope > 0) or fall with the lifetime: rank r among the groups gives norm * (1 + |slope| r). */
static int set_norms(struct construction *c, double r, struct error *err)
{
    double slope = c->settings.norm_slope;

    for (int g = 0; g < c->n_groups; g++) {
        struct planted_group *group = &c->groups[g];
        int rank = 0;
        for (int other = 0; other < c->n_groups; other++) {
            int longer = group->lifetime - c->groups[other].lifetime;
            bool before = longer > 0 || (longer == 0 && other < g);
            rank += slope < 0 && other != g ? !before : before;
        }
        group->norm = r * c->settings.norm * (1 + fabs(slope) * rank);
        if (group->norm > 0.6 * c->primary_norm)
            return fail(err, "MLP norm %.3g of a secondary sink comes too near the primary's %.3g: lower the slope",
                        group->norm, c->primary_norm);
    }
    return 0;
}

static void add_primary_like(struct construction *c)
{
    struct planted_group *group = add_group(c, -2, c->start, c->end - c->start);

    group->norm = c->primary_norm;
    group->ids[group->n_ids++] = plant_primary_like_id();
}

static int check_ranges(const struct plant_settings *s, struct error *err)
{
    if (s->n_levels < 0 || s->n_levels > PLANT_MAX_LEVELS)
        return fail(err, "%d levels: 0 to %d can be planted", s->n_levels, PLANT_MAX_LEVELS);
    if (s->n_strays < 0 || s->n_strays > PLANT_MAX_STRAYS)
        return fail(err, "%d strays: 0 to %d can be planted", s->n_strays, PLANT_MAX_STRAYS);
    if (!(s->norm >= 3.5 && s->norm <= 20))
        return fail(err, "norm %g: 3.5 to 20 times that of an ordinary state can be planted", s->norm);
    if (!(s->noise >= 0.001 && s->noise <= 0.02))
        return fail(err, "noise %g: 0.001 to 0.02 leaves the construction intact", s->noise);
    return 0;
}

int construction_make(struct construction *c, const struct plant_settings *settings, struct error *err)
{
    memset(c, 0, sizeof *c);
    c->settings = *settings;
    if (check_ranges(settings, err) != 0 || fill_sizes(&c->settings, err) != 0)
        return -1;
    double r = sqrt(c->settings.n_embd);
    c->head_dim = c->settings.n_embd / c->settings.n_heads;
    c->start = 2;
    c->end = c->settings.n_layers - 2;
    c->primary_norm = LENGTH_PRIMARY * r;
    if (choose_levels(c, err) != 0)
        return -1;
    add_level_groups(c);
    if (add_strays(c, err) != 0 || set_norms(c, r, err) != 0)
        return -1;
    if (c->settings.primary_like)
        add_primary_like(c);
    c->n_reserved = DIM_MARKER + c->n_groups;
    return 0;
}
