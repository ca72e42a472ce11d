#include "bus/bus_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/panic.h"

enum { FILE_PERMISSIONS = 0600, DIR_PERMISSIONS = 0700 };

static int posix_open(void *disk, const char *path, enum fx_bus_file_mode mode, int *file_out)
{
    (void)disk;
    int flags = O_CLOEXEC;
    switch (mode) {
    case FX_BUS_FILE_READ:
        flags |= O_RDONLY;
        break;
    case FX_BUS_FILE_WRITE:
        flags |= O_RDWR;
        break;
    case FX_BUS_FILE_CREATE:
        flags |= O_RDWR | O_CREAT | O_TRUNC;
        break;
    case FX_BUS_FILE_LOCK:
        flags |= O_RDWR | O_CREAT;
        break;
    }
    const int file = open(path, flags, FILE_PERMISSIONS);
    if (file < 0) {
        return errno;
    }
    *file_out = file;
    return 0;
}

static void posix_close(void *disk, int file)
{
    (void)disk;
    (void)close(file);
}

static int posix_write_at(void *disk, int file, fx_str bytes, uint64_t offset, size_t *size_out)
{
    (void)disk;
    for (;;) {
        const ssize_t size = pwrite(file, bytes.data, bytes.size, (off_t)offset);
        if (size >= 0) {
            *size_out = (size_t)size;
            return 0;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

static int posix_read_at(
    void *disk,
    int file,
    char *bytes_out,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): size then offset, as pread(2)
    size_t size,
    uint64_t offset,
    size_t *size_out)
{
    (void)disk;
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(file, bytes_out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (got == 0) {
            break;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    *size_out = done;
    return 0;
}

static int posix_size(void *disk, int file, uint64_t *size_out)
{
    (void)disk;
    struct stat status;
    if (fstat(file, &status) != 0) {
        return errno;
    }
    *size_out = (uint64_t)status.st_size;
    return 0;
}

static int posix_sync(void *disk, int file)
{
    (void)disk;
    return fdatasync(file) == 0 ? 0 : errno; /* never retried, whatever the reason (J6) */
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type of the table
static int posix_allocate(void *disk, int file, uint64_t size)
{
    (void)disk;
    return posix_fallocate(file, 0, (off_t)size);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type of the table
static int posix_truncate(void *disk, int file, uint64_t size)
{
    (void)disk;
    return ftruncate(file, (off_t)size) == 0 ? 0 : errno;
}

static int posix_drop_cache(void *disk, int file)
{
    (void)disk;
    return posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): source then target, as rename(2)
static int posix_rename(void *disk, const char *source, const char *target)
{
    (void)disk;
    return rename(source, target) == 0 ? 0 : errno;
}

static int posix_unlink(void *disk, const char *path)
{
    (void)disk;
    return unlink(path) == 0 ? 0 : errno;
}

static int posix_make_dir(void *disk, const char *path)
{
    (void)disk;
    return mkdir(path, DIR_PERMISSIONS) == 0 || errno == EEXIST ? 0 : errno;
}

static int posix_sync_dir(void *disk, const char *path)
{
    (void)disk;
    const int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    const int error = fsync(file) == 0 ? 0 : errno;
    (void)close(file);
    return error;
}

static int posix_lock(void *disk, int file, uint32_t *holder_pid_out)
{
    (void)disk;
    char text[FX_BUS_FILE_NAME_SIZE_MAX] = "";
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const ssize_t size = pread(file, text, sizeof text - 1, 0);
        uint64_t pid = 0;
        const fx_str digits = fx_str_trim((fx_str){text, size > 0 ? (size_t)size : 0});
        *holder_pid_out = fx_str_parse_u64(digits, &pid) && pid <= UINT32_MAX ? (uint32_t)pid : 0;
        return error;
    }
    const int size = snprintf(text, sizeof text, "%" PRIdMAX "\n", (intmax_t)getpid());
    FX_ASSERT(size > 0);
    const bool is_written = ftruncate(file, 0) == 0 && pwrite(file, text, (size_t)size, 0) == size;
    return is_written ? 0 : errno;
}

static int posix_list(void *disk, const char *path, fx_bus_file_list_fn on_name, void *context)
{
    (void)disk;
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return errno;
    }
    for (;;) {
        errno = 0;
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one stream, one thread
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            break;
        }
        on_name(context, entry->d_name);
    }
    const int error = errno;
    (void)closedir(dir);
    return error;
}

/* Magic numbers of statfs(2). FUSE is not among them: containers use it for local disks. */
static bool is_network_type(uint64_t type)
{
    switch (type) {
    case 0x6969:     /* NFS */
    case 0x517b:     /* SMB */
    case 0xff534d42: /* CIFS */
    case 0xfe534d42: /* SMB2 */
    case 0x5346414f: /* AFS */
    case 0x01021997: /* 9P */
    case 0x00c36400: /* Ceph */
        return true;
    default:
        return false;
    }
}

static int posix_space(void *disk, const char *path, struct fx_bus_file_space *space_out)
{
    (void)disk;
    struct statvfs room;
    struct statfs kind;
    if (statvfs(path, &room) != 0 || statfs(path, &kind) != 0) {
        return errno;
    }
    space_out->free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    space_out->is_network = is_network_type((uint64_t)kind.f_type & UINT32_MAX);
    return 0;
}

static uint64_t posix_random(void *disk)
{
    (void)disk;
    uint64_t value = 0;
    const ssize_t size = getrandom(&value, sizeof value, 0);
    FX_ASSERT(size == (ssize_t)sizeof value); /* up to 256 bytes never fail nor come short */
    return value;
}

static int64_t posix_monotonic_us(void *disk)
{
    (void)disk;
    return fx_clock_monotonic_us();
}

struct fx_bus_file_system fx_bus_file_posix(void)
{
    static const struct fx_bus_file_ops OPS = {
        .open = posix_open,
        .close = posix_close,
        .write_at = posix_write_at,
        .read_at = posix_read_at,
        .size = posix_size,
        .sync = posix_sync,
        .allocate = posix_allocate,
        .truncate = posix_truncate,
        .drop_cache = posix_drop_cache,
        .rename = posix_rename,
        .unlink = posix_unlink,
        .make_dir = posix_make_dir,
        .sync_dir = posix_sync_dir,
        .lock = posix_lock,
        .list = posix_list,
        .space = posix_space,
        .random = posix_random,
        .monotonic_us = posix_monotonic_us,
    };
    return (struct fx_bus_file_system){.ops = &OPS, .disk = NULL};
}

int fx_bus_file_write_all(const struct fx_bus_file_system *system,
                          int file,
                          fx_str bytes,
                          uint64_t offset)
{
    size_t done = 0;
    while (done < bytes.size) {
        size_t size = 0;
        const fx_str rest = {bytes.data + done, bytes.size - done};
        const int error = system->ops->write_at(system->disk, file, rest, offset + done, &size);
        if (error != 0) {
            return error;
        }
        if (size == 0) {
            return EIO; /* no progress and no reason: not a disk to rely on */
        }
        done += size;
    }
    return 0;
}

fx_status fx_bus_file_status(int error)
{
    switch (error) {
    case 0:
        return FX_OK;
    case ENOSPC:
    case EDQUOT:
        return FX_NO_SPACE;
    case ENOENT:
        return FX_NOT_FOUND;
    case ENOMEM:
        return FX_NO_MEMORY;
    default:
        return FX_IO;
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in the order of the path
bool fx_bus_file_join(const char *dir, const char *name, char path_out[FX_BUS_FILE_PATH_SIZE_MAX])
{
    const int size = snprintf(path_out, FX_BUS_FILE_PATH_SIZE_MAX, "%s/%s", dir, name);
    return size > 0 && size < FX_BUS_FILE_PATH_SIZE_MAX;
}
