#include "app/app_console.h"

#include <stdio.h>
#include <string.h>

#include "api/api_openapi.h"
#include "app/app_audit.h"
#include "app/app_exchange.h"
#include "app/app_file.h"
#include "app/app_replay.h"
#include "app/app_store.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/email.h"
#include "base/password.h"
#include "net/net_client.h"
#include "store/store_migrate.h"
#include "store/store_user.h"

enum { PASSWORD_BYTES = 15, PASSWORD_SIZE = 80 };

enum { TEXT_SIZE_MAX = 16 << 20 };

/* Write it out and free it. */
static int print(struct fx_buf *text)
{
    const bool is_written = !text->is_overflow &&
                            fwrite(text->data, 1, text->size, stdout) == text->size &&
                            fflush(stdout) == 0;
    fx_buf_deinit(text);
    return is_written ? FX_APP_EXIT_OK : FX_APP_EXIT_FAILURE;
}

int fx_app_console_config(const struct fx_app_options *options)
{
    struct fx_buf text;
    fx_buf_init(&text, TEXT_SIZE_MAX);
    fx_config_print(options->config, &text);
    return print(&text);
}

int fx_app_console_routes(const struct fx_app_options *options)
{
    struct fx_buf text;
    (void)options;
    fx_buf_init(&text, TEXT_SIZE_MAX);
    fx_api_openapi_routes(&text);
    return print(&text);
}

int fx_app_console_openapi(const struct fx_app_options *options)
{
    struct fx_buf text;
    (void)options;
    fx_buf_init(&text, TEXT_SIZE_MAX);
    fx_api_openapi_write(&text);
    return print(&text);
}

int fx_app_console_migrate(const struct fx_app_options *options)
{
    struct fx_app_store database;
    struct fx_store *store = NULL;
    uint32_t applied = 0;
    fx_status status = fx_app_store_init(&database, options->config);
    if (status == FX_OK && !database.is_maria) {
        status = fx_app_file_make_dir(fx_config_text(options->config, "data"));
    }
    if (status == FX_OK) {
        status = fx_app_store_open(&database, FX_APP_STORE_WRITER, &store);
    }
    if (status == FX_OK) {
        status = fx_store_migrate(store, &applied);
    }
    if (status == FX_OK) {
        (void)printf("%u migrations applied\n", (unsigned)applied);
    } else {
        const char *reason = store == NULL ? database.error : fx_store_error_text(store);
        (void)fprintf(stderr,
                      "future: migrate: %s: %s%s%s\n",
                      database.place,
                      fx_status_text(status),
                      reason[0] == '\0' ? "" : ": ",
                      reason);
    }
    fx_store_close(store);
    return fx_app_options_exit(status);
}

/* ---- user:create ------------------------------------------------------------------------------
 */

/* What the options ask for, read and judged. */
struct wish {
    struct fx_rows_user user;
    char password[PASSWORD_SIZE];
    bool is_password_made;
    bool has_deposit;
    struct fx_asset asset;
    fx_i128 amount;
};

static bool read_email(fx_str email, struct wish *wish)
{
    if (!fx_email_normalize(email, wish->user.email)) {
        (void)fprintf(stderr, "future: --email must be an e-mail address\n");
        return false;
    }
    return true;
}

static bool read_deposit(fx_str deposit, struct wish *wish)
{
    if (deposit.size == 0) {
        return true;
    }
    const size_t equals = fx_str_find(deposit, '=', 0);
    if (equals == SIZE_MAX || !fx_ids_asset(fx_str_slice(deposit, 0, equals), &wish->asset) ||
        fx_dec_parse(fx_str_slice(deposit, equals + 1, SIZE_MAX), &wish->amount) != FX_OK ||
        wish->amount <= 0) {
        (void)fprintf(stderr, "future: --deposit must be ASSET=AMOUNT, e.g. USDT=10000\n");
        return false;
    }
    wish->has_deposit = true;
    return true;
}

static bool read_password(fx_str password, struct wish *wish)
{
    if (password.size > 0) {
        if (!fx_password_is_acceptable(password) ||
            !fx_str_copy(password, wish->password, sizeof wish->password)) {
            (void)fprintf(stderr, "future: FUTURE_PASSWORD must have 1 to 72 bytes\n");
            return false;
        }
        return true;
    }
    uint8_t bytes[PASSWORD_BYTES];
    struct fx_buf text;
    fx_buf_init(&text, PASSWORD_SIZE);
    bool is_made = fx_crypto_random(bytes, sizeof bytes) == FX_OK;
    fx_crypto_base64url_encode(&text, (fx_str){(const char *)bytes, sizeof bytes});
    is_made = is_made && fx_str_copy(fx_buf_str(&text), wish->password, sizeof wish->password);
    fx_buf_deinit(&text);
    wish->is_password_made = true;
    return is_made;
}

