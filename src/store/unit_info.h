/* The members of struct unit_info as attributes of the file: one row a member, for
 * writing and for reading. */
#ifndef SINKGRID_STORE_UNIT_INFO_H
#define SINKGRID_STORE_UNIT_INFO_H

#include "store/ncfile.h"
#include "store/store.h"

void unit_info_write(struct ncwriter *writer, const struct unit_info *info);

/* Fills the struct, whose texts the caller frees with unit_info_clear; what cannot
 * be is a failure of the reader. */
void unit_info_read(struct ncreader *reader, struct unit_info *info);
void unit_info_clear(struct unit_info *info);

#endif
