#include "run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "run/heartbeat.h"

/* A holder elsewhere whose heartbeat is older than this is taken for gone. */
static const double STALE_SECONDS = 120;

struct lock {
    int fd;
};

/* ---- who ---- */

static const char *job_id(void)
{
    static const char *const names[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "";
}

static struct lock_holder describe_self(void)
{
    struct lock_holder self = {.pid = (long)getpid(), .beat = -1};

    gethostname(self.host, sizeof self.host - 1);
    snprintf(self.job, sizeof self.job, "%.*s", LOCK_TEXT_SIZE - 1, job_id());
    return self;
}

/* "host NAME\npid N\njob ID\n"; anything else names nobody. */
static struct lock_holder read_holder(int fd, const char *results)
{
    struct lock_holder holder = {.beat = heartbeat_age(results)};
    char text[3 * LOCK_TEXT_SIZE] = "";

    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0 || sscanf(text, "host %127s\npid %ld\njob %127[^\n]", holder.host, &holder.pid, holder.job) < 2)
        holder.pid = 0;
    return holder;
}

static int write_holder(int fd, const struct lock_holder *self)
{
    char text[3 * LOCK_TEXT_SIZE];
    int n = snprintf(text, sizeof text, "host %s\npid %ld\njob %s\n", self->host, self->pid, self->job);

    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return -1;
    return fsync(fd);
}

/* ---- judgement ---- */

enum lock_verdict lock_judge(const struct lock_holder *holder, const struct lock_holder *self, bool locked, bool alive)
{
    bool here = strcmp(holder->host, self->host) == 0;
    bool same_job = holder->job[0] && strcmp(holder->job, self->job) == 0;

    if (holder->pid == 0)
        return locked ? LOCK_FREE : LOCK_REFUSE;
    if (here)
        return alive && !locked ? LOCK_REFUSE : LOCK_TAKE_OVER;
    if (same_job) /* requeued: a job runs once at a time */
        return LOCK_TAKE_OVER;
    /* Another host, another job: granted locks may not reach so far, so its heartbeat decides, too. */
    if (locked && (holder->beat < 0 || holder->beat > STALE_SECONDS))
        return LOCK_TAKE_OVER;
    return LOCK_REFUSE;
}

static bool is_alive(long pid)
{
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static int refuse(const struct lock_holder *holder, const char *results, bool locked, struct error *err)
{
    if (holder->pid == 0)
        return fail(err, "%s: another run holds its lock", results);
    if (!locked)
        return fail(err, "%s: process %ld on %s%s%s is running it", results, holder->pid, holder->host,
                    holder->job[0] ? ", job " : "", holder->job);
    return fail(
        err, "%s: process %ld on %s%s%s may still be running it (last sign of life %.0f s ago); remove %s/lock if not",
        results, holder->pid, holder->host, holder->job[0] ? ", job " : "", holder->job, holder->beat, results);
}

/* ---- the lock ---- */

/* 1: granted, 0: another has it, -1: the file system has no locks. */
static int try_lock(int fd)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_SETLK, &range) == 0)
        return 1;
    return errno == EACCES || errno == EAGAIN ? 0 : -1;
}

/* A holder elsewhere may have died a moment ago, its job submitted anew by its own script: a
 * refusal would end the grid. One that lives beats every HEARTBEAT_SECONDS. */
static enum lock_verdict watch_holder(struct lock_holder *holder, const struct lock_holder *self, const char *results)
{
    log_info("%s: process %ld on %s%s%s may be running it: waiting for a sign of life, up to %.0f s", results,
             holder->pid, holder->host, holder->job[0] ? ", job " : "", holder->job, STALE_SECONDS - holder->beat);
    while (lock_judge(holder, self, true, false) == LOCK_REFUSE) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        double beat = heartbeat_age(results);
        if (beat < holder->beat)
            return LOCK_REFUSE;
        holder->beat = beat;
    }
    return LOCK_TAKE_OVER;
}

static int settle(int fd, const char *results, struct error *err)
{
    struct lock_holder self = describe_self(), holder = read_holder(fd, results);
    int locked = try_lock(fd);
    bool here = strcmp(holder.host, self.host) == 0;
    enum lock_verdict verdict;

    if (locked < 0)
        log_warning("%s: this file system has no locks; the lock file's text alone keeps runs apart", results);
    if (locked == 0)
        return refuse(&holder, results, false, err);
    verdict = lock_judge(&holder, &self, locked == 1 || holder.pid == 0, here && is_alive(holder.pid));
    if (verdict == LOCK_REFUSE && locked == 1 && !here)
        verdict = watch_holder(&holder, &self, results);
    switch (verdict) {
    case LOCK_REFUSE:
        return refuse(&holder, results, locked == 1, err);
    case LOCK_TAKE_OVER:
        log_info("%s: taking over from process %ld on %s%s%s, which is gone", results, holder.pid, holder.host,
                 holder.job[0] ? ", job " : "", holder.job);
        break;
    case LOCK_FREE:
        break;
    }
    if (write_holder(fd, &self) != 0)
        return fail(err, "%s/lock: %s", results, strerror(errno));
    return 0;
}

struct lock *lock_take(const char *results, struct error *err)
{
    char *path = xasprintf("%s/lock", results);
    struct lock *lock = NULL;
    int fd = -1;

    if (folder_make(results, err) == 0) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            fail(err, "%s: %s", path, strerror(errno));
    }
    if (fd >= 0 && settle(fd, results, err) == 0) {
        lock = xcalloc(1, sizeof *lock);
        lock->fd = fd;
    } else if (fd >= 0) {
        close(fd);
    }
    free(path);
    return lock;
}

void lock_release(struct lock *lock)
{
    if (!lock)
        return;
    if (ftruncate(lock->fd, 0) != 0)
        log_warning("the lock file cannot be emptied: %s", strerror(errno));
    close(lock->fd);
    free(lock);
}

bool lock_is_held(const char *results, struct lock_holder *holder)
{
    char *path = xasprintf("%s/lock", results);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool held = false;

    *holder = (struct lock_holder){0};
    if (fd >= 0) {
        *holder = read_holder(fd, results);
        held = fcntl(fd, F_GETLK, &range) == 0 && range.l_type != F_UNLCK;
        close(fd);
    }
    free(path);
    return held;
}
