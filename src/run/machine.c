#include "run/machine.h"

#include <ctype.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

enum { MAX_CPUS = 8192 };

/* ---- memory ---- */

/* "MemAvailable:   123 kB" of /proc/meminfo, in bytes; 0 if it cannot be read. */
static uint64_t available_memory(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    uint64_t kib = 0;

    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kib = strtoull(line + 13, NULL, 10);
    fclose(file);
    return 1024 * kib;
}

/* A file that holds one number; "max" and absence are 0. */
static uint64_t read_number(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[64] = "";

    if (!file)
        return 0;
    if (!fgets(line, sizeof line, file) || !isdigit((unsigned char)line[0]))
        line[0] = '\0';
    fclose(file);
    return strtoull(line, NULL, 10);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* Slurm's grant on this node, MiB in its variables; 0: unknown. */
static uint64_t slurm_memory(void)
{
    const char *node = getenv("SLURM_MEM_PER_NODE"), *core = getenv("SLURM_MEM_PER_CPU");
    const char *cores = getenv("SLURM_CPUS_ON_NODE");

    if (node)
        return strtoull(node, NULL, 10) << 20;
    return core && cores ? (strtoull(core, NULL, 10) * strtoull(cores, NULL, 10)) << 20 : 0;
}

/* The least limit of a control group and those above it; `path` is cut shorter on the way. */
static uint64_t group_memory(const char *root, char *path, const char *name)
{
    uint64_t bytes = 0;

    for (;;) {
        char *file = xasprintf("%s%s/%s", root, path, name), *slash = strrchr(path, '/');
        bytes = least(bytes, read_number(file));
        free(file);
        if (!slash)
            return bytes;
        *slash = '\0';
    }
}

/* Batch systems confine a job by a control group of its own: "0::/path" (version 2) or
 * "4:memory:/path" in /proc/self/cgroup. */
static uint64_t confined_memory(void)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[4096];
    uint64_t bytes = 0;

    while (file && fgets(line, sizeof line, file)) {
        char *path = strchr(line, '/');
        line[strcspn(line, "\n")] = '\0';
        if (path && strncmp(line, "0::", 3) == 0)
            bytes = least(bytes, group_memory("/sys/fs/cgroup", path, "memory.max"));
        else if (path && strstr(line, ":memory:"))
            bytes = least(bytes, group_memory("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
    }
    if (file)
        fclose(file);
    return bytes;
}

uint64_t machine_memory(void)
{
    uint64_t bytes = least(available_memory(), confined_memory());

    return least(bytes, slurm_memory());
}

/* ---- cores ---- */

static void add_text(char *text, int size, const char *more)
{
    int n = (int)strlen(text);

    if (n + (int)strlen(more) < size - 3)
        strcpy(text + n, more);
    else if (n < 3 || strcmp(text + n - 3, "...") != 0)
        strcpy(text + (n < size - 4 ? n : size - 4), "...");
}

void machine_format_cpus(const uint8_t *flags, int n_cpus, char *text, int size)
{
    char piece[32];

    text[0] = '\0';
    for (int begin = 0; begin < n_cpus; begin++) {
        if (!flags[begin])
            continue;
        int end = begin;
        while (end + 1 < n_cpus && flags[end + 1])
            end++;
        const char *comma = text[0] ? "," : "";
        if (end > begin)
            snprintf(piece, sizeof piece, "%s%d-%d", comma, begin, end);
        else
            snprintf(piece, sizeof piece, "%s%d", comma, begin);
        add_text(text, size, piece);
        begin = end;
    }
}

/* FNV-1a over the flags: equal sets, equal hashes. */
static uint64_t hash_flags(const uint8_t *flags, int n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (int i = 0; i < n; i++)
        hash = (hash ^ flags[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Whether a list as the kernel prints it ("0,64", "0-3") names an allowed CPU below `cpu`. */
static bool names_lower(const char *list, int cpu, const uint8_t *flags)
{
    char *end = NULL;

    for (const char *at = list; *at; at = *end ? end + 1 : end) {
        long begin = strtol(at, &end, 10), last = begin;
        if (end == at)
            return false;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        for (long other = begin; other <= last && other < cpu; other++)
            if (other >= 0 && flags[other])
                return true;
    }
    return false;
}

/* A core is counted at its first allowed hardware thread. */
static bool is_first_of_core(int cpu, const uint8_t *flags)
{
    char path[96], line[256] = "";

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return !names_lower(line, cpu, flags);
}

static void describe_cpus(struct ready_message *ready)
{
    cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
    size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
    uint8_t *flags = xcalloc(MAX_CPUS, 1);

    if (set && sched_getaffinity(0, size, set) == 0)
        for (int i = 0; i < MAX_CPUS; i++)
            flags[i] = CPU_ISSET_S(i, size, set) != 0;
    for (int i = 0; i < MAX_CPUS; i++) {
        ready->n_cpus += flags[i];
        ready->n_cores += flags[i] && is_first_of_core(i, flags);
    }
    ready->cpus_hash = hash_flags(flags, MAX_CPUS);
    machine_format_cpus(flags, MAX_CPUS, ready->cpus, CPUS_SIZE);
    if (ready->n_cpus == 0) /* not to be learned */
        ready->n_cpus = ready->n_cores = 1;
    free(flags);
    CPU_FREE(set);
}

/* CPUs of this node that the batch system grants, which need not confine the job to them; 0: unknown. */
static int granted_cpus(void)
{
    const char *slurm = getenv("SLURM_CPUS_ON_NODE"), *pbs = getenv("NCPUS"), *torque = getenv("PBS_NUM_PPN");

    if (slurm)
        return atoi(slurm);
    if (!getenv("PBS_JOBID"))
        return 0;
    return pbs ? atoi(pbs) : torque ? atoi(torque) : 0;
}

void machine_describe(struct ready_message *ready)
{
    const char *threads = getenv("OMP_NUM_THREADS");

    memset(ready, 0, sizeof *ready);
    gethostname(ready->host, HOST_SIZE - 1);
    describe_cpus(ready);
    if (granted_cpus() > 0 && granted_cpus() < ready->n_cores)
        ready->n_cores = granted_cpus();
    ready->n_threads = threads ? atoi(threads) : 0;
    ready->node_bytes = machine_memory();
}
