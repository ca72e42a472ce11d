/* wire/wire_place: any body gives an order within the filters, or a status with a member's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "wire/wire_place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fx_instrument make_instrument(void)
{
    struct fx_instrument instrument;
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = fx_dec_one() / 10;
    instrument.lot_size = fx_dec_one() / 1000;
    instrument.multiplier = fx_dec_one();
    instrument.min_notional = fx_dec_one() * 5;
    instrument.min_lots = 1;
    instrument.max_lots = 1000000;
    instrument.max_market_lots = 500000;
    instrument.max_ticks = 10000000;
    instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    return instrument;
}

static void check_command(const struct fx_command *command, const struct fx_instrument *instrument)
{
    const struct fx_command_place *place = &command->u.place;
    FX_ASSERT(place->lots >= instrument->min_lots && place->lots <= instrument->max_lots);
    FX_ASSERT(place->side == FX_SIDE_BUY || place->side == FX_SIDE_SELL);
    FX_ASSERT(place->time_in_force >= FX_TIME_IN_FORCE_GTC &&
              place->time_in_force <= FX_TIME_IN_FORCE_GTD);
    FX_ASSERT(place->margin_mode <= FX_MARGIN_MODE_ISOLATED);
    FX_ASSERT(place->post_only_mode <= FX_POST_ONLY_MODE_SLIDE);
    FX_ASSERT(place->leverage_centi == 0 || place->leverage_centi >= 100);
    FX_ASSERT(place->client_id.size <= FX_CLIENT_ID_SIZE_MAX);
    FX_ASSERT(place->expire_us >= 0);
    if (place->type == FX_ORDER_TYPE_LIMIT) {
        FX_ASSERT(place->price_ticks >= 1 && place->price_ticks <= instrument->max_ticks);
    } else {
        FX_ASSERT(place->type == FX_ORDER_TYPE_MARKET && place->price_ticks == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fx_json json;
    const struct fx_instrument instrument = make_instrument();
    struct fx_wire_place place;
    struct fx_command command;
    struct fx_reject reject;
    fx_str field = {0};
    fx_str symbol = {0};
    if (size == 0 || fx_json_parse(&json, (fx_str){(const char *)data, size}) != FX_OK) {
        return 0;
    }
    const fx_status named = fx_wire_place_symbol(&json, &json.tokens[0], &symbol);
    FX_ASSERT(named == FX_OK || named == FX_BAD_PARAMETER);
    if (json.tokens[0].kind != FX_JSON_OBJECT) {
        return 0;
    }
    fx_status status = fx_wire_place_parse(&json, &json.tokens[0], &place, &field);
    if (status != FX_OK) {
        FX_ASSERT(field.size > 0);
        return 0;
    }
    memset(&command, 0, sizeof command);
    memset(&reject, 0, sizeof reject);
    status = fx_wire_place_command(&place, &instrument, &command, &reject);
    if (status == FX_OK) {
        check_command(&command, &instrument);
    } else {
        FX_ASSERT(reject.status == status && reject.field != FX_FIELD_NONE);
    }
    return 0;
}
