#include "store/store_fault.h"

#include <stdlib.h>

#include "base/rng.h"
#include "store/store_int.h"

enum { PPM = 1000000 };

struct fault_store {
    struct fx_store base; /* first: a handle is one */
    struct fx_store_ops ops;
    struct fx_store *inner;
    struct fx_rng rng;
    struct fx_store_faults faults;
    struct fx_store_fault_counts counts;
};

static struct fault_store *self_of(struct fx_store *store)
{
    return (struct fault_store *)store;
}

static struct fx_store *inner_of(struct fx_store *store)
{
    return ((struct fault_store *)store)->inner;
}

static bool happens(struct fault_store *self, uint32_t ppm)
{
    return ppm > 0 && fx_rng_below(&self->rng, PPM) < ppm;
}

/* As a server does when a connection or a victim is gone. */
static fx_status break_off(struct fault_store *self, fx_status status, const char *text)
{
    fx_store_rollback(self->inner);
    fx_store_note_error(&self->base, fx_str_of(text));
    return status;
}

static fx_status begin(struct fault_store *self)
{
    if (happens(self, self->faults.begin_busy_ppm)) {
        self->counts.begin_busy++;
        fx_store_note_error(&self->base, FX_STR("lock wait timeout"));
        return FX_BUSY;
    }
    fx_store_rollback(self->inner); /* of a process that died */
    return fx_store_begin(self->inner);
}

static fx_status commit(struct fault_store *self)
{
    if (!fx_store_is_in_transaction(self->inner)) {
        fx_store_note_error(&self->base, FX_STR("the transaction is gone"));
        return FX_IO;
    }
    if (happens(self, self->faults.commit_lost_ppm)) {
        self->counts.commit_lost++;
        return break_off(self, FX_IO, "connection cut before COMMIT");
    }
    const fx_status status = fx_store_commit(self->inner);
    if (status == FX_OK && happens(self, self->faults.commit_unknown_ppm)) {
        self->counts.commit_unknown++;
        return break_off(self, FX_IO, "connection cut after COMMIT");
    }
    return status;
}

static fx_status control(struct fx_store *store, enum fx_store_control what)
{
    struct fault_store *self = self_of(store);
    switch (what) {
    case FX_STORE_BEGIN:
        return begin(self);
    case FX_STORE_COMMIT:
        return commit(self);
    case FX_STORE_ROLLBACK:
        break;
    }
    fx_store_rollback(self->inner);
    return FX_OK;
}

/* Before a statement runs. Outside of a transaction the inner store would do it alone. */
static fx_status disturb(struct fault_store *self)
{
    if (self->base.is_in_transaction && !fx_store_is_in_transaction(self->inner)) {
        fx_store_note_error(&self->base, FX_STR("the transaction is gone"));
        return FX_IO;
    }
    if (happens(self, self->faults.deadlock_ppm)) {
        self->counts.deadlock++;
        return break_off(self, FX_BUSY, "deadlock found, transaction rolled back");
    }
    if (happens(self, self->faults.cut_ppm)) {
        self->counts.cut++;
        return break_off(self, FX_IO, "connection cut");
    }
    return FX_OK;
}

static fx_status script(struct fx_store *store, fx_str sql)
{
    return inner_of(store)->ops->script(inner_of(store), sql);
}

static fx_status prepare(struct fx_store *store, fx_str sql, void **statement_out)
{
    return inner_of(store)->ops->prepare(inner_of(store), sql, statement_out);
}

static void finalize(struct fx_store *store, void *statement)
{
    inner_of(store)->ops->finalize(inner_of(store), statement);
}

static fx_status execute(struct fx_store *store,
                         void *statement,
                         const struct fx_store_values *values,
                         uint64_t *changed_out)
{
    const fx_status status = disturb(self_of(store));
    return status == FX_OK
               ? inner_of(store)->ops->execute(inner_of(store), statement, values, changed_out)
               : status;
}

static fx_status query(struct fx_store *store,
                       void *statement,
                       const struct fx_store_values *values)
{
    const fx_status status = disturb(self_of(store));
    return status == FX_OK ? inner_of(store)->ops->query(inner_of(store), statement, values)
                           : status;
}

static fx_status next(struct fx_store *store, void *statement, bool *has_row_out)
{
    return inner_of(store)->ops->next(inner_of(store), statement, has_row_out);
}

static struct fx_store_value column(struct fx_store *store, void *statement, uint32_t index)
{
    return inner_of(store)->ops->column(inner_of(store), statement, index);
}

static void reset(struct fx_store *store, void *statement)
{
    inner_of(store)->ops->reset(inner_of(store), statement);
}

static uint64_t last_id(struct fx_store *store)
{
    return inner_of(store)->ops->last_id(inner_of(store));
}

static fx_status insert(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values)
{
    const fx_status status = disturb(self_of(store));
    return status == FX_OK ? inner_of(store)->ops->insert(inner_of(store), table, values) : status;
}

static fx_status upsert(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values)
{
    const fx_status status = disturb(self_of(store));
    return status == FX_OK ? inner_of(store)->ops->upsert(inner_of(store), table, values) : status;
}

static void close_store(struct fx_store *store)
{
    fx_store_teardown(store);
    free(store);
}

static const struct fx_store_migrate_item *no_migrations(uint32_t *count_out)
{
    *count_out = 0; /* the inner store has had them */
    return NULL;
}

/* What is not said here is a matter of words: the inner store's. */
static void take_ops(struct fault_store *self)
{
    self->ops = *self->inner->ops;
    self->ops.close = close_store;
    self->ops.control = control;
    self->ops.script = script;
    self->ops.prepare = prepare;
    self->ops.finalize = finalize;
    self->ops.execute = execute;
    self->ops.query = query;
    self->ops.next = next;
    self->ops.column = column;
    self->ops.reset = reset;
    self->ops.last_id = last_id;
    self->ops.insert = insert;
    self->ops.upsert = upsert;
    self->ops.take_turn = NULL; /* one writer */
    self->ops.migrations = no_migrations;
}

fx_status fx_store_fault_open(struct fx_store *inner, uint64_t seed, struct fx_store **store_out)
{
    struct fault_store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return FX_NO_MEMORY;
    }
    self->inner = inner;
    fx_rng_init(&self->rng, seed);
    take_ops(self);
    const fx_status status = fx_store_setup(&self->base, &self->ops, true);
    if (status != FX_OK) {
        close_store(&self->base);
        return status;
    }
    *store_out = &self->base;
    return FX_OK;
}

void fx_store_fault_set(struct fx_store *store, const struct fx_store_faults *faults)
{
    self_of(store)->faults = *faults;
}

void fx_store_fault_counts(const struct fx_store *store, struct fx_store_fault_counts *counts_out)
{
    *counts_out = ((const struct fault_store *)store)->counts;
}
