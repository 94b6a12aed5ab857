/* The only code that writes to standard error: "time rank level: text" lines.
 * What a command prints for its user goes to standard output, from command/. */
#ifndef SINKGRID_BASE_LOG_H
#define SINKGRID_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Rank named in every line; negative (the default): none is printed. */
void log_set_rank(int rank);

/* Lines above this level are dropped; the default is LOG_INFO. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
