#include "run/stop.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static volatile sig_atomic_t requested, terminated, saving;

static void on_request(int signal)
{
    (void)signal;
    requested = 1;
}

static void on_terminate(int number)
{
    terminated = 1;
    if (saving)
        return;
    signal(number, SIG_DFL);
    raise(number); /* delivered when this handler returns */
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void stop_install_master(void)
{
    handle(SIGUSR1, on_request);
    handle(SIGUSR2, SIG_IGN);
    handle(SIGTERM, on_terminate);
}

void stop_install_worker(void)
{
    handle(SIGUSR1, SIG_IGN);
    handle(SIGUSR2, SIG_IGN);
}

bool stop_requested(void)
{
    return requested;
}

bool stop_terminated(void)
{
    return terminated;
}

void stop_set_saving(bool on)
{
    saving = on;
}

void stop_die(void)
{
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    _Exit(128 + SIGTERM); /* if the signal is blocked */
}

/* ---- the job's own limit ---- */

double stop_parse_slurm_time(const char *text)
{
    long days = 0, part[3] = {0};
    int n = 0;
    char *end;
    const char *dash = strchr(text, '-');

    if (dash) {
        days = strtol(text, &end, 10);
        if (end != dash)
            return -1;
        text = dash + 1;
    }
    do {
        part[n++] = strtol(text, &end, 10);
        if (end == text || (*end != ':' && *end != '\0' && *end != '\n'))
            return -1;
        text = end + 1;
    } while (*end == ':' && n < 3);
    if (*end == ':' || (n < 2 && !dash))
        return -1;
    double seconds = 0;
    for (int i = 0; i < n; i++)
        seconds = 60 * seconds + (double)part[i];
    if (dash) /* D-HH, D-HH:MM, D-HH:MM:SS */
        seconds *= n == 1 ? 3600 : n == 2 ? 60 : 1;
    return 86400 * (double)days + seconds;
}

/* Asks once: squeue may be slow. The job id comes from Slurm, digits only. */
static double ask_slurm(const char *job)
{
    char command[96], line[64] = "";

    if (strspn(job, "0123456789") != strlen(job) || strlen(job) > 20)
        return -1;
    snprintf(command, sizeof command, "squeue -h -j %s -o %%L 2>/dev/null", job);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return -1;
    if (!fgets(line, sizeof line, pipe))
        line[0] = '\0';
    pclose(pipe);
    return stop_parse_slurm_time(line);
}

/* PBS does not say when the job began, but writes its node file then. One that is older
 * than a job of this length can be, or comes from the future, tells nothing. */
static double pbs_seconds_gone(double wall)
{
    const char *nodes = getenv("PBS_NODEFILE");
    struct stat file;

    if (!nodes || stat(nodes, &file) != 0)
        return 0;
    double gone = difftime(time(NULL), file.st_mtime);
    return gone > 0 && gone < wall ? gone : 0;
}

double stop_job_seconds_left(void)
{
    const char *end = getenv("SLURM_JOB_END_TIME"), *job = getenv("SLURM_JOB_ID"), *limit = getenv("PBS_WALLTIME");
    double wall = limit ? atof(limit) : 0;

    if (end && atof(end) > 0) /* one that has passed, by a clock that differs, is a limit too */
        return fmax(0, atof(end) - (double)time(NULL));
    if (job && *job)
        return ask_slurm(job);
    return wall > 0 ? wall - pbs_seconds_gone(wall) : -1;
}
