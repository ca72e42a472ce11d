/**
 * @file api_openapi.h
 * The contract of the REST interface as an OpenAPI 3.0.3 document, made from the tables of routes,
 * parameters and schemas: what it says is what the router does. Thread: any.
 */
#ifndef FX_API_API_OPENAPI_H
#define FX_API_API_OPENAPI_H

#include "base/buf.h"

/** Append the document as JSON, one path or schema a line. About 100 KiB. */
void fx_api_openapi_write(struct fx_buf *buf);

/** Append the table of routes for people: method, path, guard, right of keys, weight, summary. */
void fx_api_openapi_routes(struct fx_buf *buf);

#endif
