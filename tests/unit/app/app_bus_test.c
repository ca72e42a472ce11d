/* The settings of Kafka: what is wrong is refused by its variable's name, and what is right becomes
 * librdkafka's properties and topics of the right shape. */
#include "app/app_bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/app_options.h"
#include "base/log.h"
#include "fx_test.h"

enum { FLAGS_MAX = 8, LOG_SIZE = 2048 };

/* What fx_app_bus_init() says with these flags; the log's text in `said`. */
static fx_status init_with(const char *const flags[],
                           struct fx_app_options *options,
                           struct fx_app_bus *settings,
                           char said[LOG_SIZE])
{
    char *argv[FLAGS_MAX] = {NULL};
    int argc = 0;
    while (flags[argc] != NULL) {
        argv[argc] = strdup(flags[argc]);
        argc++;
    }
    assert_int_equal(fx_app_options_read(argc, argv, options), FX_APP_EXIT_OK);
    const int file = memfd_create("log", 0);
    const struct fx_log_options log = {.level = FX_LOG_INFO, .format = FX_LOG_LOGFMT, .fd = file};
    fx_log_configure(&log);
    const fx_status status = fx_app_bus_init(settings, options->config);
    const ssize_t size = pread(file, said, LOG_SIZE - 1, 0);
    assert_true(size >= 0);
    said[size] = '\0';
    close(file);
    for (int index = 0; index < argc; index++) {
        free(argv[index]);
    }
    return status;
}

