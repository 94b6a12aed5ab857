/* Numbers for people: three digits and a unit. Each writes into the caller's text
 * and returns it. */
#ifndef SINKGRID_BASE_HUMAN_H
#define SINKGRID_BASE_HUMAN_H

enum { HUMAN_SIZE = 32 };

char *human_bytes(char text[HUMAN_SIZE], double bytes);     /* "1.52 GB", powers of 1000 */
char *human_count(char text[HUMAN_SIZE], double count);     /* "134 M", "69.0 G" */
char *human_seconds(char text[HUMAN_SIZE], double seconds); /* "0.42 s", "3:07", "2:05:00", "3 d 04:00" */

#endif
