/* Trouble for the process that this is preloaded into; tests/faults/__init__.py says what each field does. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct faults {
    volatile int32_t fsync_ms;
    volatile int32_t fsync_errno;
    volatile int64_t clock_s;
    volatile int32_t synchronised;
    volatile int32_t fsyncs;
};

static struct faults none, *faults = &none;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("GATE_FAULTS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof(struct faults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED)
        faults = page;
    close(file);
}

static int sync_by(const char *name, int file)
{
    int32_t ms = faults->fsync_ms, number = faults->fsync_errno;
    __atomic_add_fetch(&faults->fsyncs, 1, __ATOMIC_RELAXED);
    if (ms > 0)
        usleep((useconds_t)ms * 1000);
    if (number) {
        errno = number;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return sync_by("fsync", file); }
int fdatasync(int file) { return sync_by("fdatasync", file); }

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, now);
    if (!done && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += faults->clock_s;
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec told;
    (void)zone;
    int done = clock_gettime(CLOCK_REALTIME, &told);
    now->tv_sec = told.tv_sec;
    now->tv_usec = told.tv_nsec / 1000;
    return done;
}

time_t time(time_t *out)
{
    struct timespec told;
    clock_gettime(CLOCK_REALTIME, &told);
    if (out)
        *out = told.tv_sec;
    return told.tv_sec;
}

int adjtimex(struct timex *told)
{
    int state = ((int (*)(struct timex *))dlsym(RTLD_NEXT, "adjtimex"))(told);
    if (state < 0)
        return state;
    told->time.tv_sec += faults->clock_s;
    told->status = faults->synchronised ? told->status & ~STA_UNSYNC : told->status | STA_UNSYNC;
    return faults->synchronised ? TIME_OK : TIME_ERROR;
}
