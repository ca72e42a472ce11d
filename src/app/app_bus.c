#include "app/app_bus.h"

#include <stdio.h>
#include <string.h>

#include "app/app_shard.h"
#include "base/log.h"
#include "base/panic.h"

enum { MS_PER_HOUR = 3600 * 1000, PORT_MAX = 65535, RETRY_MS = 500, MAKE_MS = 30000 };

/* How the partitions of a topic are counted, and how long its records are kept. */
static const struct {
    const char *name;
    bool is_by_key; /* else: one partition per shard */
    bool is_kept;   /* for ever: the state can be made of it again */
} TOPICS[FX_APP_BUS_TOPICS] = {
    [FX_APP_BUS_PRELOAD] = {"matching_engine_preload", false, true},
    [FX_APP_BUS_INPUT] = {"matching_engine_input", false, true},
    [FX_APP_BUS_OUTPUT] = {"matching_engine_output", false, false},
    [FX_APP_BUS_ORDERS] = {"save_order_from_client_v2", true, false},
    [FX_APP_BUS_CANCELS] = {"cancel_order_from_client", true, false},
    [FX_APP_BUS_BOOKS] = {"orderbook_output", true, false},
    [FX_APP_BUS_TICKERS] = {"ticker_engine_output", false, false},
    [FX_APP_BUS_REFERRALS] = {"future_referral", true, false},
    [FX_APP_BUS_REWARDS] = {"future_reward_center", true, false},
    [FX_APP_BUS_HASHES] = {"me_hash", false, false},
    [FX_APP_BUS_QUARANTINE] = {"matching_engine_quarantine", false, false}};

/* The options that are settings of librdkafka, by the rest of their variables. */
static const struct {
    const char *option;
    const char *variable;
} SECURITY[] = {{"kafka-security-protocol", "FUTURE_KAFKA_SECURITY_PROTOCOL"},
                {"kafka-sasl-mechanism", "FUTURE_KAFKA_SASL_MECHANISM"},
                {"kafka-sasl-username", "FUTURE_KAFKA_SASL_USERNAME"},
                {"kafka-sasl-password", "FUTURE_KAFKA_SASL_PASSWORD"},
                {"kafka-ssl-ca", "FUTURE_KAFKA_SSL_CA_LOCATION"},
                {"kafka-ssl-cert", "FUTURE_KAFKA_SSL_CERTIFICATE_LOCATION"},
                {"kafka-ssl-key", "FUTURE_KAFKA_SSL_KEY_LOCATION"},
                {"kafka-ssl-key-password", "FUTURE_KAFKA_SSL_KEY_PASSWORD"}};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): its name, then words
static fx_status refuse(const char *variable, const char *words)
{
    FX_LOG(FX_LOG_ERROR, "config", words, fx_log_text("variable", variable));
    return FX_BAD_PARAMETER;
}

static bool has(const struct fx_config *config, const char *option)
{
    return fx_config_str(config, option).size > 0;
}

static bool is_one_of(fx_str word, const char *const words[], size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (fx_str_is_equal(word, fx_str_of(words[index]))) {
            return true;
        }
    }
    return false;
}

/* "host:port,[::1]:port". */
static bool is_broker_list(fx_str list)
{
    size_t from = 0;
    while (from <= list.size) {
        size_t end = fx_str_find(list, ',', from);
        end = end == SIZE_MAX ? list.size : end;
        const fx_str entry = fx_str_slice(list, from, end - from);
        size_t colon = entry.size;
        while (colon > 0 && entry.data[colon - 1] != ':') {
            colon--;
        }
        uint64_t port = 0;
        if (colon < 2 || !fx_str_parse_u64(fx_str_slice(entry, colon, SIZE_MAX), &port) ||
            port == 0 || port > PORT_MAX || memchr(entry.data, ' ', entry.size) != NULL) {
            return false;
        }
        from = end + 1;
    }
    return true;
}