static bool read_wish(const struct fx_config *config, struct wish *wish)
{
    memset(wish, 0, sizeof *wish);
    const fx_str role = fx_config_str(config, "role");
    if (!read_email(fx_config_str(config, "email"), wish) ||
        !read_deposit(fx_config_str(config, "deposit"), wish) ||
        !read_password(fx_config_str(config, "password"), wish)) {
        return false;
    }
    if ((!fx_str_is_equal(role, FX_STR("user")) && !fx_str_is_equal(role, FX_STR("admin"))) ||
        !fx_str_copy(role, wish->user.role, sizeof wish->user.role)) {
        (void)fprintf(stderr, "future: --role must be user or admin\n");
        return false;
    }
    uint64_t number = 0;
    if (fx_crypto_random(&number, sizeof number) != FX_OK) {
        return false;
    }
    (void)snprintf(wish->user.uid, sizeof wish->user.uid, "%016llx", (unsigned long long)number);
    (void)snprintf(wish->user.status, sizeof wish->user.status, "ACTIVE");
    (void)snprintf(wish->user.user_type, sizeof wish->user.user_type, "UNRESTRICTED");
    wish->user.allow_trade = true;
    wish->user.enable_trading_fee = true;
    wish->user.created_us = fx_clock_wall_us();
    return true;
}

static fx_status run_command(struct fx_app_exchange *exchange, const struct fx_command *command)
{
    struct fx_event_result result;
    const fx_status status =
        fx_app_gateway_call(fx_app_exchange_gateway(exchange), command, &result);
    return status == FX_OK ? result.reject.status : status;
}

static fx_status deposit(struct fx_app_exchange *exchange, const struct wish *wish, uint64_t id)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_CREATE_ACCOUNT;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = id;
    command.u.account.asset = wish->asset;
    const fx_status status = run_command(exchange, &command);
    if (status != FX_OK) {
        return status;
    }
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_DEPOSIT;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = id;
    command.u.transfer.asset = wish->asset;
    command.u.transfer.amount = wish->amount;
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    return run_command(exchange, &command);
}

/* An id without a user may still own accounts in the journal, if the database was lost: whoever is
 * new must never get them (G5). @return OK with the id of the new user. */
static fx_status insert_user(struct fx_app_exchange *exchange, struct wish *wish, uint64_t *id_out)
{
    const struct fx_view *view = fx_app_gateway_view(fx_app_exchange_gateway(exchange));
    struct fx_store *users = fx_app_exchange_users(exchange);
    bool is_foreign = true;
    fx_status status = FX_OK;
    while (is_foreign && status == FX_OK) {
        uint32_t cursor = 0;
        status = fx_store_begin(users);
        if (status == FX_OK) {
            status = fx_store_user_insert(users, &wish->user, id_out);
        }
        if (status == FX_OK) {
            status = fx_app_audit_append(users, "console.user.create", *id_out, wish->user.role);
        }
        is_foreign = status == FX_OK && fx_view_next_account(view, *id_out, &cursor) != NULL;
        if (status == FX_OK && !is_foreign) {
            status = fx_store_commit(users);
        }
        if (is_foreign || status != FX_OK) {
            fx_store_rollback(users);
            wish->user.id = *id_out + 1;
        }
    }
    return status;
}

int fx_app_console_user_create(const struct fx_app_options *options)
{
    struct wish wish;
    if (!read_wish(options->config, &wish)) {
        return FX_APP_EXIT_USAGE;
    }
    const uint32_t cost = (uint32_t)fx_config_int(options->config, "password-cost");
    fx_status status = fx_password_hash(fx_str_of(wish.password), cost, wish.user.password_hash);
    struct fx_app_exchange *exchange = NULL;
    if (status == FX_OK) {
        status = fx_app_exchange_open(options->config, NULL, &exchange);
    }
    if (status == FX_OK) {
        status = fx_app_exchange_start(exchange);
    }
    uint64_t id = 0;
    if (status == FX_OK) {
        status = insert_user(exchange, &wish, &id);
    }
    if (status == FX_OK && wish.has_deposit) {
        status = deposit(exchange, &wish, id);
    }
    fx_app_exchange_close(exchange);
    if (status == FX_OK) {
        (void)printf("user %llu %s\n", (unsigned long long)id, wish.user.email);
        if (wish.is_password_made) {
            (void)printf("password %s\n", wish.password);
        }
    } else {
        (void)fprintf(stderr, "future: user:create: %s\n", fx_status_text(status));
    }
    fx_crypto_wipe(&wish, sizeof wish);
    return fx_app_options_exit(status);
}

/* ---- funding:pay --------------------------------------------------------------------------------
 */

/* The last regular instant of one symbol. @return OK also where it was paid before. */
static fx_status pay_symbol(struct fx_app_exchange *exchange, const struct fx_market_symbol *symbol)
{
    const fx_str name = fx_ids_symbol_str(&symbol->definition.symbol);
    struct fx_event_result result;
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_PAY_FUNDING;
    command.instrument = symbol->definition.instrument_id;
    fx_status status = fx_app_gateway_call(fx_app_exchange_gateway(exchange), &command, &result);
    status = status == FX_OK ? result.reject.status : status;
    (void)printf("%.*s %s\n",
                 (int)name.size,
                 name.data,
                 status != FX_OK          ? fx_status_name(status)
                 : result.is_changed != 0 ? "paid"
                                          : "was paid");
    return status;
}

