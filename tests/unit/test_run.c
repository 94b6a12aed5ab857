/* The parts of a run that need neither ranks nor models. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "run/assignment.h"
#include "run/chunking.h"
#include "run/crew.h"
#include "run/dispatch.h"
#include "run/heartbeat.h"
#include "run/lock.h"
#include "run/machine.h"
#include "run/progress.h"

/* ---- chunks ---- */

struct chunk_row {
    int n_samples, tokens[4], chunk;
    bool whole;
    const char *expected; /* "sample:begin-end ..." with "|" between chunks */
};

static void print_chunks(const struct chunk_list *list, char *text, size_t size)
{
    size_t n = 0;

    text[0] = '\0';
    for (int c = 0; c < list->n; c++)
        for (int s = 0; s < list->chunks[c].n_segments; s++) {
            const struct segment *segment = &list->chunks[c].segments[s];
            n += (size_t)snprintf(text + n, size - n, "%s%d:%d-%d",
                                  s > 0   ? " "
                                  : c > 0 ? "|"
                                          : "",
                                  segment->sample, segment->begin, segment->end);
        }
}

static void samples_are_packed_into_chunks(void **state)
{
    static const struct chunk_row rows[] = {
        {1, {10}, 16, false, "0:0-10"},
        {1, {16}, 16, false, "0:0-16"},
        {1, {17}, 16, false, "0:0-16|0:16-17"},
        {3, {5, 6, 7}, 16, false, "0:0-5 1:0-6 2:0-5|2:5-7"},
        {3, {5, 6, 7}, 18, false, "0:0-5 1:0-6 2:0-7"},
        {2, {40, 3}, 16, false, "0:0-16|0:16-32|0:32-40 1:0-3"},
        {3, {2, 0, 2}, 4, false, "0:0-2 2:0-2"},
        {3, {5, 6, 7}, 16, true, "0:0-5 1:0-6|2:0-7"},
        {3, {40, 3, 4}, 16, true, "0:0-40|1:0-3 2:0-4"},
        {2, {3, 40}, 16, true, "0:0-3|1:0-40"},
        {2, {1, 1}, 1, false, "0:0-1|1:0-1"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chunk_list list;
        chunk_list_build(&list, rows[i].tokens, rows[i].n_samples, rows[i].chunk, rows[i].whole);
        print_chunks(&list, text, sizeof text);
        assert_string_equal(text, rows[i].expected);
        assert_int_equal(chunk_count(rows[i].tokens, rows[i].n_samples, rows[i].chunk, rows[i].whole), list.n);
        chunk_list_clear(&list);
    }
}

/* Random lengths: every token once, in order; no chunk but a whole sample's above the size. */
static void chunks_cover_every_token_once(void **state)
{
    enum { N = 200 };
    int32_t tokens[N];

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct chunk_list list;
        int size = 1 + (int)random_below(1, 1, (uint64_t)round, 300), next_sample = 0, next_token = 0, most = 0;
        bool whole = round % 2;
        for (int i = 0; i < N; i++)
            tokens[i] = (int32_t)random_below(2, (uint64_t)round, (uint64_t)i, 500);
        chunk_list_build(&list, tokens, N, size, whole);
        for (int c = 0; c < list.n; c++) {
            int sum = 0;
            for (int s = 0; s < list.chunks[c].n_segments; s++) {
                const struct segment *segment = &list.chunks[c].segments[s];
                while (next_token == tokens[next_sample]) {
                    next_sample++;
                    next_token = 0;
                }
                assert_true(segment->sample == next_sample && segment->begin == next_token);
                next_token = segment->end;
                sum += segment->end - segment->begin;
            }
            assert_int_equal(sum, list.chunks[c].n_tokens);
            assert_true(sum > 0 && (sum <= size || (whole && list.chunks[c].n_segments == 1)));
            most = sum > most ? sum : most;
        }
        assert_int_equal(most, list.max_tokens);
        chunk_list_clear(&list);
    }
}

