/**
 * @file app_file.h
 * Small files of the data directory: secrets written once and atomically. Thread: any.
 */
#ifndef FX_APP_APP_FILE_H
#define FX_APP_APP_FILE_H

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum { FX_APP_FILE_PATH_SIZE_MAX = 1024 };

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

#endif
