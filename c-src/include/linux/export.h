/* SPDX-License-Identifier: GPL-2.0-only */
/* All modules are one program, in which every symbol is there for all. */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#define EXPORT_NOTHING(symbol) struct export_of_##symbol
#define EXPORT_SYMBOL(symbol) EXPORT_NOTHING(symbol)
#define EXPORT_SYMBOL_GPL(symbol) EXPORT_NOTHING(symbol)
#define EXPORT_SYMBOL_NS(symbol, space) EXPORT_NOTHING(symbol)
#define EXPORT_SYMBOL_NS_GPL(symbol, space) EXPORT_NOTHING(symbol)

#endif
