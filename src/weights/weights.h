/* Model files behind one interface: a Hugging Face folder (config.json,
 * *.safetensors with or without index) or a GGUF file (also the first of a split
 * set). Files are mapped read-only; nothing is read until it is touched. Every
 * offset, count and length is checked against the file's size at open. */
#ifndef SINKGRID_WEIGHTS_WEIGHTS_H
#define SINKGRID_WEIGHTS_WEIGHTS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "weights/gguf.h"
#include "weights/tensor.h"

struct weights;

/* Opens `path`: a folder, a GGUF file (of a split set the first), or one
 * *.safetensors file beside its config.json. A folder's tensors are in
 * model.safetensors, or the files of model.safetensors.index.json, or every
 * *.safetensors. "synthetic:llama?layers=4&embd=512" stands for random weights, made
 * at open (synthetic.c). weights_close accepts NULL.
 *
 * header_only also accepts what suffices to describe a model: files that end with
 * their header (the data of their tensors is NULL), a folder with config.json alone
 * (no tensors), data types that are not supported (their dtype->widen is NULL). A
 * file that has data must have all of it, as always. */
struct weights *weights_open(const char *path, bool header_only, struct error *err);
void weights_close(struct weights *weights);

const char *weights_path(const struct weights *weights);
const char *weights_format(const struct weights *weights); /* "gguf", "safetensors", "synthetic" */

/* config.json of a folder or of synthetic weights (borrowed), NULL for GGUF; the metadata of a GGUF file, else NULL. */
const json_t *weights_config(const struct weights *weights);
const struct gguf *weights_gguf(const struct weights *weights);

/* NULL if there is none of that name. */
const struct tensor *weights_find(const struct weights *weights, const char *name);
size_t weights_count(const struct weights *weights);
const struct tensor *weights_at(const struct weights *weights, size_t index); /* in file order */

/* SHA-256 over metadata (config.json as it stands, headers), tensor table, file sizes
 * and the first 64 KiB of each tensor; with `verify` over all bytes. Does not depend
 * on path, names of files or modification time. Runs on all OpenMP threads. Fails
 * only where `verify` finds no data to read. */
int weights_fingerprint(const struct weights *weights, bool verify, char hex[SHA256_HEX_SIZE], struct error *err);

#endif
