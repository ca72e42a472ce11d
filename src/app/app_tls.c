#include "app/app_tls.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app_file.h"
#include "app/app_listen.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/net_server_tls.h"
#include "net/net_tls_cert.h"

enum {
    US_PER_SECOND = 1000000,
    DAY_S = 86400,
    OWN_DAYS = 825, /* what browsers take at most */
    RENEW_DAYS = 30,
    NAME_SIZE_MAX = 256,
    NAMES_SIZE_MAX = 1024
};

static const char CERTIFICATE_NAME[] = "cert.pem";
static const char KEY_NAME[] = "key.pem";

/* The two files, while they are in memory. */
struct pair {
    struct fx_buf certificate;
    struct fx_buf key;
};

static void pair_init(struct pair *pair)
{
    fx_buf_init(&pair->certificate, FX_CONFIG_VALUE_SIZE_MAX);
    fx_buf_init(&pair->key, FX_CONFIG_VALUE_SIZE_MAX);
}

static void pair_deinit(struct pair *pair)
{
    if (pair->key.data != NULL) {
        fx_crypto_wipe(pair->key.data, pair->key.capacity);
    }
    fx_buf_deinit(&pair->key);
    fx_buf_deinit(&pair->certificate);
}

static int64_t now_s(void)
{
    return fx_clock_wall_us() / US_PER_SECOND;
}

/* ---- our own ---- */

/* Is it a name or an address as it may stand in a certificate's list? */
static bool is_plain(const char *name)
{
    static const char ALLOWED[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    return name[0] != '\0' && strspn(name, ALLOWED) == strlen(name);
}

/* Who we are: this machine under its usual names, and the address that we listen on. */
static void list_names(const struct fx_config *config, char names_out[NAMES_SIZE_MAX])
{
    char machine[NAME_SIZE_MAX] = "";
    const char *host = fx_config_text(config, "host");
    const bool is_any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    if (gethostname(machine, sizeof machine - 1) != 0 || strchr(machine, ':') != NULL) {
        machine[0] = '\0';
    }
    const bool has_machine = is_plain(machine);
    const bool has_host = strspn(host, "0123456789abcdefABCDEF.:") == strlen(host) && !is_any &&
                          strcmp(host, "127.0.0.1") != 0;
    (void)snprintf(names_out,
                   NAMES_SIZE_MAX,
                   "DNS:localhost,IP:127.0.0.1,IP:::1%s%s%s%s",
                   has_machine ? ",DNS:" : "",
                   has_machine ? machine : "",
                   has_host ? ",IP:" : "",
                   has_host ? host : "");
}

static fx_status make_own(const struct fx_config *config, const char *dir, struct pair *pair)
{
    char names[NAMES_SIZE_MAX];
    list_names(config, names);
    fx_buf_clear(&pair->certificate);
    fx_buf_clear(&pair->key);
    const struct fx_net_tls_cert wish = {.names = names,
                                         .subject = "future",
                                         .begin_unix_s = now_s() - DAY_S, /* clocks differ */
                                         .days = OWN_DAYS};
    fx_status status = fx_net_tls_cert_make(&wish, &pair->certificate, &pair->key);
    if (status == FX_OK) {
        status = fx_app_file_write_secret(dir, KEY_NAME, fx_buf_str(&pair->key));
    }
    if (status == FX_OK) {
        status = fx_app_file_write_secret(dir, CERTIFICATE_NAME, fx_buf_str(&pair->certificate));
    }
    if (status == FX_OK) {
        FX_LOG(FX_LOG_INFO,
               "tls",
               "a self-signed certificate was made",
               fx_log_text("dir", dir),
               fx_log_text("names", names));
    }
    return status;
}

/* ---- reading ---- */

static fx_status create(const struct pair *pair, struct fx_net_tls **tls_out)
{
    return fx_net_tls_create(fx_buf_str(&pair->certificate), fx_buf_str(&pair->key), tls_out);
}

static fx_status load_own(const struct fx_config *config,
                          struct pair *pair,
                          struct fx_net_tls **tls_out)
{
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    if (!fx_app_file_join(fx_config_text(config, "data"), "tls", dir)) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = fx_app_file_make_dir(dir);
    if (status == FX_OK) {
        status = fx_app_file_read(dir, CERTIFICATE_NAME, &pair->certificate);
    }
    if (status == FX_OK) {
        status = fx_app_file_read(dir, KEY_NAME, &pair->key);
    }
    if (status == FX_OK) {
        status = create(pair, tls_out);
    }
    /* A key without its certificate: the first start was interrupted between the two. */
    const bool is_old =
        status == FX_OK && fx_net_tls_end_unix_s(*tls_out) - now_s() < (int64_t)RENEW_DAYS * DAY_S;
    if (status == FX_NOT_FOUND || is_old) {
        fx_net_tls_destroy(*tls_out);
        *tls_out = NULL;
        status = make_own(config, dir, pair);
        if (status == FX_OK) {
            status = create(pair, tls_out);
        }
    }
    return status;
}

static fx_status load(const struct fx_config *config, struct fx_net_tls **tls_out)
{
    struct pair pair;
    const bool has_files =
        fx_config_str(config, "tls-cert").size > 0 || fx_config_str(config, "tls-key").size > 0;
    fx_status status = FX_OK;
    *tls_out = NULL;
    pair_init(&pair);
    if (has_files) {
        status = fx_config_read_file(NULL, fx_config_text(config, "tls-cert"), &pair.certificate);
        if (status == FX_OK) {
            status = fx_config_read_file(NULL, fx_config_text(config, "tls-key"), &pair.key);
        }
        if (status == FX_OK) {
            status = create(&pair, tls_out);
        }
    } else {
        status = load_own(config, &pair, tls_out);
    }
    pair_deinit(&pair);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "tls",
               has_files ? "FUTURE_TLS_CERT and FUTURE_TLS_KEY must name a certificate and its key"
                         : "the certificate under tls in the data directory cannot be used",
               fx_log_text("cert", fx_config_text(config, "tls-cert")),
               fx_log_text("key_file", fx_config_text(config, "tls-key")),
               fx_log_status("err", status));
        return status;
    }
    const int64_t days = (fx_net_tls_end_unix_s(*tls_out) - now_s()) / DAY_S;
    if (days < RENEW_DAYS) {
        FX_LOG(FX_LOG_WARN, "tls", "the certificate ends soon", fx_log_i64("days", days));
    }
    return FX_OK;
}

