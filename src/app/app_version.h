/**
 * @file app_version.h
 * Which program this is. Thread: any.
 */
#ifndef FX_APP_APP_VERSION_H
#define FX_APP_APP_VERSION_H

#define FX_APP_VERSION_TEXT "0.3.0"

/** The commit it was made of, "-dirty" where files were changed since; "unknown" without history.
 */
const char *fx_app_version(void);

#endif
