/**
 * @file app_file.h
 * Files of the data directory: secrets written once and atomically; whole files copied, hashed and
 * listed. Thread: any.
 */
#ifndef FX_APP_APP_FILE_H
#define FX_APP_APP_FILE_H

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_APP_FILE_PATH_SIZE_MAX = 1024,
    FX_APP_FILE_HASH_SIZE = 65 /* SHA-256 in lower-case hex, and the NUL */
};

/** One regular file; `name` is relative to the root that was asked for. */
typedef void (*fx_app_file_fn)(void *self, const char *name);

/** Create the directory (0700) with its parents where absent. @return OK; IO; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_app_file_make_dir(const char *path);

/** Write "dir/name". @return false where it does not fit. */
FX_MUST_USE bool fx_app_file_join(const char *dir,
                                  const char *name,
                                  char path_out[FX_APP_FILE_PATH_SIZE_MAX]);

/** Write dir/name with mode 0600: temporary file, fsync, rename. @return OK; IO. */
FX_MUST_USE fx_status fx_app_file_write_secret(const char *dir, const char *name, fx_str content);

/** Append the content of dir/name. @return OK; NOT_FOUND; IO; BODY_TOO_LARGE. */
FX_MUST_USE fx_status fx_app_file_read(const char *dir, const char *name, struct fx_buf *content);

/** Make the folder that `path` lies in. @return as fx_app_file_make_dir(). */
FX_MUST_USE fx_status fx_app_file_make_parent(const char *path);

/** Copy to a new file of mode 0600, synced. @return OK; NOT_FOUND (the source); NO_SPACE; IO. */
FX_MUST_USE fx_status fx_app_file_copy(const char *source, const char *target);

/** SHA-256 of the content. @return OK; NOT_FOUND; IO. */
FX_MUST_USE fx_status fx_app_file_hash(const char *path, char hash_out[FX_APP_FILE_HASH_SIZE]);

/** True where the folder exists and has nothing in it. */
bool fx_app_file_is_empty(const char *dir);

/** Remove a folder and all that is in it; links are not followed. @return OK, also where there is
 * none; IO. */
FX_MUST_USE fx_status fx_app_file_remove_dir(const char *dir);

/**
 * Call `on_file` with "folder/name" for each regular file in root/folder (of root itself where
 * `folder` is empty), sorted; links are not followed. A folder that is not there has no files.
 * @return OK; IO; NO_MEMORY; CAPACITY.
 */
FX_MUST_USE fx_status fx_app_file_each(const char *root,
                                       const char *folder,
                                       fx_app_file_fn on_file,
                                       void *self);

/** For each file of root and of the folders in it (not deeper). @return as fx_app_file_each(). */
FX_MUST_USE fx_status fx_app_file_each_below(const char *root, fx_app_file_fn on_file, void *self);

#endif
