/* wire/wire_topic_in: any text gives a command, an order, a cancel, or a status. What was read is
 * written and read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "wire/wire_topic_in.h"
#include "wire/wire_topic_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fx_instrument *find(void *context, fx_str symbol)
{
    struct fx_instrument *instrument = context;
    return fx_str_is_equal(symbol, fx_ids_symbol_str(&instrument->symbol)) ? instrument : NULL;
}

static void check_again(const struct fx_wire_topic_in *in, struct fx_instrument *instrument)
{
    static struct fx_json json;
    static struct fx_wire_topic_in again;
    struct fx_buf buf;
    fx_str field = {0};
    fx_buf_init(&buf, 1 << 20);
    const bool has_symbol = in->command.instrument != FX_COMMAND_ALL_INSTRUMENTS;
    const fx_status status =
        fx_wire_topic_out_command(&buf, &in->command, has_symbol ? instrument : NULL);
    FX_ASSERT(status == FX_OK);
    if (!buf.is_overflow &&
        fx_wire_topic_in_command(&json, fx_buf_str(&buf), find, instrument, &again, &field) ==
            FX_OK) {
        FX_ASSERT(memcmp(&again.command, &in->command, sizeof in->command) == 0);
    }
    fx_buf_deinit(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fx_json json;
    static struct fx_wire_topic_in in;
    struct fx_instrument instrument;
    struct fx_wire_topic_in_order order;
    struct fx_command command;
    fx_str field = {0};
    const fx_str text = {(const char *)data, size};
    if (size == 0) {
        return 0;
    }
    memset(&instrument, 0, sizeof instrument);
    const bool is_named = fx_ids_symbol(FX_STR("BTCUSDT"), &instrument.symbol);
    FX_ASSERT(is_named);
    instrument.tick_size = fx_dec_one() / 10;
    instrument.lot_size = fx_dec_one() / 1000;
    if (fx_wire_topic_in_command(&json, text, find, &instrument, &in, &field) == FX_OK &&
        in.kind == FX_WIRE_TOPIC_IN_COMMAND) {
        check_again(&in, &instrument);
    }
    if (fx_wire_topic_in_order(&json, text, &order, &field) == FX_OK) {
        FX_ASSERT(order.user_id != 0 && order.symbol.size > 0);
    }
    if (fx_wire_topic_in_cancel(&json, text, &command, &field) == FX_OK) {
        FX_ASSERT(command.user_id != 0 && command.u.cancel.order_id != 0);
    }
    return 0;
}