/* ---- assignments ---- */

static void make_assignment(struct assignment *assignment)
{
    const struct assignment_numbers n = {.pipeline = 7,
                                         .attempt = 2,
                                         .n_stages = 2,
                                         .upstream = -1,
                                         .downstream = 5,
                                         .layer_end = 6,
                                         .n_embd = 64,
                                         .chunk_tokens = 16,
                                         .n_samples = 2,
                                         .n_ids = 5,
                                         .record_cosine = 0.5,
                                         .seed = UINT64_MAX};

    assignment_init(assignment, &n, "/models/a b.gguf");
    for (int i = 0; i < 2; i++) {
        assignment->samples[i].sample = 10 + i;
        assignment->samples[i].n_tokens = 2 + i;
        assignment->samples[i].n_candidates = 2;
        assignment->samples[i].candidate[1] = 1;
        memset(assignment->fingerprints[i], 'a' + i, SHA256_HEX_SIZE - 1);
    }
    for (int i = 0; i < 5; i++)
        assignment->ids[i] = 100 * i;
}

static void an_assignment_survives_the_way(void **state)
{
    struct assignment sent, got;
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    make_assignment(&sent);
    assignment_pack(&sent, &bytes, &size);
    assert_int_equal(assignment_unpack(&got, bytes, size, &err), 0);
    assert_memory_equal(&got.n, &sent.n, sizeof sent.n);
    assert_string_equal(got.model_path, sent.model_path);
    assert_memory_equal(got.ids, sent.ids, 5 * sizeof(int32_t));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(got.samples[i].sample, 10 + i);
        assert_int_equal(got.samples[i].candidate[1], 1);
        assert_string_equal(got.samples[i].fingerprint, sent.fingerprints[i]);
    }
    assignment_clear(&got);
    assignment_clear(&sent);
    free(bytes);
}

/* Any cut, and counts that do not fit, are refused without a read beyond the end. */
static void a_damaged_assignment_is_refused(void **state)
{
    struct assignment sent, got;
    struct assignment_numbers n;
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    make_assignment(&sent);
    assignment_pack(&sent, &bytes, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1); /* so that a read beyond the end shows under a sanitizer */
        memcpy(part, bytes, cut);
        assert_int_equal(assignment_unpack(&got, part, cut, &err), -1);
        assignment_clear(&got);
        free(part);
    }
    memcpy(&n, bytes, sizeof n);
    n.n_samples = INT32_MAX;
    memcpy(bytes, &n, sizeof n);
    assert_int_equal(assignment_unpack(&got, bytes, size, &err), -1);
    assignment_clear(&got);
    assignment_clear(&sent);
    free(bytes);
}

/* ---- dispatch ---- */

