#include "wire/wire_referral.h"

#include "base/json.h"

enum { US_PER_MS = 1000 };

static bool is_told(uint64_t user_id, bool is_bot)
{
    return user_id != 0 && !is_bot;
}

/* What the messages have in common. tradeId and operationId name the trade for ever: who gets it
 * twice knows it again. */
static void add_trade(struct fx_buf *buf, const struct fx_rows_trade *trade)
{
    /* Liquidations have a type of their own: they earn no referral. */
    const bool is_plain = trade->note == FX_TRADE_NOTE_NONE;
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&trade->asset));
    fx_json_add_dec(buf, FX_STR("volume"), trade->value);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&trade->symbol));
    fx_json_add_str(buf,
                    FX_STR("type"),
                    is_plain ? FX_STR("TRADE") : fx_str_of(fx_event_trade_note_name(trade->note)));
    fx_json_add_int(buf, FX_STR("tradeId"), (int64_t)trade->id);
    fx_json_add_id(buf, FX_STR("operationId"), trade->operation_id);
    fx_json_add_int(buf, FX_STR("timestamp"), trade->created_us / US_PER_MS);
}

bool fx_wire_referral_trade(struct fx_buf *buf,
                            const struct fx_rows_trade *trade,
                            struct fx_wire_referral_sides sides)
{
    const bool has_buyer = is_told(trade->buy_user_id, sides.buyer_is_bot);
    const bool has_seller = is_told(trade->sell_user_id, sides.seller_is_bot);
    if (!has_buyer && !has_seller) {
        return false;
    }
    fx_buf_append_byte(buf, '{');
    if (has_buyer) {
        fx_json_add_int(buf, FX_STR("buyUserId"), (int64_t)trade->buy_user_id);
        fx_json_add_dec(buf, FX_STR("buyFee"), trade->buy_fee);
    }
    if (has_seller) {
        fx_json_add_int(buf, FX_STR("sellUserId"), (int64_t)trade->sell_user_id);
        fx_json_add_dec(buf, FX_STR("sellFee"), trade->sell_fee);
    }
    add_trade(buf, trade);
    fx_buf_append_byte(buf, '}');
    return true;
}

bool fx_wire_referral_reward(struct fx_buf *buf,
                             const struct fx_rows_trade *trade,
                             struct fx_wire_referral_sides sides,
                             enum fx_side side)
{
    const bool is_buyer = side == FX_SIDE_BUY;
    const uint64_t user_id = is_buyer ? trade->buy_user_id : trade->sell_user_id;
    if (!is_told(user_id, is_buyer ? sides.buyer_is_bot : sides.seller_is_bot)) {
        return false;
    }
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("userId"), (int64_t)user_id);
    add_trade(buf, trade);
    fx_buf_append_byte(buf, '}');
    return true;
}
