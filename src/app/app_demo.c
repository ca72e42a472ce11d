#include "app/app_demo.h"

#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "app/app_file.h"
#include "app/app_listing.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/password.h"
#include "store/store_api_key.h"
#include "store/store_user.h"

enum { SECRET_BYTES = 18, TEXT_SIZE = 128 };

static const char CREDENTIALS_NAME[] = "demo-credentials.json";

/* A demo trader's secrets, in the clear only until the file is written. */
struct secrets {
    char password[TEXT_SIZE];
    char api_key[TEXT_SIZE];
    char api_secret[TEXT_SIZE];
};

static const char *const TRADERS[FX_APP_DEMO_TRADERS] = {"alice@demo.local", "bob@demo.local"};
static const char *const BOTS[FX_APP_DEMO_BOTS] = {"maker@demo.local", "taker@demo.local"};

/* ---- commands ---------------------------------------------------------------------------------
 */

static fx_status run(struct fx_app_gateway *gateway, const struct fx_command *command)
{
    struct fx_event_result result;
    fx_status status = fx_app_gateway_call(gateway, command, &result);
    if (status == FX_OK) {
        status = result.reject.status;
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "demo",
               "a command was refused",
               fx_log_text("kind", fx_command_name((enum fx_command_kind)command->kind)),
               fx_log_status("err", status));
    }
    return status;
}

/* Of the deposit that a demo's user begins with. */
static const char DEMO_NAME[] = "@demo";

static fx_status list_instrument(struct fx_app_gateway *gateway, uint32_t index)
{
    struct fx_app_listing listing;
    fx_app_listing_make(index, &listing);
    const struct fx_market *market = fx_app_gateway_market(gateway);
    const fx_str symbol = fx_ids_symbol_str(&listing.instrument.symbol);
    const struct fx_market_symbol *listed = fx_market_find(market, symbol);
    struct fx_command command;
    fx_status status = FX_OK;
    if (listed == NULL) {
        command = fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.instrument = listing.instrument;
        status = run(gateway, &command);
        listed = fx_market_find(market, symbol);
    }
    if (status != FX_OK || listed == NULL) {
        return status == FX_OK ? FX_INTERNAL : status;
    }
    if (listed->definition.state != FX_INSTRUMENT_STATE_PENDING) {
        return FX_OK; /* PENDING: new, or an earlier life ended half-way (G4) */
    }
    const uint32_t id = listed->definition.instrument_id;
    command = fx_command_blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, id, 0);
    command.u.tiers.count = listing.tier_count;
    memcpy(command.u.tiers.tiers, listing.tiers, sizeof listing.tiers);
    status = run(gateway, &command);
    if (status == FX_OK) {
        command = fx_command_blank(FX_COMMAND_MARK_PRICE, id, 0);
        command.u.mark.mark_ticks = listing.first_mark_ticks;
        command.u.mark.index_ticks = listing.first_mark_ticks;
        status = run(gateway, &command);
    }
    if (status == FX_OK) {
        command = fx_command_blank(FX_COMMAND_SET_STATE, id, 0);
        command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
        status = run(gateway, &command);
    }
    return status;
}

