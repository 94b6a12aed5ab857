/* Which files of a Hugging Face folder hold its tensors, and how one is read.
 * Private to the room. */
#ifndef SINKGRID_WEIGHTS_FOLDER_H
#define SINKGRID_WEIGHTS_FOLDER_H

#include "weights/format.h"

/* safetensors.c: adds a file and its tensors, checked. */
int safetensors_load_file(struct weights *weights, const char *path, struct error *err);

#endif