static void app_bus_names_the_variable_that_is_wrong(void **state)
{
    static const struct {
        const char *flags[FLAGS_MAX];
        const char *variable;
    } CASES[] = {
        {{NULL}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=localhost"}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=localhost:0"}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=localhost:70000"}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=a:9092,,b:9092"}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=a:9092, b:9092"}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=:9092"}, "KAFKA_BROKERS"},
        {{"--kafka-brokers=a:1", "--kafka-security-protocol=TLS"},
         "FUTURE_KAFKA_SECURITY_PROTOCOL"},
        {{"--kafka-brokers=a:1", "--kafka-security-protocol=SASL_SSL"},
         "FUTURE_KAFKA_SASL_MECHANISM"},
        {{"--kafka-brokers=a:1", "--kafka-security-protocol=SASL_SSL", "--kafka-sasl-mechanism=X"},
         "FUTURE_KAFKA_SASL_MECHANISM"},
        {{"--kafka-brokers=a:1",
          "--kafka-security-protocol=SASL_SSL",
          "--kafka-sasl-mechanism=PLAIN"},
         "FUTURE_KAFKA_SASL_USERNAME"},
        {{"--kafka-brokers=a:1",
          "--kafka-security-protocol=SASL_SSL",
          "--kafka-sasl-mechanism=PLAIN",
          "--kafka-sasl-username=u"},
         "FUTURE_KAFKA_SASL_PASSWORD"},
        {{"--kafka-brokers=a:1", "--kafka-sasl-username=u"}, "FUTURE_KAFKA_SASL_USERNAME"},
        {{"--kafka-brokers=a:1", "--kafka-ssl-ca=/ca"}, "FUTURE_KAFKA_SSL_CA_LOCATION"},
        {{"--kafka-brokers=a:1", "--kafka-security-protocol=SSL", "--kafka-ssl-cert=/c"},
         "FUTURE_KAFKA_SSL_CERTIFICATE_LOCATION"},
        {{"--kafka-brokers=a:1", "--kafka-topic-prefix=a/b"}, "FUTURE_KAFKA_TOPIC_PREFIX"},
        {{"--kafka-brokers=a:1", "--kafka-topic-prefix=abcdefghijklmnopqrstuvwxy"},
         "FUTURE_KAFKA_TOPIC_PREFIX"},
        {{"--kafka-brokers=a:1", "--kafka-properties=linger.ms"}, "FUTURE_KAFKA_PROPERTIES"},
        {{"--kafka-brokers=a:1", "--kafka-properties=linger.ms="}, "FUTURE_KAFKA_PROPERTIES"},
        {{"--kafka-brokers=a:1", "--kafka-properties=sasl.password=hush"},
         "FUTURE_KAFKA_PROPERTIES"},
        {{"--kafka-brokers=a:1", "--kafka-properties=sasl.oauthbearer.config=principal=hush"},
         "FUTURE_KAFKA_PROPERTIES"},
        {{"--kafka-brokers=a:1",
          "--kafka-security-protocol=SASL_SSL",
          "--kafka-sasl-mechanism=OAUTHBEARER",
          "--kafka-sasl-username=u"},
         "FUTURE_KAFKA_SASL_USERNAME"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2"}, "FUTURE_SHARD_ASSETS"},
        {{"--kafka-brokers=a:1", "--shard-assets=USDT"}, "FUTURE_SHARD_ASSETS"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2", "--shard-assets=USDT"}, "FUTURE_SHARD_ASSETS"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2", "--shard-assets=USDT;BTC;USD"},
         "FUTURE_SHARD_ASSETS"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2", "--shard-assets=USDT;"},
         "FUTURE_SHARD_ASSETS"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2", "--shard-assets=USDT;BTC,,USD"},
         "FUTURE_SHARD_ASSETS"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2", "--shard-assets=USDT,BTC;USD,BTC"},
         "asset=BTC"},
        {{"--kafka-brokers=a:1", "--kafka-shards=2", "--shard-assets=USDT,USDT;USD"}, "asset=USDT"},
        {{"--kafka-brokers=a:1",
          "--kafka-shards=2",
          "--shard-assets=A0,A1,A2,A3,A4,A5,A6,A7,A8,A9,B0,B1,B2,B3,B4,B5,B6;USD"},
         "asset=B6"},
        {{"--kafka-brokers=a:1", "--kafka-shard=1"}, "FUTURE_KAFKA_SHARD"},
    };
    (void)state;
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_app_options options;
        struct fx_app_bus settings;
        char said[LOG_SIZE];
        char wanted[80];
        const bool is_value = strchr(CASES[index].variable, '=') != NULL;
        (void)snprintf(
            wanted, sizeof wanted, "%s%s", is_value ? "" : "variable=", CASES[index].variable);
        const fx_status status = init_with(CASES[index].flags, &options, &settings, said);
        if (status != FX_BAD_PARAMETER || strstr(said, wanted) == NULL ||
            strstr(said, "hush") != NULL) {
            print_error("case %zu: %d %s\n", index, (int)status, said);
        }
        assert_int_equal(status, FX_BAD_PARAMETER);
        assert_non_null(strstr(said, wanted));
        assert_null(strstr(said, "hush"));
        fx_app_options_destroy(&options);
    }
}

static void app_bus_reads_the_map_of_shards(void **state)
{
    static const char *const FLAGS[] = {"--kafka-brokers=a:1",
                                        "--kafka-shards=2",
                                        "--kafka-shard=1",
                                        "--shard-assets=USDT; BTC , USD",
                                        NULL};
    struct fx_app_options options;
    struct fx_app_bus settings;
    char said[LOG_SIZE];
    char folder[FX_APP_BUS_FOLDER_SIZE_MAX];
    (void)state;
    assert_int_equal(init_with(FLAGS, &options, &settings, said), FX_OK);
    const struct fx_shard_map *map = fx_app_bus_map(&settings, 1);
    assert_true(fx_shard_is_sound(fx_app_bus_map(&settings, 0)));
    assert_true(fx_shard_is_sound(map));
    assert_int_equal(map->shard, 1);
    assert_int_equal(map->asset_count, 2);
    assert_string_equal(map->assets[1].text, "USD");
    assert_int_equal(fx_app_bus_place(&settings, FX_APP_BUS_INPUT).partition, 1);
    assert_int_equal(fx_app_bus_place(&settings, FX_APP_BUS_ORDERS).partition, 0);
    assert_int_equal(fx_app_bus_shape(&settings, FX_APP_BUS_OUTPUT).partitions, 2);
    assert_true(fx_str_is_equal(fx_app_bus_shard(&settings, 0), FX_STR("main")));
    assert_true(fx_str_is_equal(fx_app_bus_shard(&settings, 1), FX_STR("1")));
    assert_true(fx_app_bus_folder(&settings, 0, "engine", folder));
    assert_string_equal(folder, "engine");
    assert_true(fx_app_bus_folder(&settings, 1, "engine", folder));
    assert_string_equal(folder, "engine-1");
    fx_app_options_destroy(&options);
}

