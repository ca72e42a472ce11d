#include "bus/bus_disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/rng.h"

enum { NO_FILE = -1, NAME_OPS_MAX = 256, ASTRAY_MAX = 8, BITS = 8 };

/* Content with its two views. Lives as long as a name or a descriptor may still lead to it. */
struct node {
    char *cache; /* what reads show */
    char *platter;
    uint8_t *is_dirty; /* per sector: written since the last sync */
    uint64_t cache_size;
    uint64_t platter_size;
    uint64_t capacity; /* bytes of each view, a multiple of the sector */
    bool is_locked;
    bool is_used;
};

struct name {
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    int node;
    bool is_used;
};

enum name_op_kind { NAME_LINK = 1, NAME_RENAME = 2, NAME_UNLINK = 3 };

/* A directory change that is not yet durable. */
struct name_op {
    char source[FX_BUS_FILE_PATH_SIZE_MAX];
    char target[FX_BUS_FILE_PATH_SIZE_MAX];
    int node;
    enum name_op_kind kind;
};

struct open_file {
    int node;
    bool is_used;
    bool has_lock;
};

struct fx_bus_disk {
    struct node nodes[FX_BUS_DISK_FILES_MAX];
    struct name names[FX_BUS_DISK_FILES_MAX];   /* as the cache shows them */
    struct name durable[FX_BUS_DISK_FILES_MAX]; /* as a crash would leave them at least */
    struct name_op pending[NAME_OPS_MAX];
    size_t pending_count;
    struct open_file files[FX_BUS_DISK_OPEN_MAX];
    struct fx_bus_disk_faults faults;
    struct fx_rng rng;
    uint64_t op_count;
    uint64_t write_count;
    uint64_t sync_count;
    uint64_t read_count;
    int64_t now_us;
    bool is_down;
};

static struct name *find_name(struct name names[FX_BUS_DISK_FILES_MAX], const char *path)
{
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        if (names[index].is_used && strcmp(names[index].path, path) == 0) {
            return &names[index];
        }
    }
    return NULL;
}

static void set_path(char target[FX_BUS_FILE_PATH_SIZE_MAX], const char *path)
{
    FX_ASSERT(fx_str_copy(fx_str_of(path), target, FX_BUS_FILE_PATH_SIZE_MAX));
}

static void link_name(struct name names[FX_BUS_DISK_FILES_MAX], const char *path, int node)
{
    struct name *name = find_name(names, path);
    for (size_t index = 0; name == NULL; index++) {
        FX_ASSERT(index < FX_BUS_DISK_FILES_MAX);
        name = names[index].is_used ? NULL : &names[index];
    }
    set_path(name->path, path);
    name->node = node;
    name->is_used = true;
}

static void apply_name_op(struct name names[FX_BUS_DISK_FILES_MAX], const struct name_op *change)
{
    struct name *source = find_name(names, change->source);
    switch (change->kind) {
    case NAME_LINK:
        link_name(names, change->source, change->node);
        break;
    case NAME_RENAME:
        if (source != NULL) {
            source->is_used = false;
            link_name(names, change->target, change->node);
        }
        break;
    case NAME_UNLINK:
        if (source != NULL) {
            source->is_used = false;
        }
        break;
    }
}

static void free_node(struct node *node)
{
    free(node->cache);
    free(node->platter);
    free(node->is_dirty);
    *node = (struct node){.is_used = false};
}

/* Free the nodes that nothing leads to. */
static void sweep(struct fx_bus_disk *disk)
{
    bool is_reached[FX_BUS_DISK_FILES_MAX] = {false};
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        if (disk->names[index].is_used) {
            is_reached[disk->names[index].node] = true;
        }
        if (disk->durable[index].is_used) {
            is_reached[disk->durable[index].node] = true;
        }
    }
    for (size_t index = 0; index < disk->pending_count; index++) {
        is_reached[disk->pending[index].node] = true;
    }
    for (size_t index = 0; index < FX_BUS_DISK_OPEN_MAX; index++) {
        if (disk->files[index].is_used) {
            is_reached[disk->files[index].node] = true;
        }
    }
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        if (disk->nodes[index].is_used && !is_reached[index]) {
            free_node(&disk->nodes[index]);
        }
    }
}

