/* Job scripts from templates: experiments/batch/ *.sh, compiled in. A template works
 * as it stands; filling it in replaces what follows certain line beginnings. */
#ifndef SINKGRID_COMMAND_BATCH_SCRIPT_H
#define SINKGRID_COMMAND_BATCH_SCRIPT_H

#include <stdio.h>

#include "base/error.h"

extern const char batch_slurm_template[];
extern const char batch_pbs_template[];

struct batch_value {
    const char *prefix; /* "#SBATCH --nodes="; a template line that begins with it, or with "#" before it (a
                           directive that is switched off), becomes prefix + value */
    const char *value;  /* NULL: the line stays as it is */
};

/* Writes the template with its values filled in and `notes` (lines of "# ...") in
 * place of its second to the first empty comment line. Fails if a prefix is not in
 * the template exactly once. */
int batch_fill(const char *template_text, const char *notes, const struct batch_value *values, size_t n, FILE *out,
               struct error *err);

/* The words in single quotes for the shell, spaces between. The caller frees. */
char *batch_quote(const char *const *words, size_t n);

/* A job's name as both systems take it: begins with a letter or digit, and other characters
 * than these and "._+-" become "_". The caller frees. */
char *batch_name(const char *text);

/* "1-02:03:04" without days where there are none, as Slurm reads it; with `days`
 * false hours go on counting, as PBS reads it. The caller frees. */
char *batch_time(double seconds, int days);

#endif
