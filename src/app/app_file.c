#include "app/app_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"

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