static fx_status fund(const struct fx_app_demo_options *options,
                      uint64_t user_id,
                      const char *asset,
                      bool is_bot)
{
    struct fx_asset name;
    if (!fx_ids_asset(fx_str_of(asset), &name)) {
        return FX_INTERNAL;
    }
    const struct fx_rows_account *account =
        fx_view_account(fx_app_gateway_view(options->gateway), user_id, fx_str_of(asset));
    if (account != NULL && account->balance != 0) {
        return FX_OK; /* funded in an earlier life */
    }
    struct fx_command command;
    if (account == NULL) {
        command = fx_command_blank(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.user_id = user_id;
        command.u.account.asset = name;
        command.u.account.flags = is_bot ? FX_ACCOUNT_FLAG_BOT | FX_ACCOUNT_FLAG_MARKET_MAKER : 0;
        const fx_status status = run(options->gateway, &command);
        if (status != FX_OK) {
            return status;
        }
    }
    /* By name: where two processes of one log begin at once, the engine takes the first. */
    command = fx_command_blank(FX_COMMAND_DEPOSIT_NAMED, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.user_id = user_id;
    command.u.named.transfer.asset = name;
    command.u.named.transfer.type = FX_TRANSACTION_DEPOSIT;
    command.u.named.transfer.amount =
        fx_dec_one() * (strcmp(asset, "BTC") == 0 ? 1000 : 1000000000);
    memcpy(command.u.named.client_id.text, DEMO_NAME, sizeof DEMO_NAME - 1);
    command.u.named.client_id.size = sizeof DEMO_NAME - 1;
    return run(options->gateway, &command);
}

/* ---- users ------------------------------------------------------------------------------------
 */

static fx_status random_text(char target[TEXT_SIZE])
{
    uint8_t bytes[SECRET_BYTES];
    const fx_status status = fx_crypto_random(bytes, sizeof bytes);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf text;
    fx_buf_init(&text, TEXT_SIZE);
    fx_crypto_base64url_encode(&text, (fx_str){(const char *)bytes, sizeof bytes});
    const bool is_copied = fx_str_copy(fx_buf_str(&text), target, TEXT_SIZE);
    fx_buf_deinit(&text);
    fx_crypto_wipe(bytes, sizeof bytes);
    return is_copied ? FX_OK : FX_INTERNAL;
}

static fx_status insert_key(const struct fx_app_demo_options *options,
                            uint64_t user_id,
                            const struct secrets *secrets)
{
    struct fx_store_api_key key = {.user_id = user_id,
                                   .kind = "HMAC",
                                   .label = "demo",
                                   .scopes = "READ,WRITE",
                                   .created_us = options->now_us};
    uint64_t id = 0;
    if (!fx_str_copy(fx_str_of(secrets->api_key), key.key, sizeof key.key)) {
        return FX_INTERNAL;
    }
    const fx_status status = fx_api_key_seal(options->seal, &key, fx_str_of(secrets->api_secret));
    return status == FX_OK ? fx_store_api_key_insert(options->writer, &key, &id) : status;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): as one logs in: e-mail, password
static fx_status insert_user(const struct fx_app_demo_options *options,
                             const char *email,
                             const char *password,
                             bool is_bot,
                             uint64_t *id_out)
{
    struct fx_rows_user user = {.role = "user",
                                .status = "ACTIVE",
                                .allow_trade = true,
                                .enable_trading_fee = true,
                                .is_market_maker = is_bot,
                                .is_bot = is_bot,
                                .created_us = options->now_us};
    char random[TEXT_SIZE];
    fx_status status = random_text(random);
    if (status == FX_OK) {
        status = fx_password_hash(fx_str_of(password), options->password_cost, user.password_hash);
    }
    if (status != FX_OK) {
        return status;
    }
    (void)snprintf(user.email, sizeof user.email, "%s", email);
    (void)snprintf(user.user_type, sizeof user.user_type, "%s", is_bot ? "BOT" : "DEMO");
    (void)snprintf(user.uid, sizeof user.uid, "%.16s", random);
    return fx_store_user_insert(options->writer, &user, id_out);
}
// NOLINTEND(bugprone-easily-swappable-parameters)

/* @return OK with the user's id; *is_new_out tells whether `secrets` hold anything. */
static fx_status ensure_user(const struct fx_app_demo_options *options,
                             const char *email,
                             bool is_bot,
                             struct secrets *secrets,
                             uint64_t *id_out)
{
    struct fx_rows_user user;
    memset(secrets, 0, sizeof *secrets);
    fx_status status = fx_store_user_find_email(options->writer, fx_str_of(email), &user);
    if (status == FX_OK) {
        *id_out = user.id;
        return FX_OK;
    }
    if (status != FX_NOT_FOUND) {
        return status;
    }
    status = random_text(secrets->password);
    if (status == FX_OK) {
        status = random_text(secrets->api_key);
    }
    if (status == FX_OK) {
        status = random_text(secrets->api_secret);
    }
    if (status == FX_OK) {
        status = insert_user(options, email, secrets->password, is_bot, id_out);
    }
    if (status == FX_OK && !is_bot) {
        status = insert_key(options, *id_out, secrets);
    }
    return status;
}

static void append_credentials(struct fx_buf *json,
                               const char *email,
                               const struct secrets *secrets)
{
    fx_json_append_comma(json);
    fx_buf_append_byte(json, '{');
    fx_json_add_str(json, FX_STR("email"), fx_str_of(email));
    fx_json_add_str(json, FX_STR("password"), fx_str_of(secrets->password));
    fx_json_add_str(json, FX_STR("apiKey"), fx_str_of(secrets->api_key));
    fx_json_add_str(json, FX_STR("apiSecret"), fx_str_of(secrets->api_secret));
    fx_buf_append_byte(json, '}');
}

static fx_status write_credentials(const struct fx_app_demo_options *options, fx_str json)
{
    const fx_status status = fx_app_file_write_secret(options->data_dir, CREDENTIALS_NAME, json);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "demo",
               "the credentials cannot be written",
               fx_log_text("file", CREDENTIALS_NAME),
               fx_log_status("err", status));
        return status;
    }
    FX_LOG(FX_LOG_INFO,
           "demo",
           "two demo traders were made; their credentials are in the data directory",
           fx_log_text("file", CREDENTIALS_NAME));
    return FX_OK;
}

