/* libFuzzer target: detection records (JSON lines) and tables (CSV) of other programs. tests/fuzz/run builds and runs it.
 * The first byte chooses.
 * Sources: src/base/*.c src/summary/detection_record.c src/summary/csv.c src/probe/quantity.c
 * Libraries: -ljansson -lm */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "summary/csv.h"
#include "summary/detection_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_LAYERS = 48 };

static void read_record(const uint8_t *data, size_t size)
{
    struct detection_record record;
    struct error err = {""};
    json_t *line = json_read_text((const char *)data, size, "fuzz", &err);

    if (!line)
        return;
    if (detection_record_read(&record, line, 0, N_LAYERS, &err) == 0) {
        for (int i = 0; i < record.n_sinks; i++) {
            const struct sink_label *label = &record.sinks[i].label;
            if (label->l_start < 0 || label->l_end > N_LAYERS || label->lifetime < 1 ||
                label->lifetime > label->l_end - label->l_start ||
                (i > 0 && record.sinks[i].position <= record.sinks[i - 1].position))
                abort();
        }
        detection_record_clear(&record);
    } else if (!err.text[0]) {
        abort();
    }
    json_decref(line);
}

static void read_table(const uint8_t *data, size_t size)
{
    const char *folder = getenv("TMPDIR");
    char *path = xasprintf("%s/sinkgrid-fuzz-%p.csv", folder ? folder : "/tmp", (void *)&size);
    FILE *file = fopen(path, "wb");
    struct csv_table table;
    struct error err = {""};

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
    if (csv_read(&table, path, &err) == 0) {
        for (size_t r = 0; r < table.n_rows; r++)
            for (size_t c = 0; c < table.n_columns; c++)
                if (strlen(csv_cell(&table, r, (int)c)) > size)
                    abort();
        csv_table_clear(&table);
    } else if (!err.text[0]) {
        abort();
    }
    remove(path);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2)
        read_record(data + 1, size - 1);
    else
        read_table(data + 1, size - 1);
    return 0;
}
