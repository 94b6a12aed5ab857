/* Unicode's normalization forms, as the reference has them. */
#ifndef SINKGRID_TEXT_NORMAL_FORM_H
#define SINKGRID_TEXT_NORMAL_FORM_H

#include "base/error.h"
#include "text/bytes.h"

enum normal_form { FORM_NFC, FORM_NFD, FORM_NFKC, FORM_NFKD };

/* Appends the text (well-formed UTF-8) in a form. */
int normal_form_append(struct bytes *out, const char *text, size_t n, enum normal_form form, struct error *err);

#endif