/* Eight layers in stages cut at 0, 3, 5, with a measured range. */
static void stages_are_told_what_to_compute_and_record(void **state)
{
    static const struct {
        int measured[2], cuts[4], n_stages;
        int compute[3][2], record[3][2]; /* record: empty where begin >= end */
        bool final[3];
    } rows[] = {
        {{0, 8}, {0, 3, 5, 8}, 3, {{0, 3}, {3, 5}, {5, 8}}, {{0, 3}, {3, 5}, {5, 8}}, {false, false, true}},
        {{2, 7}, {0, 3, 5, 7}, 3, {{0, 3}, {3, 5}, {5, 7}}, {{2, 3}, {3, 5}, {5, 7}}, {false, false, false}},
        {{4, 8}, {0, 3, 5, 8}, 3, {{0, 3}, {3, 5}, {5, 8}}, {{4, 3}, {4, 5}, {5, 8}}, {false, false, true}},
        {{0, 8}, {0, 8}, 1, {{0, 8}}, {{0, 8}}, {true}},
    };
    int32_t ids[] = {5, 6, 7, 8, 9, 10};
    struct sample samples[] = {
        {.ids = ids, .n_tokens = 2}, {.ids = ids + 2, .n_tokens = 3}, {.ids = ids + 5, .n_tokens = 1}};
    struct experiment experiment = {.record = {.n_control = 64}, .seed = 7};
    struct experiment_model entry = {.path = (char *)"/models/m"};
    struct model model = {.hparams = {.n_layers = 8, .n_embd = 16}};
    struct plan_model plan_model = {.entry = &entry, .model = &model};
    struct plan_job job = {.samples = {samples, 3}};
    struct plan_pipeline pipeline = {.sample_begin = 1, .sample_end = 3, .chunk_tokens = 64};
    struct plan plan = {&experiment, &plan_model, 1, &job, 1, &pipeline, 1, .n_failures = 0};
    static const int ranks[] = {4, 2, 9};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct schedule_start start = {.pipeline = 11, .attempt = 2, .n_stages = rows[i].n_stages};
        pipeline.layer_begin = rows[i].measured[0];
        pipeline.layer_end = rows[i].measured[1];
        pipeline.n_stages = rows[i].n_stages;
        memcpy(pipeline.cut, rows[i].cuts, sizeof rows[i].cuts);
        for (int s = 0; s < rows[i].n_stages; s++) {
            struct assignment a;
            dispatch_build(&plan, 0, &start, s, ranks, 3, 99, &a);
            assert_true(a.n.pipeline == 11 && a.n.attempt == 2 && a.n.stage == s && a.n.n_threads == 3);
            assert_true(a.n.layer_begin == rows[i].compute[s][0] && a.n.layer_end == rows[i].compute[s][1]);
            assert_true(a.n.record_begin == rows[i].record[s][0] && a.n.record_end == rows[i].record[s][1]);
            assert_int_equal(a.n.final_row, rows[i].final[s]);
            assert_int_equal(a.n.upstream, s > 0 ? ranks[s - 1] : -1);
            assert_int_equal(a.n.downstream, s + 1 < rows[i].n_stages ? ranks[s + 1] : -1);
            assert_int_equal(a.n.whole, rows[i].n_stages == 1);
            assert_true(a.n.n_samples == 2 && a.samples[0].sample == 1 && a.samples[1].n_tokens == 1);
            assert_int_equal(a.n.n_ids, s == 0 ? 4 : 0);
            if (s == 0)
                assert_memory_equal(a.ids, ids + 2, 4 * sizeof *ids);
            assert_true(a.n.stamp == 99 && a.n.seed == 7 && a.n.record_cosine == 0);
            assignment_clear(&a);
        }
    }
}

/* ---- crew ---- */

static struct ready_message describe(const char *host, const char *cpus, int n_cpus, int n_threads, uint64_t gib)
{
    struct ready_message ready = {.n_cpus = n_cpus, .n_cores = n_cpus, .n_threads = n_threads, .node_bytes = gib << 30};

    snprintf(ready.host, sizeof ready.host, "%s", host);
    snprintf(ready.cpus, sizeof ready.cpus, "%s", cpus);
    snprintf(ready.kernel, sizeof ready.kernel, "native");
    for (const char *c = cpus; *c; c++)
        ready.cpus_hash = 31 * ready.cpus_hash + (uint64_t)*c;
    return ready;
}

static void threads_and_memory_are_shared_fairly(void **state)
{
    /* Two unbound ranks on a, two bound to two cores each on b, one alone on c. */
    const struct ready_message ready[] = {
        describe("a", "0-7", 8, 0, 16), describe("a", "0-7", 8, 0, 16), describe("b", "0-1", 2, 0, 8),
        describe("b", "2-3", 2, 0, 8),  describe("c", "0", 1, 4, 0),
    };
    static const int threads[] = {4, 4, 2, 2, 4}, nodes[] = {0, 0, 2, 2, 4};
    struct crew crew;

    (void)state;
    crew_build(&crew, ready, 5, 6, 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(crew.n_threads[i], threads[i]);
        assert_int_equal(crew.workers[i].node, nodes[i]);
        assert_true(crew.workers[i].speed == threads[i] / 2.0);
    }
    assert_true(crew.workers[0].bytes == UINT64_C(8) << 30 && crew.workers[2].bytes == UINT64_C(4) << 30);
    assert_true(crew.workers[4].bytes == UINT64_MAX); /* unknown is no limit */
    assert_true(crew_resources(&crew).rank_bytes == UINT64_C(4) << 30);
    assert_int_equal(crew_resources(&crew).threads, 2);
    assert_int_equal(crew_rank(&crew, 4), 5);
    assert_int_equal(crew_worker(&crew, 5), 4);
    assert_int_equal(crew_report(&crew), 1); /* c: four threads on one core */
    crew_clear(&crew);
    crew_build(&crew, ready, 5, 6, 3);
    assert_int_equal(crew.n_threads[4], 3);
    crew_clear(&crew);
}

