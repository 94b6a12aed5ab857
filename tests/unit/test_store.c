#include "test.h"

#include <dirent.h>
#include <netcdf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/random.h"
#include "root_folder.h"
#include "store/ncseal.h"
#include "store/store.h"

enum { N_HEADS = 3, N_LAYERS = 4, SEED = 11 };

#define IDENTITY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static float any_float(uint64_t stream, int counter)
{
    uint32_t bits = (uint32_t)random_u64(SEED, stream, (uint64_t)counter);
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void fill_layer(struct layer_record *layer, int columns, uint64_t stream)
{
    for (int r = 0; r < layer->n_rows; r++) {
        layer->position[r] = 2 * r;
        layer->reason[r] = (uint8_t)(r % 32);
    }
    for (int i = 0; i < layer->n_rows * columns; i++)
        layer->values[i] = any_float(stream, i);
    for (int i = 0; layer->alpha && i < layer->n_rows * N_HEADS; i++)
        layer->alpha[i] = any_float(stream, 100000 + i);
    for (int i = 0; layer->learned_sink && i < N_HEADS; i++)
        layer->learned_sink[i] = any_float(stream, 200000 + i);
    for (int c = 0; c < columns; c++) {
        float *f = &layer->summary[c].mean;
        layer->summary[c].count = c % 20;
        for (int k = 0; k < 7; k++)
            f[k] = any_float(stream, 300000 + 7 * c + k);
    }
}

static const char *const texts[] = {" the", "\n", "\"quoted\", with a comma", "", "\xe6\xb0\xb4", "<bos>"};

static void fill_sample(struct unit *unit, int i, int n_rows, int learned)
{
    struct unit_sample *sample = &unit->samples[i];
    struct sample_record *record = &unit->measurement.samples[i];

    *sample = (struct unit_sample){
        .sample = 7 + i, .n_tokens = 20, .truncated = i == 1, .templated = i == 0, .n_tokens_recorded = n_rows};
    snprintf(sample->fingerprint, sizeof sample->fingerprint, "%064d", i);
    sample->position = xcalloc((size_t)n_rows, sizeof(int32_t));
    sample->token_id = xcalloc((size_t)n_rows, sizeof(int32_t));
    sample->occurrences = xcalloc((size_t)n_rows, sizeof(int32_t));
    sample->token_text = xcalloc((size_t)n_rows, sizeof(char *));
    for (int t = 0; t < n_rows; t++) {
        sample->position[t] = 2 * t;
        sample->token_id[t] = 100 + t;
        sample->occurrences[t] = 1 + t;
        sample->token_text[t] = xstrdup(texts[t % 6]);
    }
    record->sample = sample->sample;
    record->n_tokens = sample->n_tokens;
    record->n_candidates = (i + 2) % 4; /* 2, 3, 0 ... */
    for (int c = 0; c < record->n_candidates; c++)
        record->candidate[c] = c;
    record->n_layers = N_LAYERS + 1;
    record->layers = xcalloc(N_LAYERS + 1, sizeof *record->layers);
    for (int l = 0; l <= N_LAYERS; l++) {
        int columns = quantity_columns(record->n_candidates);
        layer_record_init(&record->layers[l], l, l == 1 ? 0 : n_rows, columns, l < N_LAYERS ? N_HEADS : 0,
                          learned && l < N_LAYERS ? N_HEADS : 0);
        fill_layer(&record->layers[l], columns, (uint64_t)(100 * i + l));
    }
}

static struct unit make(int n_samples, int n_rows, int learned)
{
    struct unit unit = {.info = {.identity = IDENTITY,
                                 .model = xstrdup("Qwen3-4B"),
                                 .family = xstrdup("Qwen3"),
                                 .arm = xstrdup(""),
                                 .prompt_set = xstrdup("aime24"),
                                 .architecture = xstrdup("Qwen3ForCausalLM"),
                                 .precision = xstrdup("float32"),
                                 .model_fingerprint = xstrdup("f00d"),
                                 .kernel = xstrdup("native-avx2"),
                                 .provenance = xstrdup("{\"version\": \"0.1\"}"),
                                 .numerics_version = 3,
                                 .n_params = UINT64_C(4022468096),
                                 .n_layers = N_LAYERS,
                                 .n_heads = N_HEADS,
                                 .n_embd = 64,
                                 .layer_end = N_LAYERS,
                                 .record_full = learned,
                                 .record_cosine = 0.5,
                                 .norm_ratio = 3,
                                 .epsilon = 0.3,
                                 .n_control = 64,
                                 .seed = UINT64_MAX}};

    measurement_init(&unit.measurement, N_HEADS, n_samples);
    unit.samples = xcalloc((size_t)n_samples, sizeof *unit.samples);
    for (int i = 0; i < n_samples; i++)
        fill_sample(&unit, i, n_rows, learned);
    return unit;
}

static void assert_same_info(const struct unit_info *a, const struct unit_info *b)
{
    assert_string_equal(a->identity, b->identity);
    assert_string_equal(a->model, b->model);
    assert_string_equal(a->family, b->family);
    assert_string_equal(a->arm, b->arm);
    assert_string_equal(a->prompt_set, b->prompt_set);
    assert_string_equal(a->architecture, b->architecture);
    assert_string_equal(a->precision, b->precision);
    assert_string_equal(a->model_fingerprint, b->model_fingerprint);
    assert_string_equal(a->kernel, b->kernel);
    assert_string_equal(a->provenance, b->provenance);
    assert_int_equal(a->numerics_version, b->numerics_version);
    assert_true(a->n_params == b->n_params && a->seed == b->seed);
    assert_int_equal(a->n_layers, b->n_layers);
    assert_int_equal(a->n_embd, b->n_embd);
    assert_int_equal(a->layer_begin, b->layer_begin);
    assert_int_equal(a->layer_end, b->layer_end);
    assert_int_equal(a->record_full, b->record_full);
    assert_true(a->record_cosine == b->record_cosine && a->norm_ratio == b->norm_ratio && a->epsilon == b->epsilon);
    assert_int_equal(a->n_control, b->n_control);
}

static void assert_same_sample(const struct unit_sample *a, const struct unit_sample *b)
{
    assert_int_equal(a->sample, b->sample);
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_int_equal(a->truncated, b->truncated);
    assert_int_equal(a->templated, b->templated);
    assert_string_equal(a->fingerprint, b->fingerprint);
    assert_int_equal(a->n_tokens_recorded, b->n_tokens_recorded);
    for (int t = 0; t < a->n_tokens_recorded; t++) {
        assert_int_equal(a->position[t], b->position[t]);
        assert_int_equal(a->token_id[t], b->token_id[t]);
        assert_int_equal(a->occurrences[t], b->occurrences[t]);
        assert_string_equal(a->token_text[t], b->token_text[t]);
    }
}

static void assert_same_measurement(const struct measurement *a, const struct measurement *b)
{
    uint8_t *bytes[2];
    size_t size[2];

    measurement_pack(a, &bytes[0], &size[0]);
    measurement_pack(b, &bytes[1], &size[1]);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void every_bit_comes_back(void **state)
{
    static const struct {
        int n_samples, n_rows, learned;
    } rows[] = {{1, 5, 0}, {4, 9, 1}, {2, 0, 0}, {3, 1, 1}};
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct unit written = make(rows[i].n_samples, rows[i].n_rows, rows[i].learned), read;
        assert_int_equal(store_write(root_folder(), &written, &err), 0);
        assert_true(store_has(root_folder(), IDENTITY));
        assert_int_equal(store_read(&read, path, &err), 0);
        assert_same_info(&written.info, &read.info);
        for (int s = 0; s < rows[i].n_samples; s++)
            assert_same_sample(&written.samples[s], &read.samples[s]);
        assert_same_measurement(&written.measurement, &read.measurement);
        unit_clear(&written);
        unit_clear(&read);
    }
    free(path);
}

/* Foreign bytes in a token's text are spelt out, so that every reader of UTF-8 can open the file. */
static void bytes_that_are_not_utf8_are_spelt_out(void **state)
{
    struct unit written = make(1, 3, 0), read;
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;

    (void)state;
    free(written.samples[0].token_text[1]);
    written.samples[0].token_text[1] = xstrdup("a\xe2\x82z\xff");
    assert_int_equal(store_write(root_folder(), &written, &err), 0);
    assert_int_equal(store_read(&read, path, &err), 0);
    assert_string_equal(read.samples[0].token_text[1], "a<0xE2><0x82>z<0xFF>");
    unit_clear(&written);
    unit_clear(&read);
    free(path);
}

static void two_writes_of_a_unit_give_equal_bytes(void **state)
{
    struct unit unit = make(3, 9, 1);
    char *path = store_unit_path(root_folder(), IDENTITY), *bytes[2];
    struct error err;
    size_t size[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_write(root_folder(), &unit, &err), 0);
        bytes[i] = file_read(path, SIZE_MAX / 2, &size[i], &err);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    unit_clear(&unit);
    free(path);
}

static void a_cut_or_changed_file_is_refused(void **state)
{
    struct unit unit = make(2, 6, 1), read;
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;
    size_t size;

    (void)state;
    assert_int_equal(store_write(root_folder(), &unit, &err), 0);
    unit_clear(&unit);
    char *bytes = file_read(path, SIZE_MAX / 2, &size, &err);
    for (size_t cut = 0; cut < size; cut += 1 + size / 97) {
        assert_int_equal(output_write(path, bytes, cut, &err), 0);
        assert_false(store_has(root_folder(), IDENTITY));
        assert_int_equal(store_read(&read, path, &err), -1);
        assert_non_null(strstr(err.text, IDENTITY));
    }
    for (size_t at = 0; at < size; at += 1 + size / 97) {
        bytes[at] ^= 0x10;
        assert_int_equal(output_write(path, bytes, size, &err), 0);
        assert_int_equal(store_read(&read, path, &err), -1);
        bytes[at] ^= 0x10;
    }
    assert_int_equal(output_write(path, "x", 1, &err), 0);
    assert_int_equal(store_read(&read, path, &err), -1);
    assert_non_null(strstr(err.text, "not a NetCDF-4 file"));
    unlink(path);
    assert_int_equal(store_read(&read, path, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    assert_false(store_has(root_folder(), IDENTITY));
    free(bytes);
    free(path);
}

/* Sets one element of an int variable, or an int attribute, behind the program's back, and seals anew. */
static void falsify(const char *path, const char *variable, size_t index, int value)
{
    struct error err;
    int id, var, dims[4], n;

    assert_int_equal(nc_open(path, NC_WRITE, &id), 0);
    if (nc_inq_varid(id, variable, &var) != 0) {
        assert_int_equal(nc_put_att_int(id, NC_GLOBAL, variable, NC_INT, 1, &value), 0);
    } else {
        size_t start[4] = {index}, inner;
        assert_int_equal(nc_inq_varndims(id, var, &n), 0);
        assert_int_equal(nc_inq_vardimid(id, var, dims), 0);
        if (n == 2) {
            assert_int_equal(nc_inq_dimlen(id, dims[1], &inner), 0);
            start[0] = index / inner;
            start[1] = index % inner;
        }
        assert_int_equal(nc_put_var1_int(id, var, start, &value), 0);
    }
    assert_int_equal(nc_close(id), 0);
    assert_int_equal(ncseal_append(path, &err), 0);
}

static void what_a_file_claims_is_checked(void **state)
{
    static const struct {
        const char *variable;
        size_t index;
        int value;
        const char *text;
    } rows[] = {
        {"schema_version", 0, 99, "schema version 99"},
        {"n_layers", 0, 100000, "attribute n_layers: 100000"},
        {"layer_end", 0, 5, "measured range 0:5 of 4 layers"},
        {"n_heads", 0, 4, "3 heads (attribute: 4)"},
        {"token_count", 0, -1, "token_count: a count of -1"},
        {"token_count", 0, 5, "token_count: counts add up to 11 of 12"},
        {"record_count", 1, 4, "record_count: counts add up to 9 of 10"},
        {"row_count", 0, 2000000000, "row_count: counts add up to"},
        {"n_tokens", 0, 0, "sample 7: 0 tokens"},
        {"n_tokens", 1, 5, "sample 8: 5 tokens, 3 candidates, 6 recorded"},
        {"n_candidates", 0, 9, "9 candidates"},
        {"candidate_position", 1, 20, "sample 7: candidate 20 of 20 tokens"},
        {"record_layer", 1, 0, "sample 7: layer 0 after 0"},
        {"record_layer", 4, 5, "sample 7: layer 5 after 3"},
        {"token_position", 3, 4, "sample 7: token position 4 after 4"},
        {"token_position", 5, 20, "sample 7: token position 20 after 8 of 20"},
        {"position", 1, 3, "sample 7, layer 0: position 3 after 0"},
        {"position", 1, 0, "sample 7, layer 0: position 0 after 0"},
        {"hidden_norm_background", 0, 21, "background of 21 of 20 tokens"},
        {"hidden_norm_background", 8, -1, "background of -1 of 20 tokens"},
    };
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct unit unit = make(2, 6, 1), read;
        assert_int_equal(store_write(root_folder(), &unit, &err), 0);
        unit_clear(&unit);
        falsify(path, rows[i].variable, rows[i].index, rows[i].value);
        assert_int_equal(store_read(&read, path, &err), -1);
        if (!strstr(err.text, rows[i].text))
            assert_string_equal(err.text, rows[i].text);
    }
    free(path);
}

static int count_files(const char *results_folder, const char *name)
{
    char *folder = xasprintf("%s/%s", results_folder, name);
    DIR *dir = opendir(folder);
    int n = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    free(folder);
    return n;
}

/* A limit on file sizes stands for a full disk, at every stage of the writing: the
 * write fails, nothing is left, the next one succeeds, and the program still ends well. */
static void a_full_disk_leaves_nothing(void **state)
{
    struct unit unit = make(4, 9, 1), read;
    char *folder = xasprintf("%s/full", root_folder()), *path = store_unit_path(folder, IDENTITY);
    struct rlimit before, small;
    struct error err;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t limit = 0; limit < 60000; limit += 9973) {
        small = (struct rlimit){limit, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        int rc = store_write(folder, &unit, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(rc, -1);
        assert_non_null(strstr(err.text, "File too large"));
        assert_int_equal(count_files(folder, "units"), 0);
    }
    assert_int_equal(store_write(folder, &unit, &err), 0);
    assert_int_equal(store_read(&read, path, &err), 0);
    unit_clear(&unit);
    unit_clear(&read);
    free(folder);
    free(path);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct unit unit = make(1, 2, 0);
    char *file = xasprintf("%s/a-file", root_folder());
    struct error err;

    (void)state;
    assert_int_equal(output_write(file, "", 0, &err), 0);
    assert_int_equal(store_write(file, &unit, &err), -1);
    assert_non_null(strstr(err.text, "a-file"));
    unit_clear(&unit);
    free(file);
}

static void the_list_is_sorted_and_holds_units_only(void **state)
{
    static const char *const names[] = {"b.nc", "a.nc", "a.nc.17.tmp", "notes.txt", ".hidden.nc"};
    char *folder = xasprintf("%s/list", root_folder()), **paths;
    struct error err;
    int n;

    (void)state;
    assert_int_equal(store_list(folder, &paths, &n, &err), 0); /* no folder: no units */
    assert_int_equal(n, 0);
    store_list_free(paths, n);
    char *units = xasprintf("%s/units", folder);
    assert_int_equal(folder_make(units, &err), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = xasprintf("%s/%s", units, names[i]);
        assert_int_equal(output_write(path, "", 0, &err), 0);
        free(path);
    }
    assert_int_equal(store_list(folder, &paths, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_non_null(strstr(paths[0], "/a.nc"));
    assert_non_null(strstr(paths[1], "/b.nc"));
    store_list_free(paths, n);
    free(units);
    free(folder);
}

static void a_failure_is_written_and_cleared(void **state)
{
    char *path = xasprintf("%s/failed/%s.txt", root_folder(), IDENTITY);
    struct error err;
    size_t size;

    (void)state;
    assert_int_equal(store_write_failure(root_folder(), IDENTITY, "rank 3, host n1: no memory\n", &err), 0);
    assert_int_equal(store_write_failure(root_folder(), IDENTITY, "rank 4, host n2: no memory\n", &err), 0);
    char *text = file_read(path, 1000, &size, &err);
    assert_string_equal(text, "rank 4, host n2: no memory\n");
    store_clear_failure(root_folder(), IDENTITY);
    assert_int_equal(access(path, F_OK), -1);
    store_clear_failure(root_folder(), IDENTITY);
    free(text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_comes_back),
        cmocka_unit_test(bytes_that_are_not_utf8_are_spelt_out),
        cmocka_unit_test(two_writes_of_a_unit_give_equal_bytes),
        cmocka_unit_test(a_cut_or_changed_file_is_refused),
        cmocka_unit_test(what_a_file_claims_is_checked),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
        cmocka_unit_test(the_list_is_sorted_and_holds_units_only),
        cmocka_unit_test(a_failure_is_written_and_cleared),
    };

    return cmocka_run_group_tests_name("store", tests, make_root, remove_root);
}