static const char *property(const struct fx_app_bus *settings, const char *name)
{
    for (uint32_t index = 0; index < settings->property_count; index++) {
        if (strcmp(settings->properties[index].name, name) == 0) {
            return settings->properties[index].value;
        }
    }
    return "";
}

static void app_bus_hands_security_on_under_its_own_names(void **state)
{
    static const char *const FLAGS[] = {"--kafka-brokers=one:9092,[::1]:9093",
                                        "--kafka-security-protocol=SASL_SSL",
                                        "--kafka-sasl-mechanism=SCRAM-SHA-512",
                                        "--kafka-sasl-username=trader",
                                        "--kafka-ssl-ca=/etc/ca.pem",
                                        "--kafka-properties=linger.ms=5;ssl.endpoint.identification"
                                        ".algorithm=none;",
                                        NULL};
    (void)state;
    struct fx_app_options options;
    struct fx_app_bus settings;
    struct fx_bus *bus = NULL;
    char said[LOG_SIZE];
    assert_int_equal(setenv("FUTURE_KAFKA_SASL_PASSWORD", "hush", 1), 0);
    const fx_status status = init_with(FLAGS, &options, &settings, said);
    assert_int_equal(unsetenv("FUTURE_KAFKA_SASL_PASSWORD"), 0);
    assert_int_equal(status, FX_OK);
    assert_string_equal(property(&settings, "security.protocol"), "SASL_SSL");
    assert_string_equal(property(&settings, "sasl.mechanism"), "SCRAM-SHA-512");
    assert_string_equal(property(&settings, "sasl.username"), "trader");
    assert_string_equal(property(&settings, "sasl.password"), "hush");
    assert_string_equal(property(&settings, "ssl.ca.location"), "/etc/ca.pem");
    assert_string_equal(property(&settings, "linger.ms"), "5");
    assert_string_equal(property(&settings, "ssl.endpoint.identification.algorithm"), "none");
    /* There is no such file: the client says so, and no secret is in its words. */
    assert_int_equal(fx_app_bus_open(&settings, false, &bus), FX_BAD_PARAMETER);
    assert_null(strstr(settings.error, "hush"));
    assert_true(strlen(settings.error) > 0);
    fx_app_options_destroy(&options);
}

/* Tokens instead of a password: what the client's library of Debian can do, it is let do. */
static void app_bus_takes_tokens_and_tickets(void **state)
{
    static const char *const TOKENS[] = {
        "--kafka-brokers=one:9092",
        "--kafka-security-protocol=SASL_PLAINTEXT",
        "--kafka-sasl-mechanism=OAUTHBEARER",
        "--kafka-properties=enable.sasl.oauthbearer.unsecure.jwt=true",
        NULL};
    static const char *const TICKETS[] = {
        "--kafka-brokers=one:9092",
        "--kafka-security-protocol=SASL_PLAINTEXT",
        "--kafka-sasl-mechanism=GSSAPI",
        "--kafka-properties=sasl.kerberos.kinit.cmd=true;sasl.kerberos.principal=future",
        NULL};
    (void)state;
    struct fx_app_options options;
    struct fx_app_bus settings;
    struct fx_bus *bus = NULL;
    char said[LOG_SIZE];
    assert_int_equal(setenv("FUTURE_KAFKA_SECRETS", "sasl.oauthbearer.config=principal=hush;", 1),
                     0);
    fx_status status = init_with(TOKENS, &options, &settings, said);
    assert_int_equal(status, FX_OK);
    assert_string_equal(property(&settings, "sasl.oauthbearer.config"), "principal=hush");
    if (fx_app_bus_open(&settings, false, &bus) != FX_OK) {
        fail_msg("%s", settings.error);
    }
    fx_bus_close(bus);
    fx_app_options_destroy(&options);
    assert_int_equal(setenv("FUTURE_KAFKA_SECRETS", "no.such.secret=hush", 1), 0);
    status = init_with(TOKENS, &options, &settings, said);
    assert_int_equal(status, FX_OK);
    bus = NULL;
    assert_int_equal(fx_app_bus_open(&settings, false, &bus), FX_BAD_PARAMETER);
    assert_null(strstr(settings.error, "hush"));
    fx_app_options_destroy(&options);
    assert_int_equal(unsetenv("FUTURE_KAFKA_SECRETS"), 0);
    assert_int_equal(init_with(TICKETS, &options, &settings, said), FX_OK);
    assert_string_equal(property(&settings, "sasl.mechanism"), "GSSAPI");
    assert_string_equal(property(&settings, "sasl.kerberos.principal"), "future");
    fx_app_options_destroy(&options);
}

