/**
 * @file app_page_files.h
 * The files of web/status, embedded by the build (app_page_files.cmake).
 * Thread: any.
 */
#ifndef FX_APP_APP_PAGE_FILES_H
#define FX_APP_APP_PAGE_FILES_H

#include <stdint.h>

#include "base/str.h"

struct fx_app_page_file {
    fx_str path; /* "/", "/status.js" */
    fx_str content_type;
    fx_str body;
};

/** How many there are, and one of them. */
uint32_t fx_app_page_files_count(void);
const struct fx_app_page_file *fx_app_page_files_at(uint32_t index);

#endif
