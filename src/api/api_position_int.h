/**
 * @file api_position_int.h
 * What the files on positions share.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_POSITION_INT_H
#define FX_API_API_POSITION_INT_H

#include "api/api_int.h"

/** The instrument that symbol or the seed's instrumentId (from 1) names. @return OK; BAD_PARAMETER
 * where neither is given; UNKNOWN_SYMBOL. */
FX_MUST_USE fx_status fx_api_position_symbol(struct fx_api_call *call,
                                             const struct fx_market_symbol **symbol_out);

/** Words of the model, as fx_api_word_fn. */
uint32_t fx_api_position_side_of(fx_str name);

#endif
