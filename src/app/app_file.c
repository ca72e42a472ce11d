#include "app/app_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/crypto.h"

enum { COPY_SIZE = 1 << 20 };

bool fx_app_file_join(const char *dir, const char *name, char path_out[FX_APP_FILE_PATH_SIZE_MAX])
{
    const int size = snprintf(path_out, FX_APP_FILE_PATH_SIZE_MAX, "%s/%s", dir, name);
    return size > 0 && size < FX_APP_FILE_PATH_SIZE_MAX;
}

fx_status fx_app_file_make_dir(const char *path)
{
    char part[FX_APP_FILE_PATH_SIZE_MAX];
    const size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        return FX_BAD_PARAMETER;
    }
    for (size_t index = 1; index <= size; index++) {
        if (path[index] != '/' && path[index] != '\0') {
            continue;
        }
        memcpy(part, path, index);
        part[index] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return FX_IO;
        }
    }
    return FX_OK;
}

static bool write_all(int file, fx_str content)
{
    size_t done = 0;
    while (done < content.size) {
        const ssize_t count = write(file, content.data + done, content.size - done);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return fsync(file) == 0;
}

fx_status fx_app_file_write_secret(const char *dir, const char *name, fx_str content)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    char draft[FX_APP_FILE_PATH_SIZE_MAX + 8];
    if (!fx_app_file_join(dir, name, path)) {
        return FX_BAD_PARAMETER;
    }
    (void)snprintf(draft, sizeof draft, "%s.tmp", path);
    (void)unlink(draft);
    const int file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return FX_IO;
    }
    const bool is_written = write_all(file, content);
    const bool is_closed = close(file) == 0;
    if (!is_written || !is_closed || rename(draft, path) != 0) {
        (void)unlink(draft);
        return FX_IO;
    }
    const int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        (void)fsync(folder);
        (void)close(folder);
    }
    return FX_OK;
}

fx_status fx_app_file_read(const char *dir, const char *name, struct fx_buf *content)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    if (!fx_app_file_join(dir, name, path)) {
        return FX_BAD_PARAMETER;
    }
    return fx_config_read_file(NULL, path, content);
}

fx_status fx_app_file_make_parent(const char *path)
{
    char parent[FX_APP_FILE_PATH_SIZE_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return FX_OK;
    }
    return fx_str_copy((fx_str){path, (size_t)(slash - path)}, parent, sizeof parent)
               ? fx_app_file_make_dir(parent)
               : FX_BAD_PARAMETER;
}

static fx_status status_of(int error)
{
    if (error == ENOENT) {
        return FX_NOT_FOUND;
    }
    return error == ENOSPC || error == EDQUOT ? FX_NO_SPACE : FX_IO;
}

