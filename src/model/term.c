#include "model/term.h"

#include "base/panic.h"

/* Texts, not pointers: a table without addresses is constant on every build. */
struct entry {
    char name[24];
    char formula[232];
};

static const struct entry TERMS[FX_TERM_COUNT] = {
// NOLINTNEXTLINE(bugprone-macro-parentheses): texts that initialise arrays
#define X(symbol, name, formula) {name, formula},
#include "model/term.def"
#undef X
};

const char *fx_term_name(enum fx_term term)
{
    FX_ASSERT(term < FX_TERM_COUNT);
    return TERMS[term].name;
}

const char *fx_term_formula(enum fx_term term)
{
    FX_ASSERT(term < FX_TERM_COUNT);
    return TERMS[term].formula;
}
