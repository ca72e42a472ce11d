/**
 * @file app_version.h
 * Which program this is. Thread: any.
 */
#ifndef FX_APP_APP_VERSION_H
#define FX_APP_APP_VERSION_H

#define FX_APP_VERSION_TEXT "0.3.0"

#endif
