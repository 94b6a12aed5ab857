#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "files.h"

#include "base/memory.h"
#include "base/output.h"
#include "command/status_report.h"

static char *results;

/* Identity i: 64 times the same digit. */
static const char *identity(int i)
{
    static char hex[10][SHA256_HEX_SIZE];

    memset(hex[i], '0' + i, SHA256_HEX_SIZE - 1);
    return hex[i];
}

static struct manifest manifest_of(int n)
{
    struct manifest manifest = {.n_entries = n, .entries = xcalloc((size_t)n, sizeof *manifest.entries)};

    for (int i = 0; i < n; i++) {
        manifest.entries[i] = (struct manifest_entry){.model = xstrdup("m"),
                                                      .family = xstrdup("f"),
                                                      .prompt_set = xstrdup("p"),
                                                      .sample_begin = i,
                                                      .sample_end = i + 1,
                                                      .layer_end = 4,
                                                      .n_stages = 1,
                                                      .flop = 1 << i};
        memcpy(manifest.entries[i].identity, identity(i), SHA256_HEX_SIZE);
    }
    return manifest;
}

static void put(const char *folder, const char *name, const char *suffix, const char *text)
{
    char *path = xasprintf("%s/%s", results, folder), *file = xasprintf("%s%s", name, suffix);

    mkdir(path, 0700);
    free(files_write_text(path, file, text));
    free(file);
    free(path);
}

static void beat(const char *state, double seconds_left, int running)
{
    struct heartbeat heartbeat = {.pid = 7, .n_ranks = 3, .seconds_left = seconds_left, .n_units = 1};
    struct error err = {""};

    snprintf(heartbeat.state, sizeof heartbeat.state, "%s", state);
    snprintf(heartbeat.host, sizeof heartbeat.host, "node1");
    memcpy(heartbeat.units[0].identity, identity(running), SHA256_HEX_SIZE);
    assert_int_equal(heartbeat_write(results, &heartbeat, &err), 0);
}

static void report_well(struct status_report *report, int n)
{
    struct manifest manifest = manifest_of(n);
    struct error err = {""};

    assert_int_equal(status_report_init(report, results, &manifest, &err), 0);
    assert_string_equal(err.text, "");
    assert_int_equal(manifest.n_entries, 0); /* taken over */
}

static void nothing_is_there_yet(void **state)
{
    struct status_report report;

    (void)state;
    report_well(&report, 3);
    assert_int_equal(report.count[PIPELINE_MISSING], 3);
    assert_false(report.has_heartbeat);
    assert_true(report.seconds_left < 0);
    status_report_clear(&report);
}

static void each_state_is_seen(void **state)
{
    static const enum pipeline_state expected[] = {PIPELINE_DONE,    PIPELINE_FAILED, PIPELINE_RUNNING,
                                                   PIPELINE_MISSING, PIPELINE_DONE,   PIPELINE_RUNNING};
    struct status_report report;

    (void)state;
    put("units", identity(0), ".nc", "");
    put("units", identity(4), ".nc", "");
    put("units", identity(9), ".nc", "");          /* of another experiment */
    put("units", identity(3), ".nc.1234.tmp", ""); /* not whole */
    put("failed", identity(1), ".txt", "rank 2, host node1: weights are cut\n");
    put("failed", identity(4), ".txt", "an earlier attempt\n"); /* done since */
    put("failed", identity(5), ".txt", "an earlier attempt\n"); /* runs again */
    beat("running", 100, 2);
    report_well(&report, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(report.states[i], expected[i]);
    assert_string_equal(report.failures[1], "rank 2, host node1: weights are cut\n");
    assert_null(report.failures[4]);
    assert_true(report.flop_done == 1 + 16 && report.flop_total == 31);
    assert_int_equal(report.n_foreign, 1);
    assert_true(report.is_alive);
    assert_true(report.seconds_left > 90 && report.seconds_left <= 100);
    status_report_clear(&report);

    beat("running", 100, 5);
    report_well(&report, 6);
    assert_int_equal(report.states[5], PIPELINE_RUNNING);
    assert_int_equal(report.states[2], PIPELINE_MISSING);
    status_report_clear(&report);
}

/* A file server's clock that is ahead of ours makes no heartbeat of the future. */
static void a_clock_that_is_ahead_is_no_absence(void **state)
{
    struct utimbuf ahead = {.actime = time(NULL) + 50, .modtime = time(NULL) + 50};
    struct status_report report;
    char *path = files_path(results, "heartbeat.json");

    (void)state;
    beat("running", 100, 2);
    assert_int_equal(utime(path, &ahead), 0);
    report_well(&report, 3);
    assert_true(report.is_alive);
    assert_true(report.age == 0);
    status_report_clear(&report);
    free(path);
}

/* Old or ended, a heartbeat says nothing of what runs. */
static void the_dead_do_not_run(void **state)
{
    struct utimbuf old = {.actime = 1000000000, .modtime = 1000000000};
    struct status_report report;
    char *path = files_path(results, "heartbeat.json");

    (void)state;
    beat("finished", 0, 2);
    report_well(&report, 3);
    assert_true(report.has_heartbeat && !report.is_alive);
    assert_int_equal(report.count[PIPELINE_RUNNING], 0);
    status_report_clear(&report);

    beat("running", 100, 2);
    assert_int_equal(utime(path, &old), 0);
    report_well(&report, 3);
    assert_true(report.has_heartbeat && !report.is_alive);
    assert_int_equal(report.states[2], PIPELINE_MISSING);
    assert_true(report.seconds_left < 0);
    status_report_clear(&report);
    free(path);
}

/* A run that was killed on this host is seen at once, not when its heartbeat has grown old. */
static void the_killed_are_seen_on_their_host(void **state)
{
    struct heartbeat heartbeat = {.state = "running"};
    struct status_report report;
    struct error err = {""};
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    gethostname(heartbeat.host, sizeof heartbeat.host - 1);
    for (int dead = 0; dead < 2; dead++) {
        heartbeat.pid = dead ? (long)child : (long)getpid();
        assert_int_equal(heartbeat_write(results, &heartbeat, &err), 0);
        report_well(&report, 3);
        assert_int_equal(report.is_alive, !dead);
        status_report_clear(&report);
    }
}

static int make_folder(void **state)
{
    (void)state;
    results = files_make_folder();
    return 0;
}

static int remove_folder(void **state)
{
    char *command = xasprintf("rm -r '%s'/units '%s'/failed", results, results);
    int rc = system(command);

    (void)state;
    free(command);
    files_remove_folder(results);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_there_yet),
        cmocka_unit_test(each_state_is_seen),
        cmocka_unit_test(a_clock_that_is_ahead_is_no_absence),
        cmocka_unit_test(the_dead_do_not_run),
        cmocka_unit_test(the_killed_are_seen_on_their_host),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
