#include "summary/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "command/command.h"
#include "command/options.h"

struct settings {
    int rule;
    bool csv, json;
};

static const struct option_row options[] = {
    {"rule", OPTION_CHOICE, "paper|relative", offsetof(struct settings, rule), 0, 0,
     "whose labels are compared (default: paper)"},
    {"csv", OPTION_FLAG, NULL, offsetof(struct settings, csv), 0, 0, "print a row a sink"},
    {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "print JSON"},
    {0},
};

/* ---- text ---- */

static void print_difference(const char *name, const struct difference *d)
{
    if (d->n)
        printf("  %-10s equal in %zu of %zu, mean difference %+.4g, mean |difference| %.4g, greatest %.4g\n", name,
               d->n_equal, d->n, d->mean, d->mean_abs, d->max_abs);
}

static void print_comparison(const struct comparison *c)
{
    printf("%s%s%s: %zu samples in both", c->model_a, strcmp(c->model_a, c->model_b) ? " and " : "",
           strcmp(c->model_a, c->model_b) ? c->model_b : "", c->n_samples);
    if (c->only_a || c->only_b)
        printf(" (%zu in A alone, %zu in B alone)", c->only_a, c->only_b);
    printf("\n  primary    A %zu, B %zu; the same position, l_start and lifetime in %zu of %zu\n", c->primary_a,
           c->primary_b, c->primary_same, c->primary_both);
    printf("  secondary  A %zu, B %zu, both %zu", c->secondary_a, c->secondary_b, c->secondary_both);
    if (!isnan(c->jaccard))
        printf("; Jaccard index %.4f", c->jaccard);
    printf("\n  agreement  %zu of %zu sinks of either are of the same kind in both", c->agree, c->either);
    if (c->either)
        printf(" (%.4f)", (double)c->agree / (double)c->either);
    printf("\n");
    print_difference("l_start", &c->l_start);
    print_difference("lifetime", &c->lifetime);
    print_difference("sink score", &c->sink_score);
}

/* ---- JSON ---- */

static void print_json_number(const char *name, double value, const char *end)
{
    if (isnan(value))
        printf("\"%s\": null%s", name, end);
    else
        printf("\"%s\": %.9g%s", name, value, end);
}

static void print_json_difference(const char *name, const struct difference *d)
{
    printf(", \"%s\": {\"n\": %zu, \"equal\": %zu, ", name, d->n, d->n_equal);
    print_json_number("mean", d->mean, ", ");
    print_json_number("mean_abs", d->mean_abs, ", ");
    print_json_number("max_abs", d->max_abs, "}");
}

static void print_json_text(const char *text)
{
    json_t *string = json_string(text);

    if (string)
        json_dumpf(string, stdout, JSON_ENCODE_ANY);
    else
        printf("null"); /* a name that is not UTF-8 */
    json_decref(string);
}

static void print_json(const struct comparisons *all)
{
    printf("[");
    for (size_t i = 0; i < all->n; i++) {
        const struct comparison *c = &all->items[i];
        printf("%s\n{\"model_a\": ", i ? "," : "");
        print_json_text(c->model_a);
        printf(", \"model_b\": ");
        print_json_text(c->model_b);
        printf(", \"samples\": %zu, \"only_a\": %zu, \"only_b\": %zu, \"primary_a\": %zu, \"primary_b\": %zu, "
               "\"primary_both\": %zu, \"primary_same\": %zu, \"secondary_a\": %zu, \"secondary_b\": %zu, "
               "\"secondary_both\": %zu, \"either\": %zu, \"agree\": %zu, ",
               c->n_samples, c->only_a, c->only_b, c->primary_a, c->primary_b, c->primary_both, c->primary_same,
               c->secondary_a, c->secondary_b, c->secondary_both, c->either, c->agree);
        print_json_number("jaccard", c->jaccard, "");
        print_json_difference("l_start", &c->l_start);
        print_json_difference("lifetime", &c->lifetime);
        print_json_difference("sink_score", &c->sink_score);
        printf("}");
    }
    printf("\n]\n");
}

static int run_compare(int argc, char **argv)
{
    struct settings settings = {.rule = RULE_PAPER};
    struct operands operands = {.min = 2, .max = 2};
    struct comparisons all;
    struct error err;

    if (options_parse(&command_compare, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    int rc = compare_results(&all, operands.items[0], operands.items[1], (enum detect_rule)settings.rule,
                             settings.csv ? stdout : NULL, &err);
    if (rc)
        log_error("%s", err.text);
    else if (settings.json)
        print_json(&all);
    else if (!settings.csv)
        for (size_t i = 0; i < all.n; i++)
            print_comparison(&all.items[i]);
    comparisons_clear(&all);
    return rc ? STATUS_USAGE : STATUS_OK;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "A B",
    .summary = "two result sets, sink by sink: imported and measured, or two precisions",
    .help = "A and B are results folders with a sinks.csv. Models, and prompt sets of a model, are paired by name;\n"
            "where one is left on either side, these two are a pair. Samples are paired by number.\n\n"
            "example: sinkgrid compare results/published results/measured\n",
    .options = options,
    .run = run_compare,
};
