/* What `sinkgrid help TOPIC` explains besides the commands. */
#ifndef SINKGRID_COMMAND_TOPICS_H
#define SINKGRID_COMMAND_TOPICS_H

struct topic {
    const char *name; /* NULL ends the table */
    const char *summary;
    void (*print)(void); /* to standard output */
};

extern const struct topic topics[];

/* NULL if there is none of that name. */
const struct topic *topic_find(const char *name);

#endif
