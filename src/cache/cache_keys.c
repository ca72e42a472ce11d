#include "cache/cache_keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/panic.h"

enum { PARTS_MAX = 3 };

/* What stands before each value of a key. */
enum key {
    KEY_ACCOUNT,
    KEY_ACCOUNT_ASSET,
    KEY_ORDER,
    KEY_ORDER_TMP,
    KEY_POSITION,
    KEY_POSITION_SHORT,
    KEY_TICKER,
    KEY_ORDERBOOK
};

static const char *const WORDS[][PARTS_MAX] = {
    [KEY_ACCOUNT] = {"accounts:userId_", ":accountId_"},
    [KEY_ACCOUNT_ASSET] = {"accounts:userId_", ":asset_"},
    [KEY_ORDER] = {"orders:userId_", ":orderId_"},
    [KEY_ORDER_TMP] = {"orders:userId_", ":tmpId_"},
    [KEY_POSITION] = {"positions:userId_", ":accountId_", ":positionId_"},
    [KEY_POSITION_SHORT] = {"positions:userId_", ":positionId_"},
    [KEY_TICKER] = {"ticker:"},
    [KEY_ORDERBOOK] = {"orderbook:"},
};

/* A value: a text, or where it has none a number. */
struct part {
    fx_str text;
    uint64_t number;
};

static struct part number_of(uint64_t number)
{
    return (struct part){.number = number};
}

static struct part text_of(fx_str text)
{
    FX_ASSERT(text.size > 0);
    return (struct part){.text = text};
}

static fx_str make(enum key key,
                   const struct part parts[PARTS_MAX],
                   struct fx_cache_keys_text *text)
{
    size_t size = 0;
    for (uint32_t index = 0; index < PARTS_MAX && WORDS[key][index] != NULL; index++) {
        const struct part *part = &parts[index];
        char number[24];
        (void)snprintf(number, sizeof number, "%" PRIu64, part->number);
        const fx_str value = part->text.size > 0 ? part->text : fx_str_of(number);
        const int added = snprintf(text->bytes + size,
                                   sizeof text->bytes - size,
                                   "%s%.*s",
                                   WORDS[key][index],
                                   (int)value.size,
                                   value.data);
        FX_ASSERT(added > 0 && size + (size_t)added <= FX_CACHE_KEY_SIZE_MAX);
        size += (size_t)added;
    }
    return (fx_str){text->bytes, size};
}

/* A key of two numbers. */
static fx_str make_name(enum key key,
                        struct fx_cache_keys_name name,
                        struct fx_cache_keys_text *text)
{
    const struct part parts[PARTS_MAX] = {number_of(name.user_id), number_of(name.id)};
    return make(key, parts, text);
}

fx_str fx_cache_keys_account(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return make_name(KEY_ACCOUNT, name, text);
}

fx_str fx_cache_keys_account_asset(uint64_t user_id, fx_str asset, struct fx_cache_keys_text *text)
{
    const struct part parts[PARTS_MAX] = {number_of(user_id), text_of(asset)};
    return make(KEY_ACCOUNT_ASSET, parts, text);
}

fx_str fx_cache_keys_order(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return make_name(KEY_ORDER, name, text);
}

fx_str fx_cache_keys_order_tmp(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return make_name(KEY_ORDER_TMP, name, text);
}

fx_str fx_cache_keys_position(struct fx_cache_keys_name name,
                              uint64_t account_id,
                              struct fx_cache_keys_text *text)
{
    const struct part parts[PARTS_MAX] = {
        number_of(name.user_id), number_of(account_id), number_of(name.id)};
    return make(KEY_POSITION, parts, text);
}

fx_str fx_cache_keys_position_short(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return make_name(KEY_POSITION_SHORT, name, text);
}

fx_str fx_cache_keys_ticker(fx_str symbol, struct fx_cache_keys_text *text)
{
    const struct part parts[PARTS_MAX] = {text_of(symbol)};
    return make(KEY_TICKER, parts, text);
}

fx_str fx_cache_keys_orderbook(fx_str symbol, struct fx_cache_keys_text *text)
{
    const struct part parts[PARTS_MAX] = {text_of(symbol)};
    return make(KEY_ORDERBOOK, parts, text);
}
