/**
 * @file bus_disk.h
 * A disk in memory that fails on demand: the file table for tests and the simulator.
 *
 * Each file has what the page cache shows and what the platter holds; only sync moves one to the
 * other. A crash decides for every unsynced 512-byte sector: new, old, zeros, garbage or written a
 * little further on, and how many of the unsynced directory changes happened. All choices come from
 * the seed. Thread: the owner's.
 */
#ifndef FX_BUS_BUS_DISK_H
#define FX_BUS_BUS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_file.h"

enum { FX_BUS_DISK_SECTOR_SIZE = 512, FX_BUS_DISK_FILES_MAX = 512, FX_BUS_DISK_OPEN_MAX = 64 };

struct fx_bus_disk;

/** What goes wrong, by the number of the changing operation (from 1, counted since it was set); 0 =
 * never. */
struct fx_bus_disk_faults {
    uint64_t crash_at;          /* this one happens in part, all later ones fail with EIO */
    uint64_t write_error_at;    /* EIO once, counted over writes only */
    uint64_t sync_error_at;     /* EIO once, counted over syncs only; pages then look clean */
    uint64_t read_error_at;     /* EIO once, counted over reads only */
    uint64_t read_flip_at;      /* one bit of what this read gives is wrong, once */
    uint64_t capacity_bytes;    /* sum of file sizes above which writes say ENOSPC */
    uint32_t short_write_ppm;   /* chance that a write takes only a part */
    bool is_drop_cache_ignored; /* the hint does nothing: stale clean pages stay readable */
    bool is_network;            /* what space() says */
    bool is_crash_without_junk; /* sectors are new or old only */
};

/** An empty disk. **Gives** it. NULL where there is no memory. */
struct fx_bus_disk *fx_bus_disk_create(uint64_t seed);
void fx_bus_disk_destroy(struct fx_bus_disk *disk);

/** The table over this disk. The disk must outlive its users. */
struct fx_bus_file_system fx_bus_disk_system(struct fx_bus_disk *disk);

/** Set the faults and restart their counting. */
void fx_bus_disk_set_faults(struct fx_bus_disk *disk, struct fx_bus_disk_faults faults);

/** Changing operations since the faults were set. */
uint64_t fx_bus_disk_op_count(const struct fx_bus_disk *disk);

/** True after `crash_at` was reached. */
bool fx_bus_disk_is_down(const struct fx_bus_disk *disk);

/** Power cut: unsynced sectors and names take their fate, all descriptors and locks are gone. */
void fx_bus_disk_crash(struct fx_bus_disk *disk);

/** The process died, the machine did not: descriptors and locks are gone, the page cache stays. */
void fx_bus_disk_kill_process(struct fx_bus_disk *disk);

/** Size of a file as the cache shows it, in bytes; 0 where absent. */
uint64_t fx_bus_disk_file_size(const struct fx_bus_disk *disk, const char *path);

/** Look at one byte. @return false where there is none. */
bool fx_bus_disk_peek(struct fx_bus_disk *disk, const char *path, uint64_t offset, char *byte_out);

/** Damage one byte, in the cache and on the platter. @return false where there is none. */
bool fx_bus_disk_poke(struct fx_bus_disk *disk, const char *path, uint64_t offset, char byte);

#endif
