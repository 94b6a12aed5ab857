/* Files that tests make for themselves: growing bytes, GGUF and safetensors in
 * pieces (so that a test can spell any of them wrong), a folder to put them in. */
#ifndef SINKGRID_TESTS_UNIT_FILES_H
#define SINKGRID_TESTS_UNIT_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "text/bytes.h"

/* ---- appended, little-endian as the machine ---- */

void bytes_u32(struct bytes *bytes, uint32_t value);
void bytes_u64(struct bytes *bytes, uint64_t value);
void bytes_f32(struct bytes *bytes, float value);
void bytes_text(struct bytes *bytes, const char *text); /* GGUF's string: length (64 bits) and characters */
void bytes_zeros(struct bytes *bytes, size_t n);

/* Value types of GGUF metadata, for files_gguf_key. */
enum {
    META_U8,
    META_I8,
    META_U16,
    META_I16,
    META_U32,
    META_I32,
    META_F32,
    META_BOOL,
    META_STRING,
    META_ARRAY,
    META_U64,
    META_I64,
    META_F64
};

void files_gguf_head(struct bytes *bytes, uint32_t version, uint64_t n_tensors, uint64_t n_pairs);
void files_gguf_key(struct bytes *bytes, const char *key, uint32_t type); /* the value is to follow */
void files_gguf_u32(struct bytes *bytes, const char *key, uint32_t value);
void files_gguf_string(struct bytes *bytes, const char *key, const char *value);
/* Extents innermost first, offset from the beginning of the data, as in the file. */
void files_gguf_tensor(struct bytes *bytes, const char *name, uint32_t n_dims, const uint64_t *extents, uint32_t type,
                       uint64_t offset);
void files_gguf_pad(struct bytes *bytes, size_t alignment);

/* A header (JSON text) with its length; data is to follow. */
void files_safetensors_head(struct bytes *bytes, const char *header);

/* A new empty folder under $TMPDIR or /tmp; files_remove_folder removes it with all
 * files in it (one level) and frees the name. Both end the test on failure. */
char *files_make_folder(void);
void files_remove_folder(char *folder);

/* The path folder/name, the caller's to free; writes it first, if asked. */
char *files_path(const char *folder, const char *name);
char *files_write(const char *folder, const char *name, const void *data, size_t n);
char *files_write_text(const char *folder, const char *name, const char *text);

/* A file of the repository's tests/ (environment variable abs_top_srcdir), whole. */
struct bytes files_read(const char *path);
char *files_test_data(const char *name); /* tests/data/NAME */

#endif
