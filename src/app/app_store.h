/**
 * @file app_store.h
 * Which database: SQLite in the data folder, or with DB_HOST a MariaDB or MySQL server, with
 * DB_REPORT_HOST another one for lists. Thread: the main one.
 */
#ifndef FX_APP_APP_STORE_H
#define FX_APP_APP_STORE_H

#include <stdbool.h>

#include "app/app_file.h"
#include "base/config.h"
#include "base/status.h"
#include "store/store_maria.h"
#include "store/store_sqlite.h"

enum { FX_APP_STORE_PLACE_SIZE = FX_APP_FILE_PATH_SIZE_MAX };

/** What the settings say. The configuration is kept. */
struct fx_app_store {
    bool is_maria;
    char place[FX_APP_STORE_PLACE_SIZE];   /* for people: the file, or user@host:port/database */
    char file[FX_APP_FILE_PATH_SIZE_MAX];  /* SQLite */
    struct fx_store_maria_config master;   /* MariaDB */
    struct fx_store_maria_config report;   /* falls back to the master */
    char error[FX_STORE_MARIA_ERROR_SIZE]; /* of the last failure to open; no password */
};

enum fx_app_store_mode {
    FX_APP_STORE_WRITER = 1,         /* of what can be rebuilt from the log */
    FX_APP_STORE_WRITER_DURABLE = 2, /* of what is in no log: a commit is on the disk */
    FX_APP_STORE_READER = 3,
    FX_APP_STORE_REPORT = 4 /* a reader that may lag behind */
};

/** Read the settings. @return OK; BAD_PARAMETER where they contradict each other (logged). */
FX_MUST_USE fx_status fx_app_store_init(struct fx_app_store *store, const struct fx_config *config);

/** Open a handle; `store` must outlive it. @return OK; NOT_FOUND (no database yet); IO; CORRUPT;
 * BUSY; NO_MEMORY. Gives. */
FX_MUST_USE fx_status fx_app_store_open(struct fx_app_store *store,
                                        enum fx_app_store_mode mode,
                                        struct fx_store **store_out);

#endif
