/**
 * @file save_kit.h
 * What savers' tests save: a perpetual with ticks of 0.1 and lots of 0.001.
 */
#ifndef FX_TESTS_SAVE_KIT_H
#define FX_TESTS_SAVE_KIT_H

#include <string.h>

#include "base/dec.h"
#include "fx_test.h"
#include "model/instrument.h"

static inline struct fx_instrument save_kit_instrument(const char *symbol)
{
    struct fx_instrument instrument;
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = fx_dec_one() / 10;
    instrument.lot_size = fx_dec_one() / 1000;
    instrument.multiplier = fx_dec_one();
    instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument.kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument.state = FX_INSTRUMENT_STATE_TRADING;
    assert_true(fx_ids_symbol(fx_str_of(symbol), &instrument.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument.settle));
    return instrument;
}

#endif