static int take_node(struct fx_bus_disk *disk)
{
    sweep(disk);
    for (int index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        if (!disk->nodes[index].is_used) {
            disk->nodes[index].is_used = true;
            return index;
        }
    }
    return NO_FILE;
}

static struct node *node_of(struct fx_bus_disk *disk, int file)
{
    FX_ASSERT(file >= 0);
    FX_ASSERT(file < FX_BUS_DISK_OPEN_MAX);
    FX_ASSERT(disk->files[file].is_used);
    return &disk->nodes[disk->files[file].node];
}

/* Count a changing operation. @return true where the power fails now or failed before. */
static bool fails_now(struct fx_bus_disk *disk, bool *is_partial_out)
{
    *is_partial_out = false;
    if (disk->is_down) {
        return true;
    }
    disk->op_count++;
    if (disk->faults.crash_at != 0 && disk->op_count >= disk->faults.crash_at) {
        disk->is_down = true;
        *is_partial_out = true;
    }
    return disk->is_down;
}

static void change_names(struct fx_bus_disk *disk, const struct name_op *change)
{
    FX_ASSERT(disk->pending_count < NAME_OPS_MAX);
    apply_name_op(disk->names, change);
    disk->pending[disk->pending_count] = *change;
    disk->pending_count++;
}

static bool grow(struct node *node, uint64_t size)
{
    if (size <= node->capacity) {
        return true;
    }
    const uint64_t doubled = node->capacity * 2;
    const uint64_t wanted = size > doubled ? size : doubled;
    const uint64_t sectors = (wanted + FX_BUS_DISK_SECTOR_SIZE - 1) / FX_BUS_DISK_SECTOR_SIZE;
    const uint64_t capacity = sectors * FX_BUS_DISK_SECTOR_SIZE;
    char *cache = calloc(1, capacity);
    char *platter = calloc(1, capacity);
    uint8_t *is_dirty = calloc(1, sectors);
    if (cache == NULL || platter == NULL || is_dirty == NULL) {
        free(cache);
        free(platter);
        free(is_dirty);
        return false;
    }
    if (node->capacity > 0) {
        memcpy(cache, node->cache, node->capacity);
        memcpy(platter, node->platter, node->capacity);
        memcpy(is_dirty, node->is_dirty, node->capacity / FX_BUS_DISK_SECTOR_SIZE);
    }
    free(node->cache);
    free(node->platter);
    free(node->is_dirty);
    node->cache = cache;
    node->platter = platter;
    node->is_dirty = is_dirty;
    node->capacity = capacity;
    return true;
}

static uint64_t used_bytes(const struct fx_bus_disk *disk)
{
    uint64_t sum = 0;
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        sum += disk->nodes[index].is_used ? disk->nodes[index].cache_size : 0;
    }
    return sum;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): begin and end of a run, begin < end
static void mark_dirty(struct node *node, uint64_t begin, uint64_t end)
{
    FX_ASSERT(begin < end);
    const uint64_t first = begin / FX_BUS_DISK_SECTOR_SIZE;
    const uint64_t last = (end - 1) / FX_BUS_DISK_SECTOR_SIZE;
    memset(node->is_dirty + first, 1, last - first + 1);
}

/* Make the file at least `size` bytes long, zeros added. */
static int extend(struct fx_bus_disk *disk, struct node *node, uint64_t size)
{
    if (size <= node->cache_size) {
        return 0;
    }
    const uint64_t capacity = disk->faults.capacity_bytes;
    if (capacity != 0) {
        sweep(disk);
        if (used_bytes(disk) + size - node->cache_size > capacity) {
            return ENOSPC;
        }
    }
    if (!grow(node, size)) {
        return ENOMEM;
    }
    memset(node->cache + node->cache_size, 0, size - node->cache_size);
    mark_dirty(node, node->cache_size, size);
    node->cache_size = size;
    return 0;
}

