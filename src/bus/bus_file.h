/**
 * @file bus_file.h
 * The operating system as a table of functions: what the journal and the snapshots ask of a disk.
 *
 * Production uses fx_bus_file_posix(); tests and the simulator use a disk in memory that tears
 * writes and fails on demand (bus_disk.h). So crash and I/O faults run on production code.
 * An operation returns 0 or a positive error number of <errno.h>; outputs are untouched on failure.
 * Paths are NUL-terminated. Thread: the POSIX table from any; one descriptor belongs to one thread.
 */
#ifndef FX_BUS_BUS_FILE_H
#define FX_BUS_BUS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_BUS_FILE_PATH_SIZE_MAX = 1024, FX_BUS_FILE_NAME_SIZE_MAX = 64 };

enum fx_bus_file_mode {
    FX_BUS_FILE_READ = 1,
    FX_BUS_FILE_WRITE = 2,  /* an existing file, for reading and writing */
    FX_BUS_FILE_CREATE = 3, /* a new file or an old one emptied, for reading and writing */
    FX_BUS_FILE_LOCK = 4    /* created where absent, never emptied; for lock() */
};

/** What a file system says about itself. */
struct fx_bus_file_space {
    uint64_t free_bytes; /* for an unprivileged process */
    bool is_network;     /* NFS, SMB, AFS, 9P, Ceph: fsync and locks cannot be relied on */
};

/** One name in a directory; `name` is borrowed for the call. */
typedef void (*fx_bus_file_list_fn)(void *context, const char *name);

struct fx_bus_file_ops {
    int (*open)(void *disk, const char *path, enum fx_bus_file_mode mode, int *file_out);
    void (*close)(void *disk, int file);
    /* May write less than asked for, but at least one byte. */
    int (*write_at)(void *disk, int file, fx_str bytes, uint64_t offset, size_t *size_out);
    /* Reads less than asked for only at the end of the file. */
    int (*read_at)(
        void *disk, int file, char *bytes_out, size_t size, uint64_t offset, size_t *size_out);
    int (*size)(void *disk, int file, uint64_t *size_out);
    int (*sync)(void *disk, int file); /* fdatasync */
    int (*allocate)(void *disk, int file, uint64_t size);
    int (*truncate)(void *disk, int file, uint64_t size);
    /* Forget clean cached pages, so that the next read comes from the device. A hint. */
    int (*drop_cache)(void *disk, int file);
    int (*rename)(void *disk, const char *source, const char *target);
    int (*unlink)(void *disk, const char *path);
    int (*make_dir)(void *disk, const char *path); /* 0 where it exists already */
    int (*sync_dir)(void *disk, const char *path);
    /* EWOULDBLOCK, and the holder's id (0 = unknown), where another process holds it. */
    int (*lock)(void *disk, int file, uint32_t *holder_pid_out);
    int (*list)(void *disk, const char *path, fx_bus_file_list_fn on_name, void *context);
    int (*space)(void *disk, const char *path, struct fx_bus_file_space *space_out);
    uint64_t (*random)(void *disk);
    int64_t (*monotonic_us)(void *disk); /* for figures only */
};

/** A disk: the table and what its functions get as first argument. Copied by value. */
struct fx_bus_file_system {
    const struct fx_bus_file_ops *ops;
    void *disk;
};

/** The files of this machine. */
struct fx_bus_file_system fx_bus_file_posix(void);

/** Write all of `bytes`, over short writes. @return 0 or an error number. */
FX_MUST_USE int fx_bus_file_write_all(const struct fx_bus_file_system *system,
                                      int file,
                                      fx_str bytes,
                                      uint64_t offset);

/** OK for 0, NO_SPACE for ENOSPC and EDQUOT, NOT_FOUND for ENOENT, NO_MEMORY for ENOMEM, else IO.
 */
fx_status fx_bus_file_status(int error);

/** Write "dir/name" NUL-terminated. @return false where it does not fit. */
FX_MUST_USE bool fx_bus_file_join(const char *dir,
                                  const char *name,
                                  char path_out[FX_BUS_FILE_PATH_SIZE_MAX]);

#endif