static void cpu_sets_are_printed_as_ranges(void **state)
{
    uint8_t flags[64] = {0};
    char text[CPUS_SIZE], tight[12];

    (void)state;
    machine_format_cpus(flags, 64, text, sizeof text);
    assert_string_equal(text, "");
    flags[0] = flags[1] = flags[2] = flags[5] = flags[62] = flags[63] = 1;
    machine_format_cpus(flags, 64, text, sizeof text);
    assert_string_equal(text, "0-2,5,62-63");
    for (int i = 0; i < 64; i += 2)
        flags[i] = 1, flags[i + 1] = 0;
    machine_format_cpus(flags, 64, tight, sizeof tight);
    assert_string_equal(tight, "0,2,4,6...");
}

/* Whatever cores the test may use itself: the grant only lowers them. */
static void a_grant_of_cores_is_kept(void **state)
{
    static const struct {
        const char *name, *value, *job;
        bool counts;
    } rows[] = {
        {"SLURM_CPUS_ON_NODE", "1", NULL, true}, {"SLURM_CPUS_ON_NODE", "100000", NULL, false},
        {"NCPUS", "1", "7.server", true},        {"NCPUS", "1", NULL, false}, /* not a PBS job */
        {"PBS_NUM_PPN", "1", "7.server", true},
    };
    struct ready_message own, ready;

    (void)state;
    unsetenv("SLURM_CPUS_ON_NODE");
    unsetenv("PBS_JOBID");
    machine_describe(&own);
    assert_true(own.n_cores >= 1 && own.n_cores <= own.n_cpus);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv(rows[i].name, rows[i].value, 1);
        if (rows[i].job)
            setenv("PBS_JOBID", rows[i].job, 1);
        machine_describe(&ready);
        assert_int_equal(ready.n_cores, rows[i].counts ? 1 : own.n_cores);
        unsetenv(rows[i].name);
        unsetenv("PBS_JOBID");
    }
}

/* ---- lock, limits, signs of life ---- */

static void a_lock_is_judged_by_its_holder(void **state)
{
    static const struct {
        struct lock_holder holder;
        bool locked, alive;
        enum lock_verdict expected;
    } rows[] = {
        {{"", "", 0, -1}, true, false, LOCK_FREE},
        {{"", "", 0, -1}, false, false, LOCK_REFUSE},      /* held, but not signed yet */
        {{"here", "", 5, -1}, true, true, LOCK_TAKE_OVER}, /* its number went to somebody else */
        {{"here", "", 5, 3}, false, true, LOCK_REFUSE},
        {{"here", "", 5, 3}, false, false, LOCK_TAKE_OVER}, /* no locks here, but it is dead */
        {{"there", "", 5, 3}, true, false, LOCK_REFUSE},    /* a lock that may not reach that far */
        {{"there", "", 5, 300}, true, false, LOCK_TAKE_OVER},
        {{"there", "", 5, -1}, true, false, LOCK_TAKE_OVER},
        {{"there", "", 5, 300}, false, false, LOCK_REFUSE},
        {{"there", "77", 5, 3}, true, false, LOCK_TAKE_OVER}, /* this job, requeued */
        {{"there", "78", 5, 3}, true, false, LOCK_REFUSE},
    };
    const struct lock_holder self = {"here", "77", 9, -1};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(lock_judge(&rows[i].holder, &self, rows[i].locked, rows[i].alive), rows[i].expected);
}