static int disk_open(void *self, const char *path, enum fx_bus_file_mode mode, int *file_out)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    int file = 0;
    const struct name *name = find_name(disk->names, path);
    int node = name != NULL ? name->node : NO_FILE;
    while (file < FX_BUS_DISK_OPEN_MAX && disk->files[file].is_used) {
        file++;
    }
    if (file == FX_BUS_DISK_OPEN_MAX) {
        return EMFILE;
    }
    const bool is_making = mode == FX_BUS_FILE_CREATE || mode == FX_BUS_FILE_LOCK;
    if (disk->is_down || (node == NO_FILE && !is_making)) {
        return disk->is_down ? EIO : ENOENT;
    }
    if (node == NO_FILE) {
        const bool is_failing = fails_now(disk, &is_partial);
        node = take_node(disk);
        if (node == NO_FILE || is_failing) {
            return is_failing ? EIO : ENOSPC;
        }
        struct name_op change = {.kind = NAME_LINK, .node = node};
        set_path(change.source, path);
        change_names(disk, &change);
    } else if (mode == FX_BUS_FILE_CREATE) {
        if (fails_now(disk, &is_partial)) {
            return EIO;
        }
        disk->nodes[node].cache_size = 0;
    }
    disk->files[file] = (struct open_file){.node = node, .is_used = true};
    *file_out = file;
    return 0;
}

static void disk_close(void *self, int file)
{
    struct fx_bus_disk *disk = self;
    if (file < 0 || file >= FX_BUS_DISK_OPEN_MAX || !disk->files[file].is_used) {
        return; /* its process died before */
    }
    if (disk->files[file].has_lock) {
        node_of(disk, file)->is_locked = false;
    }
    disk->files[file].is_used = false;
}

static int disk_write_at(void *self, int file, fx_str bytes, uint64_t offset, size_t *size_out)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    size_t size = bytes.size;
    if (fails_now(disk, &is_partial) && !is_partial) {
        return EIO;
    }
    disk->write_count++;
    if (disk->write_count == disk->faults.write_error_at) {
        return EIO;
    }
    if (size > 1 && fx_rng_below(&disk->rng, 1000000) < disk->faults.short_write_ppm) {
        size = 1 + (size_t)fx_rng_below(&disk->rng, size - 1);
    }
    struct node *node = node_of(disk, file);
    const int error = extend(disk, node, offset + size);
    if (error != 0 || size == 0) {
        *size_out = 0;
        return error;
    }
    memcpy(node->cache + offset, bytes.data, size);
    mark_dirty(node, offset, offset + size);
    *size_out = size;
    return is_partial ? EIO : 0; /* the sectors meet their fate in the crash */
}

static int disk_read_at(
    void *self,
    int file,
    char *bytes_out,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): size then offset, as pread(2)
    size_t size,
    uint64_t offset,
    size_t *size_out)
{
    struct fx_bus_disk *disk = self;
    if (disk->is_down) {
        return EIO;
    }
    disk->read_count++;
    if (disk->read_count == disk->faults.read_error_at) {
        return EIO;
    }
    const struct node *node = node_of(disk, file);
    const uint64_t there = offset < node->cache_size ? node->cache_size - offset : 0;
    const size_t take = there < size ? (size_t)there : size;
    if (take > 0) {
        memcpy(bytes_out, node->cache + offset, take);
    }
    if (take > 0 && disk->read_count == disk->faults.read_flip_at) {
        const size_t at = (size_t)fx_rng_below(&disk->rng, take);
        bytes_out[at] = (char)(bytes_out[at] ^ 1 << fx_rng_below(&disk->rng, BITS));
    }
    *size_out = take;
    return 0;
}

