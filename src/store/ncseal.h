/* The seal behind the HDF5 data of a file: a SHA-256 of all bytes before it. HDF5
 * and every tool on top of it ignore bytes behind its end. */
#ifndef SINKGRID_STORE_NCSEAL_H
#define SINKGRID_STORE_NCSEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { NCSEAL_SIZE = 82 }; /* "\nsinkgrid sha256 " 64 hexadecimal digits "\n" */

/* Appends the seal to a closed file. */
int ncseal_append(const char *path, struct error *err);

/* Checks signature and seal; `name` stands in errors. */
int ncseal_check(const uint8_t *bytes, size_t size, const char *name, struct error *err);

/* Whether the file begins with HDF5's signature and ends in a seal, unverified. */
bool ncseal_is_there(const char *path);

#endif
