/* The only code that calls NetCDF. Variables are described by constant rows; a
 * file is written whole and carries a SHA-256 of its bytes behind the HDF5 data, so
 * that a reader never hands a damaged file to the library. Errors are sticky: the
 * first one is kept and comes back from commit or close, so that writing and
 * reading code is straight. */
#ifndef SINKGRID_STORE_NCFILE_H
#define SINKGRID_STORE_NCFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum nctype { NCTYPE_UBYTE, NCTYPE_INT, NCTYPE_FLOAT, NCTYPE_DOUBLE, NCTYPE_TEXT };

enum { NCVAR_MAX_DIMS = 4 };

struct ncvar {
    char name[64];
    enum nctype type;
    const char *dims[NCVAR_MAX_DIMS]; /* names, slowest first; NULL after the last */
    const char *units;                /* NULL: none, as for text and identifiers */
    const char *long_name;
    const char *flag_meanings;    /* words separated by spaces; flag_values 0, 1, 2, ... */
    bool flag_masks;              /* the words are bits 1, 2, 4, ... instead */
    const char *coordinates;      /* CF: names of auxiliary coordinates */
    const char *sample_dimension; /* CF: what this count of a ragged array counts */
};

/* ---- writing ---- */

struct ncwriter;

/* Opens the temporary beside `path`. */
struct ncwriter *ncwriter_create(const char *path, struct error *err);

/* A length of 0 is stored as unlimited with nothing in it, which is how the format says so. */
void ncwriter_dimension(struct ncwriter *writer, const char *name, size_t length);
void ncwriter_define(struct ncwriter *writer, const struct ncvar *variable);

/* Attributes of a variable, or of the file where `variable` is NULL. */
void ncwriter_text(struct ncwriter *writer, const char *variable, const char *name, const char *text);
void ncwriter_double(struct ncwriter *writer, const char *variable, const char *name, double value);
void ncwriter_int(struct ncwriter *writer, const char *variable, const char *name, int value);
void ncwriter_u64(struct ncwriter *writer, const char *variable, const char *name, uint64_t value);

/* The whole variable, in its type (text: const char *const *; bytes that are not
 * UTF-8 become "<0xE2>"); or rows [begin, begin + n) of its first dimension. */
void ncwriter_put(struct ncwriter *writer, const char *variable, const void *data);
void ncwriter_put_rows(struct ncwriter *writer, const char *variable, size_t begin, size_t n, const void *data);

/* Puts the file in place and frees the writer; after an earlier failure, or a new
 * one, the temporary is removed and -1 returned. */
int ncwriter_commit(struct ncwriter *writer, struct error *err);

/* ---- reading ---- */

struct ncreader;

/* Reads the file whole and checks its SHA-256 before anything looks inside. */
struct ncreader *ncreader_open(const char *path, struct error *err);

/* The bytes of such a file alone are enough; `name` stands in errors. Copies. */
struct ncreader *ncreader_open_bytes(const void *bytes, size_t size, const char *name, struct error *err);

/* 0 and a sticky error if it is not there. */
size_t ncreader_dimension(struct ncreader *reader, const char *name);
bool ncreader_has(const struct ncreader *reader, const char *variable);

/* The whole variable, whose type and dimensions must be those of the row and which
 * must have n elements; or rows of it. Data is left alone after an error. Texts are
 * the caller's to free. */
void ncreader_get(struct ncreader *reader, const struct ncvar *variable, size_t n, void *data);
void ncreader_get_rows(struct ncreader *reader, const struct ncvar *variable, size_t begin, size_t n, void *data);

/* Attributes of the file. The text is the caller's, "" after an error. */
char *ncreader_text(struct ncreader *reader, const char *name);
double ncreader_double(struct ncreader *reader, const char *name);
int ncreader_int(struct ncreader *reader, const char *name);
uint64_t ncreader_u64(struct ncreader *reader, const char *name);

/* Adds a reader's own finding to the sticky error ("path: " is put before it). */
int ncreader_fail(struct ncreader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool ncreader_failed(const struct ncreader *reader);

/* Bytes of the file: what it may claim to hold is checked against it. */
size_t ncreader_size(const struct ncreader *reader);

/* Frees; returns the first failure. */
int ncreader_close(struct ncreader *reader, struct error *err);

/* Whether a file begins and ends as one that was committed: no bytes between are read. */
bool ncfile_is_whole(const char *path);

#endif