/* Read to the end of `source`. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as cp has them
static fx_status pour(int source, int target)
{
    char *buffer = malloc(COPY_SIZE);
    fx_status status = buffer == NULL ? FX_NO_MEMORY : FX_OK;
    ssize_t count = 1;
    while (status == FX_OK && count > 0) {
        count = read(source, buffer, COPY_SIZE);
        ssize_t done = 0;
        while (done < count && status == FX_OK) {
            const ssize_t part = write(target, buffer + done, (size_t)(count - done));
            status = part < 0 && errno != EINTR ? status_of(errno) : FX_OK;
            done += part > 0 ? part : 0;
        }
        status = status == FX_OK && count < 0 ? FX_IO : status;
    }
    free(buffer);
    return status == FX_OK && fsync(target) != 0 ? status_of(errno) : status;
}

fx_status fx_app_file_copy(const char *source, const char *target)
{
    const int from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0) {
        return status_of(errno);
    }
    const int into = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (into < 0) {
        (void)close(from);
        return FX_IO;
    }
    fx_status status = pour(from, into);
    (void)close(from);
    if (close(into) != 0 && status == FX_OK) {
        status = FX_IO;
    }
    if (status != FX_OK) {
        (void)unlink(target);
    }
    return status;
}

fx_status fx_app_file_hash(const char *path, char hash_out[FX_APP_FILE_HASH_SIZE])
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct stat about;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return status_of(errno);
    }
    void *map = NULL;
    const bool is_known = fstat(file, &about) == 0;
    const size_t size = is_known ? (size_t)about.st_size : 0;
    if (size > 0) {
        map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    }
    (void)close(file);
    if (!is_known || map == MAP_FAILED) {
        return FX_IO;
    }
    fx_crypto_sha256((fx_str){map == NULL ? "" : map, size}, digest);
    if (map != NULL) {
        (void)munmap(map, size);
    }
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t index = 0; index < sizeof digest; index++) {
        hash_out[2 * index] = DIGITS[digest[index] >> 4];
        hash_out[2 * index + 1] = DIGITS[digest[index] & 15];
    }
    hash_out[FX_APP_FILE_HASH_SIZE - 1] = '\0';
    return FX_OK;
}

bool fx_app_file_is_empty(const char *dir)
{
    struct dirent **names = NULL;
    const int count = scandir(dir, &names, NULL, NULL);
    for (int index = 0; index < count; index++) {
        free(names[index]);
    }
    free(names);
    return count == 2; /* "." and ".." */
}

static int on_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

fx_status fx_app_file_remove_dir(const char *dir)
{
    enum { OPEN_MAX_FOLDERS = 8 };
    // NOLINTNEXTLINE(concurrency-mt-unsafe): FTW_CHDIR is not asked for
    const int failed = nftw(dir, on_entry, OPEN_MAX_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return failed == 0 || access(dir, F_OK) != 0 ? FX_OK : FX_IO;
}

/* Call `on_name` for each thing of the wanted kind in root/folder. */
static fx_status each(
    const char *root, const char *folder, mode_t kind, fx_app_file_fn on_name, void *self)
{
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    struct dirent **names = NULL;
    if (!fx_app_file_join(root, folder, dir)) {
        return FX_CAPACITY;
    }
    const int count = scandir(dir, &names, NULL, alphasort);
    fx_status status = FX_OK;
    if (count < 0) {
        return errno == ENOENT ? FX_OK : FX_IO;
    }
    for (int index = 0; index < count; index++) {
        char name[FX_APP_FILE_PATH_SIZE_MAX];
        char path[FX_APP_FILE_PATH_SIZE_MAX];
        struct stat about;
        const char *base = names[index]->d_name;
        const int size =
            snprintf(name, sizeof name, "%s%s%s", folder, folder[0] == '\0' ? "" : "/", base);
        if (size >= (int)sizeof name || !fx_app_file_join(root, name, path)) {
            status = FX_CAPACITY;
        } else if (strcmp(base, ".") != 0 && strcmp(base, "..") != 0 && lstat(path, &about) == 0 &&
                   (about.st_mode & S_IFMT) == kind) {
            on_name(self, name);
        }
        free(names[index]);
    }
    free(names);
    return status;
}

fx_status fx_app_file_each(const char *root, const char *folder, fx_app_file_fn on_file, void *self)
{
    return each(root, folder, S_IFREG, on_file, self);
}

/* What each_below hands on to the folders that it finds. */
struct below {
    const char *root;
    fx_app_file_fn on_file;
    void *self;
    fx_status status;
};

static void on_folder(void *self, const char *name)
{
    struct below *below = self;
    const fx_status status = each(below->root, name, S_IFREG, below->on_file, below->self);
    below->status = below->status == FX_OK ? status : below->status;
}

fx_status fx_app_file_each_below(const char *root, fx_app_file_fn on_file, void *self)
{
    struct below below = {.root = root, .on_file = on_file, .self = self, .status = FX_OK};
    fx_status status = each(root, "", S_IFREG, on_file, self);
    if (status == FX_OK) {
        status = each(root, "", S_IFDIR, on_folder, &below);
    }
    return status == FX_OK ? below.status : status;
}