static void app_bus_refuses_an_unknown_property(void **state)
{
    static const char *const FLAGS[] = {
        "--kafka-brokers=a:1", "--kafka-properties=no.such.thing=1", NULL};
    (void)state;
    struct fx_app_options options;
    struct fx_app_bus settings;
    struct fx_bus *bus = NULL;
    char said[LOG_SIZE];
    assert_int_equal(init_with(FLAGS, &options, &settings, said), FX_OK);
    assert_int_equal(fx_app_bus_open(&settings, false, &bus), FX_BAD_PARAMETER);
    assert_non_null(strstr(settings.error, "no.such.thing"));
    fx_app_options_destroy(&options);
}

static void app_bus_knows_the_shape_of_each_topic(void **state)
{
    static const char *const FLAGS[] = {"--kafka-brokers=a:1",
                                        "--kafka-topic-prefix=test.",
                                        "--kafka-partitions=8",
                                        "--kafka-retention-hours=2",
                                        NULL};
    (void)state;
    struct fx_app_options options;
    struct fx_app_bus settings;
    char said[LOG_SIZE];
    char name[FX_BUS_NAME_SIZE_MAX + 1];
    assert_int_equal(init_with(FLAGS, &options, &settings, said), FX_OK);
    const struct fx_bus_topic input = fx_app_bus_shape(&settings, FX_APP_BUS_INPUT);
    assert_true(fx_str_is_equal(input.name, FX_STR("test.matching_engine_input")));
    assert_int_equal(input.partitions, 1);
    assert_true(input.is_log);
    assert_true(input.retention_ms < 0); /* the log is the truth: it is never thrown away */
    const struct fx_bus_topic orders = fx_app_bus_shape(&settings, FX_APP_BUS_ORDERS);
    assert_int_equal(orders.partitions, 8);
    assert_int_equal(orders.retention_ms, 2 * 3600 * 1000);
    assert_int_equal(fx_app_bus_place(&settings, FX_APP_BUS_INPUT).partition, 0);
    assert_true(fx_str_is_equal(fx_app_bus_shard(&settings, 0), FX_STR("main")));
    assert_true(fx_str_is_equal(fx_app_bus_group(&settings, "matching_engine", name),
                                FX_STR("test.matching_engine")));
    for (uint32_t topic = 0; topic < FX_APP_BUS_TOPICS; topic++) {
        assert_true(fx_app_bus_name(&settings, topic).size > 0);
    }
    fx_app_options_destroy(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_bus_names_the_variable_that_is_wrong),
        cmocka_unit_test(app_bus_reads_the_map_of_shards),
        cmocka_unit_test(app_bus_hands_security_on_under_its_own_names),
        cmocka_unit_test(app_bus_takes_tokens_and_tickets),
        cmocka_unit_test(app_bus_refuses_an_unknown_property),
        cmocka_unit_test(app_bus_knows_the_shape_of_each_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