static void a_lock_comes_and_goes(void **state)
{
    char folder[] = "/tmp/sinkgrid-test-XXXXXX", path[64];
    struct lock_holder holder;
    struct error err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lock", folder);
    struct lock *lock = lock_take(folder, &err);
    assert_non_null(lock);
    pid_t child = fork();
    if (child == 0) /* another process is refused, and told by whom */
        _exit(lock_is_held(folder, &holder) && holder.pid == (long)getppid() && !lock_take(folder, &err) &&
                      strstr(err.text, "is running it")
                  ? 0
                  : 1);
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    lock_release(lock);
    lock = lock_take(folder, &err);
    assert_non_null(lock);
    lock_release(lock);
    unlink(path);
    rmdir(folder);
}

static void a_heartbeat_is_read_back(void **state)
{
    char folder[] = "/tmp/sinkgrid-test-XXXXXX", path[64];
    struct heartbeat sent = {.state = "running",
                             .host = "n1",
                             .pid = 42,
                             .started = 1e9,
                             .updated = 1e9 + 5.5,
                             .n_ranks = 3,
                             .total = 9,
                             .stored = 4,
                             .running = 1,
                             .failed = 1,
                             .waiting = 3,
                             .tokens_done = 1e6,
                             .tokens_total = 3e6,
                             .tokens_per_second = 123.5,
                             .seconds_left = -1,
                             .n_units = 1};
    struct heartbeat got;
    struct error err;

    (void)state;
    snprintf(sent.units[0].identity, SHA256_HEX_SIZE, "%064d", 7);
    snprintf(sent.units[0].model, HEARTBEAT_NAME_SIZE, "a \"quoted\" name");
    sent.units[0].sample_end = 4;
    assert_non_null(mkdtemp(folder));
    assert_true(heartbeat_age(folder) < 0);
    assert_int_equal(heartbeat_read(folder, &got, &err), -1);
    assert_int_equal(heartbeat_write(folder, &sent, &err), 0);
    assert_int_equal(heartbeat_read(folder, &got, &err), 0);
    assert_memory_equal(&got.units[0], &sent.units[0], sizeof got.units[0]);
    assert_string_equal(got.state, "running");
    assert_true(got.pid == 42 && got.total == 9 && got.stored == 4 && got.waiting == 3 && got.n_units == 1);
    assert_true(got.updated == sent.updated && got.tokens_per_second == 123.5 && got.seconds_left == -1);
    assert_true(heartbeat_age(folder) >= 0 && heartbeat_age(folder) < 60);
    snprintf(path, sizeof path, "%s/heartbeat.json", folder);
    unlink(path);
    rmdir(folder);
}

static void times_are_printed_for_people(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {{-1, "?"},
                {0, "0 s"},
                {95.4, "95 s"},
                {600, "10 min"},
                {3 * 3600 + 1260, "3 h 21 min"},
                {5.5 * 86400, "5.5 days"}};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        progress_format_seconds(rows[i].seconds, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_packed_into_chunks),
        cmocka_unit_test(chunks_cover_every_token_once),
        cmocka_unit_test(an_assignment_survives_the_way),
        cmocka_unit_test(a_damaged_assignment_is_refused),
        cmocka_unit_test(stages_are_told_what_to_compute_and_record),
        cmocka_unit_test(threads_and_memory_are_shared_fairly),
        cmocka_unit_test(cpu_sets_are_printed_as_ranges),
        cmocka_unit_test(a_grant_of_cores_is_kept),
        cmocka_unit_test(a_lock_is_judged_by_its_holder),
        cmocka_unit_test(a_lock_comes_and_goes),
        cmocka_unit_test(a_heartbeat_is_read_back),
        cmocka_unit_test(times_are_printed_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