/* What the mechanism needs, and what would be given to it in vain. */
static fx_status check_sasl(const struct fx_config *config)
{
    static const char *const WITH_PASSWORD[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    static const char *const WITHOUT[] = {"GSSAPI", "OAUTHBEARER"};
    static const struct {
        const char *option;
        const char *variable;
    } PARTS[] = {{"kafka-sasl-username", "FUTURE_KAFKA_SASL_USERNAME"},
                 {"kafka-sasl-password", "FUTURE_KAFKA_SASL_PASSWORD"}};
    const fx_str mechanism = fx_config_str(config, "kafka-sasl-mechanism");
    const bool has_password =
        is_one_of(mechanism, WITH_PASSWORD, sizeof WITH_PASSWORD / sizeof WITH_PASSWORD[0]);
    if (!has_password && !is_one_of(mechanism, WITHOUT, sizeof WITHOUT / sizeof WITHOUT[0])) {
        return refuse("FUTURE_KAFKA_SASL_MECHANISM",
                      "with SASL it must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or "
                      "OAUTHBEARER");
    }
    for (size_t index = 0; index < sizeof PARTS / sizeof PARTS[0]; index++) {
        if (has(config, PARTS[index].option) != has_password) {
            return refuse(PARTS[index].variable,
                          has_password ? "with this SASL mechanism this must be set"
                                       : "this SASL mechanism has none: what it needs is set by "
                                         "FUTURE_KAFKA_PROPERTIES and FUTURE_KAFKA_SECRETS");
        }
    }
    return FX_OK;
}

static fx_status check_security(const struct fx_config *config)
{
    static const char *const PROTOCOLS[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
    const fx_str protocol = fx_config_str(config, "kafka-security-protocol");
    if (!is_one_of(protocol, PROTOCOLS, sizeof PROTOCOLS / sizeof PROTOCOLS[0])) {
        return refuse("FUTURE_KAFKA_SECURITY_PROTOCOL",
                      "it must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
    }
    const bool is_sasl = fx_str_has_prefix(protocol, FX_STR("SASL_"));
    const bool is_tls =
        fx_str_is_equal(protocol, FX_STR("SSL")) || fx_str_is_equal(protocol, FX_STR("SASL_SSL"));
    const fx_status status = is_sasl ? check_sasl(config) : FX_OK;
    if (status != FX_OK) {
        return status;
    }
    for (size_t index = 1; index < sizeof SECURITY / sizeof SECURITY[0]; index++) {
        const bool is_of_sasl = strstr(SECURITY[index].option, "-sasl-") != NULL;
        if (has(config, SECURITY[index].option) && !(is_of_sasl ? is_sasl : is_tls)) {
            return refuse(SECURITY[index].variable,
                          "FUTURE_KAFKA_SECURITY_PROTOCOL does not use this: a mistake, or the "
                          "connection would be less safe than you think");
        }
    }
    if (has(config, "kafka-ssl-cert") != has(config, "kafka-ssl-key")) {
        return refuse("FUTURE_KAFKA_SSL_CERTIFICATE_LOCATION",
                      "it and FUTURE_KAFKA_SSL_KEY_LOCATION belong together");
    }
    return FX_OK;
}

static void add_property(struct fx_app_bus *settings, const char *name, const char *value)
{
    FX_ASSERT(settings->property_count < FX_BUS_KAFKA_PROPERTIES_MAX);
    settings->properties[settings->property_count++] =
        (struct fx_bus_kafka_property){.name = name, .value = value};
}

static void add_security(struct fx_app_bus *settings)
{
    const size_t skip = sizeof "FUTURE_KAFKA_" - 1;
    for (size_t index = 0; index < sizeof SECURITY / sizeof SECURITY[0]; index++) {
        const fx_str rest = fx_str_slice(fx_str_of(SECURITY[index].variable), skip, SIZE_MAX);
        char *name = settings->names_of_properties[settings->property_count];
        if (has(settings->config, SECURITY[index].option)) {
            const bool is_named = fx_bus_kafka_property_name(rest, name);
            FX_ASSERT(is_named);
            add_property(settings, name, fx_config_text(settings->config, SECURITY[index].option));
        }
    }
}

static bool is_secret(const char *name)
{
    static const char *const PARTS[] = {
        "password", "secret", "pem", "jaas", "ssl.key", "oauthbearer.config"};
    for (size_t index = 0; index < sizeof PARTS / sizeof PARTS[0]; index++) {
        if (strstr(name, PARTS[index]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Cut "name=value;name=value" into the list. Secrets have a variable of their own, which comes from
 * files and is never shown. */
static fx_status add_list(struct fx_app_bus *settings,
                          const char *option, // NOLINT(bugprone-easily-swappable-parameters)
                          const char *variable,
                          char text[FX_APP_BUS_TEXT_SIZE_MAX])
{
    const bool may_be_secret = strcmp(option, "kafka-secrets") == 0;
    if (!fx_str_copy(fx_config_str(settings->config, option), text, FX_APP_BUS_TEXT_SIZE_MAX)) {
        return refuse(variable, "it is too long");
    }
    char *next = text;
    while (*next != '\0') {
        char *name = next;
        next += strcspn(next, ";");
        if (*next == ';') {
            *next++ = '\0';
        }
        char *equals = strchr(name, '=');
        if (equals == NULL || equals == name || equals[1] == '\0') {
            return refuse(variable, "it is like name=value;name=value");
        }
        *equals = '\0';
        if (!may_be_secret && is_secret(name)) {
            return refuse(variable,
                          "it is shown to people, so it takes no secrets: they belong into "
                          "FUTURE_KAFKA_SECRETS or a variable of their own");
        }
        if (settings->property_count == FX_BUS_KAFKA_PROPERTIES_MAX) {
            return refuse(variable, "these are too many");
        }
        add_property(settings, name, equals + 1);
    }
    return FX_OK;
}

static fx_status add_extras(struct fx_app_bus *settings)
{
    const fx_status status =
        add_list(settings, "kafka-properties", "FUTURE_KAFKA_PROPERTIES", settings->text);
    return status == FX_OK
               ? add_list(settings, "kafka-secrets", "FUTURE_KAFKA_SECRETS", settings->secrets)
               : status;
}

static fx_status make_names(struct fx_app_bus *settings)
{
    const fx_str prefix = fx_config_str(settings->config, "kafka-topic-prefix");
    bool is_plain = fx_str_copy(prefix, settings->prefix, sizeof settings->prefix);
    for (size_t index = 0; index < prefix.size && is_plain; index++) {
        const char byte = prefix.data[index];
        is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                   (byte >= '0' && byte <= '9') || strchr("._-", byte) != NULL;
    }
    if (!is_plain) {
        return refuse("FUTURE_KAFKA_TOPIC_PREFIX",
                      "it has at most 24 letters, digits, dots, underscores and dashes");
    }
    for (uint32_t topic = 0; topic < FX_APP_BUS_TOPICS; topic++) {
        (void)snprintf(settings->names[topic],
                       sizeof settings->names[topic],
                       "%s%s",
                       settings->prefix,
                       TOPICS[topic].name);
    }
    return FX_OK;
}

bool fx_app_bus_is_set(const struct fx_config *config)
{
    return has(config, "kafka-brokers");
}

fx_status fx_app_bus_init(struct fx_app_bus *settings, const struct fx_config *config)
{
    memset(settings, 0, sizeof *settings);
    settings->config = config;
    settings->brokers = fx_config_text(config, "kafka-brokers");
    settings->shards = (uint32_t)fx_config_int(config, "kafka-shards");
    settings->shard = (uint32_t)fx_config_int(config, "kafka-shard");
    settings->partitions = (uint32_t)fx_config_int(config, "kafka-partitions");
    settings->replicas = (uint32_t)fx_config_int(config, "kafka-replicas");
    settings->retention_ms = fx_config_int(config, "kafka-retention-hours") * MS_PER_HOUR;
    if (!has(config, "kafka-brokers")) {
        return refuse("KAFKA_BROKERS", "this role works on Kafka, so this must be set");
    }
    if (!is_broker_list(fx_config_str(config, "kafka-brokers"))) {
        return refuse("KAFKA_BROKERS", "it is like host:9092 or host:9092,other:9092");
    }
    if (settings->shard >= settings->shards) {
        return refuse("FUTURE_KAFKA_SHARD", "shards count from 0 to FUTURE_KAFKA_SHARDS - 1");
    }
    for (uint32_t shard = 0; shard < settings->shards; shard++) {
        char *name = settings->shard_names[shard];
        (void)snprintf(
            name, sizeof settings->shard_names[shard], shard == 0 ? "main" : "%u", shard);
    }
    fx_status status = fx_app_shard_read(config, settings->shards, settings->maps);
    if (status == FX_OK) {
        status = check_security(config);
    }
    if (status == FX_OK) {
        status = make_names(settings);
    }
    if (status == FX_OK) {
        add_security(settings);
        status = add_extras(settings);
    }
    return status;
}

fx_status fx_app_bus_open(struct fx_app_bus *settings, bool is_gapless, struct fx_bus **bus_out)
{
    const struct fx_bus_kafka_options options = {.brokers = settings->brokers,
                                                 .properties = settings->properties,
                                                 .property_count = settings->property_count,
                                                 .is_gapless = is_gapless,
                                                 .is_zlib =
                                                     fx_config_bool(settings->config, "kafka-zlib"),
                                                 .replicas = settings->replicas};
    const fx_status status = fx_bus_kafka_open(&options, settings->error, bus_out);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "config",
               "Kafka's client does not take the settings FUTURE_KAFKA_…",
               fx_log_status("err", status),
               fx_log_text("reason", settings->error));
    }
    return status;
}

struct fx_bus_topic fx_app_bus_shape(const struct fx_app_bus *settings, enum fx_app_bus_topic topic)
{
    return (struct fx_bus_topic){
        .name = fx_app_bus_name(settings, topic),
        .partitions = TOPICS[topic].is_by_key ? settings->partitions : settings->shards,
        .retention_ms = TOPICS[topic].is_kept ? -1 : settings->retention_ms,
        .is_log = topic == FX_APP_BUS_INPUT};
}

/* Which variable a broker's refusal is about, by the words of the client's library. */
static const char *variable_of(fx_str reason)
{
    static const struct {
        const char *words;
        const char *variable;
    } CASES[] = {{"certificate", "FUTURE_KAFKA_SSL_CA_LOCATION"},
                 {"SSL handshake", "FUTURE_KAFKA_SECURITY_PROTOCOL"},
                 {"SSL routines", "FUTURE_KAFKA_SECURITY_PROTOCOL"}, /* the same, cut short */
                 {"security.protocol", "FUTURE_KAFKA_SECURITY_PROTOCOL"},
                 {"mechanism handshake", "FUTURE_KAFKA_SASL_MECHANISM"},
                 {"uthentication", "FUTURE_KAFKA_SASL_PASSWORD or FUTURE_KAFKA_SASL_USERNAME"},
                 {"", "KAFKA_BROKERS"}};
    size_t index = 0;
    while (CASES[index].words[0] != '\0' &&
           memmem(reason.data, reason.size, CASES[index].words, strlen(CASES[index].words)) ==
               NULL) {
        index++;
    }
    return CASES[index].variable;
}

static fx_status tell_why(const struct fx_app_bus *settings, struct fx_bus *bus, fx_status status)
{
    const char *reason = fx_bus_error_text(bus);
    const bool is_topic = status == FX_VERSION_MISMATCH;
    FX_LOG(FX_LOG_ERROR,
           "kafka",
           is_topic ? "a topic is not as it has to be: other partitions than "
                      "FUTURE_KAFKA_PARTITIONS or _SHARDS says, or a setting under which orders "
                      "could be lost"
                    : "the topics cannot be made or seen",
           fx_log_text("brokers", settings->brokers),
           fx_log_status("err", status),
           fx_log_text("reason", reason),
           fx_log_text("look_at", is_topic ? "the topic" : variable_of(fx_str_of(reason))));
    /* No waiting makes these better: who starts us again and again should stop. */
    return is_topic || status == FX_BAD_CREDENTIALS || status == FX_FORBIDDEN ? FX_BAD_SETTING
                                                                              : status;
}

fx_status fx_app_bus_connect(struct fx_app_bus *settings, bool is_gapless, struct fx_bus **bus_out)
{
    struct fx_bus_topic topics[FX_APP_BUS_TOPICS];
    for (uint32_t topic = 0; topic < FX_APP_BUS_TOPICS; topic++) {
        topics[topic] = fx_app_bus_shape(settings, topic);
    }
    fx_status status = fx_app_bus_open(settings, is_gapless, bus_out);
    if (status != FX_OK) {
        return status;
    }
    status = fx_bus_make(*bus_out, topics, FX_APP_BUS_TOPICS, MAKE_MS);
    return status == FX_OK ? FX_OK : tell_why(settings, *bus_out, status);
}

fx_str fx_app_bus_shard(const struct fx_app_bus *settings, uint32_t shard)
{
    return fx_str_of(settings->shard_names[shard]);
}

const struct fx_shard_map *fx_app_bus_map(const struct fx_app_bus *settings, uint32_t shard)
{
    return settings->maps[shard].shards == 0 ? NULL : &settings->maps[shard];
}

bool fx_app_bus_folder(const struct fx_app_bus *settings,
                       uint32_t shard,
                       const char *name,
                       char target[FX_APP_BUS_FOLDER_SIZE_MAX])
{
    const int size =
        shard == 0
            ? snprintf(target, FX_APP_BUS_FOLDER_SIZE_MAX, "%s", name)
            : snprintf(
                  target, FX_APP_BUS_FOLDER_SIZE_MAX, "%s-%s", name, settings->shard_names[shard]);
    return size > 0 && size < FX_APP_BUS_FOLDER_SIZE_MAX;
}

fx_str fx_app_bus_name(const struct fx_app_bus *settings, enum fx_app_bus_topic topic)
{
    return fx_str_of(settings->names[topic]);
}

struct fx_bus_place fx_app_bus_place_of(const struct fx_app_bus *settings,
                                        enum fx_app_bus_topic topic,
                                        uint32_t shard)
{
    return (struct fx_bus_place){.topic = fx_app_bus_name(settings, topic),
                                 .partition = TOPICS[topic].is_by_key ? 0 : shard};
}

struct fx_bus_place fx_app_bus_place(const struct fx_app_bus *settings, enum fx_app_bus_topic topic)
{
    return fx_app_bus_place_of(settings, topic, settings->shard);
}

fx_str fx_app_bus_group(const struct fx_app_bus *settings,
                        const char *group,
                        char target[FX_BUS_NAME_SIZE_MAX + 1])
{
    const int size = snprintf(target, FX_BUS_NAME_SIZE_MAX + 1, "%s%s", settings->prefix, group);
    return size < 0 || size > FX_BUS_NAME_SIZE_MAX ? (fx_str){0} : fx_str_of(target);
}
