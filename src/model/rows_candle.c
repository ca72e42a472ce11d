#include "model/rows_candle.h"

#include <stddef.h>

#include "base/panic.h"
#include "model/words.h"

static const struct fx_words_entry PRICES[] = {
    {FX_ROWS_CANDLE_PRICE_LAST, "LAST"},
    {FX_ROWS_CANDLE_PRICE_MARK, "MARK"},
    {FX_ROWS_CANDLE_PRICE_INDEX, "INDEX"},
    {FX_ROWS_CANDLE_PRICE_PREMIUM, "PREMIUM"},
};

const char *fx_rows_candle_price_name(enum fx_rows_candle_price price)
{
    const char *name = fx_words_name(PRICES, FX_ROWS_CANDLE_PRICES, price);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_rows_candle_price fx_rows_candle_price_of(fx_str name)
{
    return (enum fx_rows_candle_price)fx_words_number(PRICES, FX_ROWS_CANDLE_PRICES, name);
}