static int disk_size(void *self, int file, uint64_t *size_out)
{
    struct fx_bus_disk *disk = self;
    *size_out = node_of(disk, file)->cache_size;
    return disk->is_down ? EIO : 0;
}

static int disk_sync(void *self, int file)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    struct node *node = node_of(disk, file);
    const uint64_t sectors = node->capacity / FX_BUS_DISK_SECTOR_SIZE;
    if (fails_now(disk, &is_partial)) {
        return EIO; /* what was on its way is decided in the crash */
    }
    disk->sync_count++;
    const bool is_failing = disk->sync_count == disk->faults.sync_error_at;
    for (uint64_t sector = 0; sector < sectors; sector++) {
        if (node->is_dirty[sector] != 0 && !is_failing) {
            const uint64_t at = sector * FX_BUS_DISK_SECTOR_SIZE;
            memcpy(node->platter + at, node->cache + at, FX_BUS_DISK_SECTOR_SIZE);
        }
        node->is_dirty[sector] = 0; /* also after a failure: clean, but not durable */
    }
    if (is_failing) {
        return EIO;
    }
    if (node->cache_size < node->platter_size) {
        memset(node->platter + node->cache_size, 0, node->platter_size - node->cache_size);
    }
    node->platter_size = node->cache_size;
    return 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type of the table
static int disk_allocate(void *self, int file, uint64_t size)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    if (fails_now(disk, &is_partial)) {
        return EIO;
    }
    return extend(disk, node_of(disk, file), size);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type of the table
static int disk_truncate(void *self, int file, uint64_t size)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    struct node *node = node_of(disk, file);
    if (fails_now(disk, &is_partial)) {
        return EIO;
    }
    if (size > node->cache_size) {
        return extend(disk, node, size);
    }
    if (node->capacity > 0) {
        memset(node->cache + size, 0, node->capacity - size);
    }
    node->cache_size = size;
    return 0;
}

static int disk_drop_cache(void *self, int file)
{
    struct fx_bus_disk *disk = self;
    struct node *node = node_of(disk, file);
    for (uint64_t at = 0; at < node->capacity && !disk->faults.is_drop_cache_ignored;
         at += FX_BUS_DISK_SECTOR_SIZE) {
        if (node->is_dirty[at / FX_BUS_DISK_SECTOR_SIZE] == 0) {
            memcpy(node->cache + at, node->platter + at, FX_BUS_DISK_SECTOR_SIZE);
        }
    }
    return 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): source then target, as rename(2)
static int disk_rename(void *self, const char *source, const char *target)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    const struct name *name = find_name(disk->names, source);
    struct name_op change = {.kind = NAME_RENAME};
    if (fails_now(disk, &is_partial) && !is_partial) {
        return EIO;
    }
    if (name == NULL) {
        return ENOENT;
    }
    change.node = name->node;
    set_path(change.source, source);
    set_path(change.target, target);
    change_names(disk, &change);
    return is_partial ? EIO : 0;
}

static int disk_unlink(void *self, const char *path)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    const struct name *name = find_name(disk->names, path);
    struct name_op change = {.kind = NAME_UNLINK};
    if (name == NULL || disk->is_down) {
        return disk->is_down ? EIO : ENOENT;
    }
    if (fails_now(disk, &is_partial) && !is_partial) {
        return EIO;
    }
    change.node = name->node;
    set_path(change.source, path);
    change_names(disk, &change);
    return is_partial ? EIO : 0;
}

static int disk_make_dir(void *self, const char *path)
{
    const struct fx_bus_disk *disk = self;
    (void)path; /* directories are only prefixes of names here, and durable */
    return disk->is_down ? EIO : 0;
}

static int disk_sync_dir(void *self, const char *path)
{
    struct fx_bus_disk *disk = self;
    bool is_partial = false;
    (void)path;
    if (fails_now(disk, &is_partial)) {
        return EIO;
    }
    for (size_t index = 0; index < disk->pending_count; index++) {
        apply_name_op(disk->durable, &disk->pending[index]);
    }
    disk->pending_count = 0;
    return 0;
}

