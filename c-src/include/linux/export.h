/* SPDX-License-Identifier: GPL-2.0-only */
/* All modules are one program, in which every symbol is there for all. */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#define __STUB_EXPORT_NOTHING(symbol) struct export_of_##symbol
#define EXPORT_SYMBOL(symbol) __STUB_EXPORT_NOTHING(symbol)
#define EXPORT_SYMBOL_GPL(symbol) __STUB_EXPORT_NOTHING(symbol)
#define EXPORT_SYMBOL_NS(symbol, space) __STUB_EXPORT_NOTHING(symbol)
#define EXPORT_SYMBOL_NS_GPL(symbol, space) __STUB_EXPORT_NOTHING(symbol)

/* The module that a file belongs to. */
struct module;

#define __STUB_MODULE_PASTE(a, b) a##b
#define __STUB_MODULE_SYMBOL(prefix, name) __STUB_MODULE_PASTE(prefix, name)

#ifdef KBUILD_MODNAME
extern struct module __STUB_MODULE_SYMBOL(module_, KBUILD_MODNAME);
#endif
#define THIS_MODULE (&__STUB_MODULE_SYMBOL(module_, KBUILD_MODNAME))

#endif
