/**
 * @file store_maria_kit.h
 * A database of its own on the server that DB_HOST … name, for tests of the MariaDB adapter.
 * Without such a server a test ends with STORE_MARIA_KIT_SKIPPED.
 */
#ifndef FX_INTEGRATION_STORE_MARIA_KIT_H
#define FX_INTEGRATION_STORE_MARIA_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fx_test.h"
#include "store/store_int.h"
#include "store/store_maria.h"

enum { STORE_MARIA_KIT_SKIPPED = 77, STORE_MARIA_KIT_NAME_SIZE = 64 };

struct store_maria_kit {
    struct fx_store_maria_config config;
    struct fx_store_maria_config server; /* the same with the database that is always there */
    char name[STORE_MARIA_KIT_NAME_SIZE];
};

// NOLINTBEGIN(concurrency-mt-unsafe): read before there are threads
static inline const char *store_maria_kit_env(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? "" : value;
}

static inline bool store_maria_kit_has_server(void)
{
    if (store_maria_kit_env("DB_HOST")[0] != '\0') {
        return true;
    }
    (void)printf(
        "skipped: DB_HOST is not set; script/mariadb (or script/mysql) up, then: set -a; . "
        "build/mariadb/env\n");
    return false;
}

static inline struct fx_store_maria_config store_maria_kit_server(void)
{
    return (struct fx_store_maria_config){
        .host = store_maria_kit_env("DB_HOST"),
        .port = (uint16_t)strtoul(store_maria_kit_env("DB_PORT"), NULL, 10),
        .username = store_maria_kit_env("DB_USERNAME"),
        .password = store_maria_kit_env("DB_PASSWORD"),
        .database = store_maria_kit_env("DB_DATABASE"),
    };
}
// NOLINTEND(concurrency-mt-unsafe)

static inline struct fx_store *store_maria_kit_open(const struct fx_store_maria_config *config,
                                                    bool is_writer)
{
    struct fx_store *store = NULL;
    char error[FX_STORE_MARIA_ERROR_SIZE];
    const fx_status status = fx_store_maria_open(
        config, is_writer ? FX_STORE_MARIA_WRITER : FX_STORE_MARIA_READER, &store, error);
    if (status != FX_OK) {
        fail_msg("cannot connect: %s", error);
    }
    return store;
}

/* One statement on a connection of its own. */
static inline void store_maria_kit_run(const struct fx_store_maria_config *config, const char *sql)
{
    struct fx_store *store = store_maria_kit_open(config, true);
    const fx_status status = store->ops->script(store, fx_str_of(sql));
    if (status != FX_OK) {
        fail_msg("%s: %s", sql, fx_store_error_text(store));
    }
    fx_store_close(store);
}

/* By its own word: MySQL's version is a number only. */
static inline bool store_maria_kit_is_mysql(void)
{
    const struct fx_store_maria_config server = store_maria_kit_server();
    struct fx_store *store = store_maria_kit_open(&server, false);
    int64_t is_maria = 0;
    fx_store_sql(store, FX_STR("SELECT VERSION() LIKE '%MariaDB%'"));
    assert_int_equal(fx_store_number(store, NULL, 0, &is_maria), FX_OK);
    fx_store_close(store);
    return is_maria == 0;
}

static inline struct store_maria_kit *store_maria_kit_create(enum fx_store_maria_batch batch)
{
    static uint32_t count;
    char sql[128];
    struct store_maria_kit *kit = calloc(1, sizeof *kit);
    assert_non_null(kit);
    (void)snprintf(kit->name, sizeof kit->name, "future_%ld_%u", (long)getpid(), ++count);
    kit->server = store_maria_kit_server();
    kit->config = kit->server;
    kit->config.database = kit->name;
    kit->config.batch = batch;
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE `%s`", kit->name);
    store_maria_kit_run(&kit->server, sql);
    return kit;
}

static inline void store_maria_kit_destroy(struct store_maria_kit *kit)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "DROP DATABASE `%s`", kit->name);
    store_maria_kit_run(&kit->server, sql);
    free(kit);
}

#endif