static int disk_lock(void *self, int file, uint32_t *holder_pid_out)
{
    struct fx_bus_disk *disk = self;
    struct node *node = node_of(disk, file);
    if (node->is_locked) {
        *holder_pid_out = 0;
        return EWOULDBLOCK;
    }
    node->is_locked = true;
    disk->files[file].has_lock = true;
    return 0;
}

static int disk_list(void *self, const char *path, fx_bus_file_list_fn on_name, void *context)
{
    struct fx_bus_disk *disk = self;
    const size_t size = strlen(path);
    if (disk->is_down) {
        return EIO;
    }
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        const struct name *name = &disk->names[index];
        if (name->is_used && strncmp(name->path, path, size) == 0 && name->path[size] == '/') {
            on_name(context, name->path + size + 1);
        }
    }
    return 0;
}

static int disk_space(void *self, const char *path, struct fx_bus_file_space *space_out)
{
    struct fx_bus_disk *disk = self;
    (void)path;
    if (disk->is_down) {
        return EIO;
    }
    sweep(disk);
    const uint64_t used = used_bytes(disk);
    const uint64_t capacity = disk->faults.capacity_bytes;
    space_out->free_bytes = capacity > used ? capacity - used : 0;
    if (capacity == 0) {
        space_out->free_bytes = UINT64_MAX;
    }
    space_out->is_network = disk->faults.is_network;
    return 0;
}

static uint64_t disk_random(void *self)
{
    struct fx_bus_disk *disk = self;
    return fx_rng_next(&disk->rng);
}

static int64_t disk_monotonic_us(void *self)
{
    struct fx_bus_disk *disk = self;
    disk->now_us++;
    return disk->now_us;
}

struct fx_bus_file_system fx_bus_disk_system(struct fx_bus_disk *disk)
{
    static const struct fx_bus_file_ops OPS = {
        .open = disk_open,
        .close = disk_close,
        .write_at = disk_write_at,
        .read_at = disk_read_at,
        .size = disk_size,
        .sync = disk_sync,
        .allocate = disk_allocate,
        .truncate = disk_truncate,
        .drop_cache = disk_drop_cache,
        .rename = disk_rename,
        .unlink = disk_unlink,
        .make_dir = disk_make_dir,
        .sync_dir = disk_sync_dir,
        .lock = disk_lock,
        .list = disk_list,
        .space = disk_space,
        .random = disk_random,
        .monotonic_us = disk_monotonic_us,
    };
    return (struct fx_bus_file_system){.ops = &OPS, .disk = disk};
}

struct fx_bus_disk *fx_bus_disk_create(uint64_t seed)
{
    struct fx_bus_disk *disk = calloc(1, sizeof *disk);
    if (disk != NULL) {
        fx_rng_init(&disk->rng, seed);
    }
    return disk;
}

void fx_bus_disk_destroy(struct fx_bus_disk *disk)
{
    if (disk == NULL) {
        return;
    }
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        free_node(&disk->nodes[index]);
    }
    free(disk);
}

void fx_bus_disk_set_faults(struct fx_bus_disk *disk, struct fx_bus_disk_faults faults)
{
    disk->faults = faults;
    disk->op_count = 0;
    disk->write_count = 0;
    disk->sync_count = 0;
    disk->read_count = 0;
}

uint64_t fx_bus_disk_op_count(const struct fx_bus_disk *disk)
{
    return disk->op_count;
}

bool fx_bus_disk_is_down(const struct fx_bus_disk *disk)
{
    return disk->is_down;
}

void fx_bus_disk_kill_process(struct fx_bus_disk *disk)
{
    for (size_t index = 0; index < FX_BUS_DISK_OPEN_MAX; index++) {
        disk->files[index] = (struct open_file){.is_used = false};
    }
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        disk->nodes[index].is_locked = false;
    }
    disk->is_down = false;
}