static fx_status pay_symbols(struct fx_app_exchange *exchange, fx_str wanted)
{
    const struct fx_market *market = fx_app_gateway_market(fx_app_exchange_gateway(exchange));
    fx_status first = FX_OK;
    bool is_found = false;
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol == NULL || symbol->definition.kind != FX_INSTRUMENT_KIND_PERPETUAL ||
            (wanted.size > 0 &&
             !fx_str_is_equal(wanted, fx_ids_symbol_str(&symbol->definition.symbol)))) {
            continue;
        }
        is_found = true;
        const fx_status status = pay_symbol(exchange, symbol);
        first = first == FX_OK ? status : first;
    }
    return is_found ? first : FX_UNKNOWN_SYMBOL;
}

int fx_app_console_funding_pay(const struct fx_app_options *options)
{
    struct fx_app_exchange *exchange = NULL;
    const bool is_one = fx_config_origin(options->config, "symbol") == FX_CONFIG_FLAG;
    const fx_str wanted = is_one ? fx_config_str(options->config, "symbol") : (fx_str){NULL, 0};
    fx_status status = fx_app_exchange_open(options->config, NULL, &exchange);
    if (status == FX_OK) {
        status = fx_app_exchange_start(exchange);
    }
    if (status == FX_OK) {
        status = pay_symbols(exchange, wanted);
    }
    fx_app_exchange_close(exchange);
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: funding:pay: %s\n",
                      status == FX_LOCKED ? "a server is running: it pays at each instant by itself"
                                          : fx_status_text(status));
    }
    return fx_app_options_exit(status);
}

/* ---- health -----------------------------------------------------------------------------------
 */

static fx_status ask(const char *host, uint16_t port, int *code_out)
{
    const struct fx_net_client_config config = {.host = host, .port = port, .timeout_ms = 3000};
    struct fx_net_client *client = NULL;
    fx_status status = fx_net_client_open(&config, &client);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_net_http_write_request request = {
        .method = FX_STR("GET"), .target = FX_STR("/health/ready"), .is_close = true};
    const struct fx_net_http_client *response = NULL;
    status = fx_net_client_send(client, &request);
    if (status == FX_OK) {
        status = fx_net_client_receive(client, &response);
    }
    if (status == FX_OK) {
        *code_out = response->code;
        (void)printf("%.*s\n", (int)response->body.size, response->body.data);
    }
    fx_net_client_close(client);
    return status;
}

int fx_app_console_health(const struct fx_app_options *options)
{
    char host[256];
    uint16_t port = 0;
    fx_str path;
    fx_str url = fx_config_str(options->config, "url");
    char own[64];
    if (url.size == 0) {
        (void)snprintf(
            own, sizeof own, "http://localhost:%d", (int)fx_config_int(options->config, "port"));
        url = fx_str_of(own);
    }
    int code = 0;
    fx_status status = fx_net_client_parse_url(url, host, &port, &path);
    if (status != FX_OK) {
        (void)fprintf(stderr, "future: health: --url must be like http://localhost:3000\n");
        return FX_APP_EXIT_USAGE;
    }
    status = ask(host, port, &code);
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: health: no answer from %.*s: %s\n",
                      (int)url.size,
                      url.data,
                      fx_status_text(status));
        return FX_APP_EXIT_UNAVAILABLE;
    }
    return code == 200 ? FX_APP_EXIT_OK : FX_APP_EXIT_FAILURE; /* it answers, and is not ready */
}

/* ---- replay -----------------------------------------------------------------------------------
 */

/* The path of an option, NULL where it is not set. */
static const char *path_of(const struct fx_config *config, const char *name)
{
    return fx_config_str(config, name).size == 0 ? NULL : fx_config_text(config, name);
}

int fx_app_console_replay(const struct fx_app_options *options)
{
    char credentials[FX_APP_FILE_PATH_SIZE_MAX];
    if (options->positional_count != 1) {
        (void)fprintf(stderr, "usage: future replay FILE [--fills OUT] [--url URL]\n");
        return FX_APP_EXIT_USAGE;
    }
    const char *data_dir = fx_config_text(options->config, "data");
    if (!fx_app_file_join(data_dir, "demo-credentials.json", credentials)) {
        return FX_APP_EXIT_USAGE;
    }
    const char *given = path_of(options->config, "credentials");
    const struct fx_app_replay_options replay = {
        .file = options->positionals[0],
        .fills_out = path_of(options->config, "fills"),
        .url = path_of(options->config, "url"),
        .symbol = fx_config_text(options->config, "symbol"),
        .credentials = given == NULL ? credentials : given};
    return fx_app_replay_run(&replay);
}