/* ---- doors ---- */

fx_status fx_app_tls_open(const struct fx_config *config, struct fx_net_server *server)
{
    struct fx_net_tls *tls = NULL;
    char fingerprint[FX_NET_TLS_FINGERPRINT_SIZE];
    char remark[FX_NET_TLS_FINGERPRINT_SIZE + 32];
    uint16_t port = 0;
    if (fx_config_origin(config, "tls-port") == FX_CONFIG_UNSET) {
        return FX_OK;
    }
    const fx_status status = load(config, &tls);
    if (status != FX_OK) {
        return status;
    }
    fx_net_tls_fingerprint(tls, fingerprint);
    fx_net_server_tls_set(server, FX_APP_TLS_TAG, tls);
    fx_net_server_tls_hsts(server, (uint32_t)fx_config_int(config, "tls-hsts-seconds"));
    const char *given = fx_config_text(config, "tls-host");
    (void)snprintf(remark, sizeof remark, " (certificate SHA-256 %s)", fingerprint);
    const struct fx_app_listen wanted = {.component = "tls",
                                         .host = given[0] == '\0' ? fx_config_text(config, "host")
                                                                  : given,
                                         .port = (uint16_t)fx_config_int(config, "tls-port"),
                                         .tag = FX_APP_TLS_TAG,
                                         .name = "future",
                                         .scheme = "https",
                                         .remark = remark,
                                         .fields = {fx_log_text("sha256", fingerprint)}};
    return fx_app_listen_open(server, &wanted, &port);
}

void fx_app_tls_reload(const struct fx_config *config, struct fx_net_server *server)
{
    struct fx_net_tls *tls = NULL;
    char fingerprint[FX_NET_TLS_FINGERPRINT_SIZE];
    if (fx_config_origin(config, "tls-port") == FX_CONFIG_UNSET || load(config, &tls) != FX_OK) {
        return;
    }
    fx_net_tls_fingerprint(tls, fingerprint);
    fx_net_server_tls_set(server, FX_APP_TLS_TAG, tls);
    FX_LOG(FX_LOG_INFO, "tls", "certificate read", fx_log_text("sha256", fingerprint));
}
