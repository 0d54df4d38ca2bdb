// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { directoryOf } from './fixture.js';

/** What stands for a kernel's sources: two modules, and the headers that they need. */
const files: Readonly<Record<string, string>> = {
  Makefile: 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 95\nEXTRAVERSION = -rc1\nNAME = None\n',
  'scripts/Makefile.lib': 'modname_flags = -DKBUILD_MODNAME=$(x) \\\n\t-D__KBUILD_MODNAME=kmod_$(x)\n',
  'include/linux/kconfig.h': '#include <generated/autoconf.h>\n',
  'include/linux/compiler_types.h': '#define __user\n#ifndef __KERNEL__\n#error user space\n#endif\n',
  'include/linux/compiler-version.h': '',
  'include/linux/module.h':
    'enum module_state { MODULE_STATE_LIVE, MODULE_STATE_UNFORMED };\n' +
    'struct module { enum module_state state; const char *name; int (*init)(void); void (*exit)(void); };\n' +
    'extern struct module __this_module;\n' +
    '#define module_init(fn) int init_module(void) __attribute__((alias(#fn)));\n' +
    '#define module_exit(fn) void cleanup_module(void) __attribute__((alias(#fn)));\n',
  'include/linux/ring.h': '#include <asm/ring.h>\nint ring_shared(void);\n',
  'include/linux/unused.h': '',
  'include/uapi/linux/types.h': '',
  'include/asm-generic/bug.h': '',
  'include/asm-generic/ring.h': '#define RING_GENERIC 1\n',
  'include/uapi/asm-generic/ioctl.h': '',
  'lib/Makefile': 'obj-y += string.o helper.o\nCFLAGS_helper.o := -DHELPED=7\n',
  'init/Kconfig': '',
  'lib/string.c': '',
  'lib/helper.c': '#ifdef MODULE\n#error built in\n#endif\nint helped(void) { return HELPED; }\n',
  'drivers/ring/Makefile':
    'ccflags-y += -I$(srctree)/$(src)/include -DRING\n' +
    'ring-core-y := core.o\nring-core-$(CONFIG_RING_MORE) += more.o\n' +
    'obj-m += ring-core.o\nobj-$(CONFIG_RING_USER) += ring-user.o\nring-user-objs := user.o\n',
  'drivers/ring/include/inner.h': '#define INNER 1\n',
  'drivers/ring/core.c':
    '#include <linux/module.h>\n#include <linux/ring.h>\n#include "inner.h"\n' +
    '#if !defined(MODULE) || !RING || !RING_GENERIC || !INNER\n#error not as its build has it\n#endif\n' +
    'const char *ring_name(void) { return KBUILD_MODNAME; }\n' +
    'struct module *ring_owner(void) { return &__this_module; }\n' +
    'static int ring_start(void) { return 0; }\nmodule_init(ring_start);\n',
  'drivers/ring/more.c': 'int ring_more;\n',
  'drivers/ring/user.c':
    '#include <linux/module.h>\nint ring_used;\nstatic int start(void) { return 1; }\nstatic void stop(void) { }\n' +
    'module_init(start);\nmodule_exit(stop);\n',
};

/** A directory with it, removed when the test ends; `null` takes a file away. */
export function tinyTree(changes: Readonly<Record<string, string | null>> = {}): Promise<string> {
  const changed = Object.entries({ ...files, ...changes }).flatMap(([path, text]) =>
    text === null ? [] : [[path, text] as const],
  );
  return directoryOf(Object.fromEntries(changed));
}