/* The file comes before the commit: whose process dies between the two makes new traders and a new
 * file at the next start, and never has traders whose passwords nobody knows (G4). */
static fx_status insert_traders(const struct fx_app_demo_options *options,
                                struct fx_app_demo_users *users,
                                struct fx_buf *json)
{
    struct secrets secrets;
    uint32_t new_count = 0;
    fx_status status = FX_OK;
    fx_buf_append_byte(json, '[');
    for (uint32_t index = 0; index < FX_APP_DEMO_TRADERS && status == FX_OK; index++) {
        status = ensure_user(options, TRADERS[index], false, &secrets, &users->traders[index]);
        if (status == FX_OK && secrets.password[0] != '\0') {
            append_credentials(json, TRADERS[index], &secrets);
            new_count++;
        }
    }
    fx_buf_append(json, FX_STR("]\n"));
    fx_crypto_wipe(&secrets, sizeof secrets);
    return status == FX_OK && new_count > 0 ? write_credentials(options, fx_buf_str(json)) : status;
}

static fx_status seed_traders(const struct fx_app_demo_options *options,
                              struct fx_app_demo_users *users)
{
    struct fx_buf json;
    fx_buf_init(&json, 4096);
    fx_status status = fx_store_begin(options->writer);
    if (status == FX_OK) {
        status = insert_traders(options, users, &json);
    }
    if (status == FX_OK) {
        status = fx_store_commit(options->writer);
    }
    if (status != FX_OK) {
        fx_store_rollback(options->writer);
    }
    if (json.data != NULL) {
        fx_crypto_wipe(json.data, json.capacity);
    }
    fx_buf_deinit(&json);
    return status;
}

fx_status fx_app_demo_seed(const struct fx_app_demo_options *options,
                           struct fx_app_demo_users *users_out)
{
    fx_status status = seed_traders(options, users_out);
    for (uint32_t index = 0; index < FX_APP_DEMO_BOTS && status == FX_OK; index++) {
        struct secrets secrets;
        status = ensure_user(options, BOTS[index], true, &secrets, &users_out->bots[index]);
        fx_crypto_wipe(&secrets, sizeof secrets);
    }
    for (uint32_t index = 0; index < FX_APP_LISTING_COUNT && status == FX_OK; index++) {
        status = list_instrument(options->gateway, index);
    }
    static const char *const ASSETS[] = {"USDT", "BTC"};
    for (size_t asset = 0; asset < 2 && status == FX_OK; asset++) {
        for (uint32_t index = 0; index < FX_APP_DEMO_TRADERS && status == FX_OK; index++) {
            status = fund(options, users_out->traders[index], ASSETS[asset], false);
        }
        for (uint32_t index = 0; index < FX_APP_DEMO_BOTS && status == FX_OK; index++) {
            status = fund(options, users_out->bots[index], ASSETS[asset], true);
        }
    }
    return status;
}
