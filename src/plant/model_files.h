/* The folder of a planted model, as Hugging Face publishes one: config.json,
 * model.safetensors (float32), tokenizer.json (a byte is a token),
 * tokenizer_config.json with a chat template. */
#ifndef SINKGRID_PLANT_MODEL_FILES_H
#define SINKGRID_PLANT_MODEL_FILES_H

#include <jansson.h>

#include "plant/construction.h"

/* Makes the folder if need be and writes the files. */
int plant_write_model(const struct construction *construction, const char *folder, struct error *err);

/* Writes an indented JSON document to folder/name; takes the reference to `document`. */
int plant_write_json(const char *folder, const char *name, json_t *document, struct error *err);

#endif
