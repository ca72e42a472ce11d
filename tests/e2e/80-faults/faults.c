/*
 * Faults for the real binary, as a library that is loaded before libc (LD_PRELOAD): a sync that
 * fails once, and a wall clock that is wrong. The journey sets them in a small shared file while
 * the program runs. CLOCK_MONOTONIC is never touched: a kernel does not turn it back either.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The file: what the journey writes, little-endian. */
struct faults {
    _Atomic int64_t wall_offset_s;
    _Atomic int64_t sync_errors; /* how many of the coming syncs fail */
    char part[48];               /* … of files whose path has this part */
};

static struct faults *faults;

__attribute__((constructor)) static void open_faults(void)
{
    const char *path = getenv("FX_FAULTS");
    const int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0) {
        void *memory = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        faults = memory == MAP_FAILED ? NULL : memory;
        close(file);
    }
}

static int is_failing(int file)
{
    char link[64];
    char path[4096];
    if (faults == NULL || atomic_load(&faults->sync_errors) <= 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) {
        return 0;
    }
    path[size] = '\0';
    return strstr(path, faults->part) != NULL && atomic_fetch_sub(&faults->sync_errors, 1) > 0;
}

int fdatasync(int file)
{
    if (is_failing(file)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

int fsync(int file)
{
    if (is_failing(file)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, file);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && faults != NULL) {
        now->tv_sec += atomic_load(&faults->wall_offset_s);
    }
    return result;
}
