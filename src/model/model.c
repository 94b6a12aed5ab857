#include "model/model.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/cache.h"
#include "model/family.h"
#include "model/block.h"

struct model *model_open(const char *path, bool header_only, struct error *err)
{
    struct model *model = xcalloc(1, sizeof *model);

    model->weights = weights_open(path, header_only, err);
    if (model->weights && hparams_read(&model->hparams, model->weights, err) == 0) {
        model->family = family_of_weights(model->weights, err);
        return model;
    }
    weights_close(model->weights);
    free(model);
    return NULL;
}

void model_close(struct model *model)
{
    if (!model)
        return;
    hparams_clear(&model->hparams);
    weights_close(model->weights);
    free(model);
}
