/**
 * @file app_bus.h
 * The Kafka of a distributed exchange, as the settings name it: checked once, opened by every role,
 * its topics with their partitions and retention.
 *
 * Each setting of security travels to librdkafka under its variable's own name:
 * FUTURE_KAFKA_SASL_USERNAME is sasl.username. Thread: the main one; fx_app_bus_topic(): any.
 */
#ifndef FX_APP_APP_BUS_H
#define FX_APP_APP_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/status.h"
#include "bus/bus.h"
#include "bus/bus_kafka.h"
#include "model/shard.h"

enum fx_app_bus_topic {
    FX_APP_BUS_PRELOAD = 0,     /* matching_engine_preload, a partition per shard */
    FX_APP_BUS_INPUT = 1,       /* matching_engine_input, per shard: the log, kept for ever */
    FX_APP_BUS_OUTPUT = 2,      /* matching_engine_output, per shard */
    FX_APP_BUS_ORDERS = 3,      /* save_order_from_client_v2, by user */
    FX_APP_BUS_CANCELS = 4,     /* cancel_order_from_client, by user */
    FX_APP_BUS_BOOKS = 5,       /* orderbook_output, by symbol */
    FX_APP_BUS_TICKERS = 6,     /* ticker_engine_output, by shard */
    FX_APP_BUS_REFERRALS = 7,   /* future_referral, by trade */
    FX_APP_BUS_REWARDS = 8,     /* future_reward_center, by user */
    FX_APP_BUS_HASHES = 9,      /* me_hash, per shard: what leader and standby think */
    FX_APP_BUS_QUARANTINE = 10, /* matching_engine_quarantine, per shard: what could not be read */
    FX_APP_BUS_TOPICS = 11
};

enum {
    FX_APP_BUS_TEXT_SIZE_MAX = 16384, /* a key in PEM has its place */
    FX_APP_BUS_PREFIX_SIZE_MAX = 24,
    FX_APP_BUS_FOLDER_SIZE_MAX = 80
};

/** What the settings say. Texts of the configuration are borrowed. */
struct fx_app_bus {
    const struct fx_config *config;
    const char *brokers;
    char names[FX_APP_BUS_TOPICS][FX_BUS_NAME_SIZE_MAX + 1]; /* with the prefix */
    char prefix[FX_APP_BUS_PREFIX_SIZE_MAX + 1];
    char shard_names[FX_SHARDS_MAX][12];
    struct fx_shard_map maps[FX_SHARDS_MAX]; /* zeroed: one shard has everything */
    uint32_t shards;                         /* >= 1 */
    uint32_t shard;                          /* < shards: this process's */
    uint32_t partitions;                     /* of topics by key */
    uint32_t replicas;                       /* 0: what the brokers think */
    int64_t retention_ms;
    struct fx_bus_kafka_property properties[FX_BUS_KAFKA_PROPERTIES_MAX];
    uint32_t property_count;
    char names_of_properties[FX_BUS_KAFKA_PROPERTIES_MAX][64];
    char text[FX_APP_BUS_TEXT_SIZE_MAX];    /* FUTURE_KAFKA_PROPERTIES, cut into pieces */
    char secrets[FX_APP_BUS_TEXT_SIZE_MAX]; /* FUTURE_KAFKA_SECRETS, the same */
    char error[256];                        /* why it could not be opened; no secrets */
};

/** Is a broker named at all? Then this is a role of a distributed exchange. */
bool fx_app_bus_is_set(const struct fx_config *config);

/**
 * Read and check the settings; nothing is connected yet. @return OK; BAD_PARAMETER where one is
 * wrong, missing or contradicts another: the variable is named in the log, no value of a secret is.
 */
FX_MUST_USE fx_status fx_app_bus_init(struct fx_app_bus *settings, const struct fx_config *config);

/** Make a handle; `is_gapless`: a message that cannot be delivered ends the handle instead of being
 * given up (outputs, whose order is all). `settings` must outlive it. @return OK (gives);
 * BAD_PARAMETER (a property that librdkafka refuses; logged and in `error`); NO_MEMORY. */
FX_MUST_USE fx_status fx_app_bus_open(struct fx_app_bus *settings,
                                      bool is_gapless,
                                      struct fx_bus **bus_out);

/** The same, and make the topics that are absent: repeats until they are there or 30 s have passed.
 * @return as fx_app_bus_open(); BAD_SETTING (a topic is not as it has to be, or the broker refuses
 * us), TIMEOUT, IO: logged with the reason. The handle is given wherever it was opened. */
FX_MUST_USE fx_status fx_app_bus_connect(struct fx_app_bus *settings,
                                         bool is_gapless,
                                         struct fx_bus **bus_out);

/** A shard as outputs and tables name it: "main" is the first, then their numbers. Borrowed. */
fx_str fx_app_bus_shard(const struct fx_app_bus *settings, uint32_t shard);

/** What the log of a shard must be; NULL: one shard has everything, there is no map. Borrowed. */
const struct fx_shard_map *fx_app_bus_map(const struct fx_app_bus *settings, uint32_t shard);

/** The name of a shard's own folder: the first has it as it is. @return false: it is too long. */
bool fx_app_bus_folder(const struct fx_app_bus *settings,
                       uint32_t shard,
                       const char *name,
                       char target[FX_APP_BUS_FOLDER_SIZE_MAX]);

/** The topic's name, with the prefix. Borrowed. */
fx_str fx_app_bus_name(const struct fx_app_bus *settings, enum fx_app_bus_topic topic);

/** A shard's partition of a topic. */
struct fx_bus_place fx_app_bus_place_of(const struct fx_app_bus *settings,
                                        enum fx_app_bus_topic topic,
                                        uint32_t shard);

/** The engine's partition of a topic: that of this process's shard. */
struct fx_bus_place fx_app_bus_place(const struct fx_app_bus *settings,
                                     enum fx_app_bus_topic topic);

/** A group's name, with the prefix. @return empty where it does not fit. */
fx_str fx_app_bus_group(const struct fx_app_bus *settings,
                        const char *group,
                        char target[FX_BUS_NAME_SIZE_MAX + 1]);

/** What a topic must be like. */
struct fx_bus_topic fx_app_bus_shape(const struct fx_app_bus *settings,
                                     enum fx_app_bus_topic topic);

#endif