/* The sector is written in the place of one further on. What was synced lies before it: a journal
 * only appends. */
static void write_astray(struct fx_bus_disk *disk, struct node *node, uint64_t at)
{
    const uint64_t sectors = 1 + fx_rng_below(&disk->rng, ASTRAY_MAX);
    const uint64_t target = at + sectors * FX_BUS_DISK_SECTOR_SIZE;
    if (target < node->capacity) {
        memcpy(node->platter + target, node->cache + at, FX_BUS_DISK_SECTOR_SIZE);
    }
}

/* New, old, zeros, garbage or astray, for each sector that was not synced. */
static void crash_node(struct fx_bus_disk *disk, struct node *node)
{
    const uint64_t kinds = disk->faults.is_crash_without_junk ? 2 : 5;
    for (uint64_t at = 0; at < node->capacity; at += FX_BUS_DISK_SECTOR_SIZE) {
        if (node->is_dirty[at / FX_BUS_DISK_SECTOR_SIZE] == 0) {
            continue;
        }
        node->is_dirty[at / FX_BUS_DISK_SECTOR_SIZE] = 0;
        char *sector = node->platter + at;
        switch (fx_rng_below(&disk->rng, kinds)) {
        case 0: /* old */
            break;
        case 1:
            memcpy(sector, node->cache + at, FX_BUS_DISK_SECTOR_SIZE);
            break;
        case 2:
            memset(sector, 0, FX_BUS_DISK_SECTOR_SIZE);
            break;
        case 3:
            write_astray(disk, node, at);
            break;
        default:
            for (size_t index = 0; index < FX_BUS_DISK_SECTOR_SIZE; index++) {
                sector[index] = (char)(uint8_t)fx_rng_next(&disk->rng);
            }
            break;
        }
    }
    if (node->cache_size != node->platter_size && fx_rng_below(&disk->rng, 2) == 0) {
        node->platter_size = node->cache_size;
    }
    for (uint64_t at = node->platter_size; at < node->capacity; at++) {
        node->platter[at] = 0;
    }
    node->cache_size = node->platter_size;
    if (node->capacity > 0) {
        memcpy(node->cache, node->platter, node->capacity);
    }
}

void fx_bus_disk_crash(struct fx_bus_disk *disk)
{
    /* Directory changes reach the disk in order: a random number of them did. */
    const size_t kept = (size_t)fx_rng_below(&disk->rng, disk->pending_count + 1);
    for (size_t index = 0; index < kept; index++) {
        apply_name_op(disk->durable, &disk->pending[index]);
    }
    disk->pending_count = 0;
    memcpy(disk->names, disk->durable, sizeof disk->names);
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        if (disk->nodes[index].is_used) {
            crash_node(disk, &disk->nodes[index]);
        }
    }
    fx_bus_disk_kill_process(disk);
    sweep(disk);
}

uint64_t fx_bus_disk_file_size(const struct fx_bus_disk *disk, const char *path)
{
    for (size_t index = 0; index < FX_BUS_DISK_FILES_MAX; index++) {
        const struct name *name = &disk->names[index];
        if (name->is_used && strcmp(name->path, path) == 0) {
            return disk->nodes[name->node].cache_size;
        }
    }
    return 0;
}

bool fx_bus_disk_peek(struct fx_bus_disk *disk, const char *path, uint64_t offset, char *byte_out)
{
    const struct name *name = find_name(disk->names, path);
    if (name == NULL || offset >= disk->nodes[name->node].cache_size) {
        return false;
    }
    *byte_out = disk->nodes[name->node].cache[offset];
    return true;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, then what
bool fx_bus_disk_poke(struct fx_bus_disk *disk, const char *path, uint64_t offset, char byte)
{
    const struct name *name = find_name(disk->names, path);
    if (name == NULL || offset >= disk->nodes[name->node].cache_size) {
        return false;
    }
    disk->nodes[name->node].cache[offset] = byte;
    disk->nodes[name->node].platter[offset] = byte;
    return true;
}
