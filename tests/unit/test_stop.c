/* run/stop: what the batch systems say about the time that a job has left. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "run/stop.h"

static void slurm_times_are_read(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } rows[] = {
        {"0:30", 30},      {"12:05", 725}, {"1:00:00", 3600}, {"2-00:00:00", 172800},
        {"1-1:30", 91800}, {"1-2", 93600}, {"9:59\n", 599},   {"UNLIMITED", -1},
        {"INVALID", -1},   {"", -1},       {"NOT_SET", -1},   {"1:2:3:4", -1},
        {"5", -1},         {"1-", -1},     {"a:b", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(stop_parse_slurm_time(rows[i].text) == rows[i].seconds);
}

static void forget_job(void)
{
    static const char *const names[] = {"SLURM_JOB_END_TIME", "SLURM_JOB_ID", "PBS_WALLTIME", "PBS_NODEFILE"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void setenv_seconds(const char *name, double seconds)
{
    char text[32];

    snprintf(text, sizeof text, "%.0f", seconds);
    setenv(name, text, 1);
}

/* The clock goes on meanwhile: `left` was counted from some moment since `before`. */
static void assert_ends_at(double end, double left, time_t before)
{
    assert_true(left <= end - (double)before);
    assert_true(left >= end - (double)time(NULL));
}

static void slurm_says_when_a_job_ends(void **state)
{
    time_t before = time(NULL);
    double end = (double)before + 5000;

    (void)state;
    forget_job();
    setenv_seconds("SLURM_JOB_END_TIME", end);
    setenv("SLURM_JOB_ID", "no number: not asked", 1);
    setenv("PBS_WALLTIME", "60", 1);
    assert_ends_at(end, stop_job_seconds_left(), before);
    /* A limit that has passed is one, too: nothing is left, which is not "no limit". */
    setenv_seconds("SLURM_JOB_END_TIME", (double)before - 10);
    assert_true(stop_job_seconds_left() == 0);
    forget_job();
}

/* Slurm before 23.02 says it to squeue only, here a script that answers for one job. */
static void squeue_is_asked_for_the_rest(void **state)
{
    static const char script[] = "#!/bin/sh\n[ \"$*\" = '-h -j 4711 -o %L' ] && echo 1:02:03\n";
    char folder[] = "/tmp/sinkgrid-test-XXXXXX", path[64];
    char *search = strdup(getenv("PATH"));

    (void)state;
    forget_job();
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/squeue", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(script, file);
    fclose(file);
    chmod(path, 0755);
    setenv("PATH", folder, 1);
    setenv("SLURM_JOB_ID", "4711", 1);
    assert_true(stop_job_seconds_left() == 3723);
    setenv("SLURM_JOB_ID", "4712", 1); /* no answer */
    assert_true(stop_job_seconds_left() < 0);
    setenv("SLURM_JOB_ID", "4711; echo 1:02:03", 1);
    assert_true(stop_job_seconds_left() < 0);
    setenv("PATH", search, 1);
    free(search);
    unlink(path);
    rmdir(folder);
    forget_job();
}

/* PBS tells how long a job may take; its node file is as old as the job. */
static void pbs_time_counts_from_the_start_of_the_job(void **state)
{
    char path[] = "/tmp/sinkgrid-test-XXXXXX";
    time_t before = time(NULL);

    (void)state;
    forget_job();
    setenv("PBS_WALLTIME", "3600", 1);
    assert_true(stop_job_seconds_left() == 3600);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    setenv("PBS_NODEFILE", path, 1);
    utime(path, &(struct utimbuf){before - 600, before - 600});
    assert_ends_at((double)before + 3000, stop_job_seconds_left(), before);
    /* Older than a job may become, or from the future: not this job's start. */
    utime(path, &(struct utimbuf){before - 4000, before - 4000});
    assert_true(stop_job_seconds_left() == 3600);
    utime(path, &(struct utimbuf){before + 4000, before + 4000});
    assert_true(stop_job_seconds_left() == 3600);
    unlink(path);
    assert_true(stop_job_seconds_left() == 3600);
    forget_job();
}

static void no_limit_is_none(void **state)
{
    (void)state;
    forget_job();
    assert_true(stop_job_seconds_left() < 0);
    setenv("PBS_WALLTIME", "unlimited", 1);
    setenv("SLURM_JOB_END_TIME", "", 1);
    assert_true(stop_job_seconds_left() < 0);
    forget_job();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slurm_times_are_read),
        cmocka_unit_test(slurm_says_when_a_job_ends),
        cmocka_unit_test(squeue_is_asked_for_the_rest),
        cmocka_unit_test(pbs_time_counts_from_the_start_of_the_job),
        cmocka_unit_test(no_limit_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
