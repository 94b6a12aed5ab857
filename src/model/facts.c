/* Sizes and costs of a model. The families' own lists of tensors are counted, so
 * that config.json alone gives the same number as the files. */
#include "model/model.h"

#include "model/family.h"

static struct weight_sums layer_sums(const struct model *model, int layer)
{
    struct layer_weights weights = {.sums.counting = true};
    struct error unused; /* what is missing is reported when the weights are bound */

    model->family->bind_layer(model, layer, &weights, &unused);
    struct weight_sums sums = weights.sums;
    layer_weights_clear(&weights);
    return sums;
}

int model_check(const struct model *model, struct error *err)
{
    struct end_weights ends = {.sums.counting = true};
    int rc = model->family->bind_ends(model, &ends, err);

    end_weights_clear(&ends);
    for (int l = 0; l < model->hparams.n_layers && rc == 0; l++) {
        struct layer_weights weights = {.sums.counting = true};
        rc = model->family->bind_layer(model, l, &weights, err);
        layer_weights_clear(&weights);
    }
    return rc;
}

/* The output matrix has the embedding's shape, unless it is the embedding. */
static uint64_t output_matrix(const struct model *model, const struct end_weights *ends)
{
    const struct hparams *p = &model->hparams;
    uint64_t rows = ends->embedding ? tensor_rows(ends->embedding) : (uint64_t)p->n_vocab;

    return p->tied_embedding ? 0 : rows * (uint64_t)p->n_embd_in;
}

uint64_t model_parameters(const struct model *model)
{
    struct end_weights ends = {.sums.counting = true};
    struct error unused;
    uint64_t sum;

    model->family->bind_ends(model, &ends, &unused);
    sum = ends.sums.n_elements + output_matrix(model, &ends);
    end_weights_clear(&ends);
    for (int l = 0; l < model->hparams.n_layers; l++)
        sum += layer_sums(model, l).n_elements;
    return sum;
}

uint64_t model_layer_bytes(const struct model *model, int layer)
{
    return layer_sums(model, layer).bytes;
}

/* Multiply-adds of the linear maps a token goes through. */
static double layer_products(const struct hparams *p, int layer)
{
    double width = p->n_embd, heads = 2.0 * (p->n_heads + p->n_kv_heads) * p->head_dim;
    double maps = p->gated_mlp ? 3 : 2;

    if (p->n_experts > 0 && p->moe_layer[layer])
        return width * (heads + p->n_experts + maps * p->n_experts_used * p->n_ff_expert);
    return width * (heads + maps * p->n_ff);
}

double model_layer_flop(const struct model *model, int layer)
{
    return 2.0 * layer_products(&model->hparams, layer);
}

double model_attention_flop(const struct model *model, int layer, int n_tokens)
{
    const struct hparams *p = &model->hparams;
    double n = n_tokens, window = p->window[layer] > 0 && p->window[layer] < n ? p->window[layer] : n;
    double pairs = window * (window + 1) / 2 + (n - window) * window; /* visible (row, key) */

    return 4.0 * p->n_heads * p->head_dim * pairs;
}
