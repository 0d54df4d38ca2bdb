// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** Module parameters of further types. */
export const treeParameters: Contracts = {
  'a text is copied into what a parameter has for it, if it fits with its end': `
    #include <linux/moduleparam.h>
    static char short_text[4];
    static struct kparam_string short_string = { .maxlen = sizeof(short_text), .string = short_text };
    static const struct kernel_param short_param = { .name = "short", .ops = &param_ops_string, .perm = 0644, .str = &short_string };
    -----
    CHECK(!param_set_copystring("abc", &short_param) && !strcmp(short_text, "abc"));
    CHECK(param_set_copystring("abcd", &short_param) == -ENOSPC && !strcmp(short_text, "abc"));
    CHECK(!param_ops_string.set("", &short_param) && !*short_text);`,
  'a text that a parameter points to is a copy, of 1024 characters at most': `
    static char *pointed = "built in";
    static char long_text[1026];
    static const struct kernel_param charp_param = { .name = "charp", .ops = &param_ops_charp, .perm = 0644, .arg = &pointed };
    -----
    char text[] = "first";
    CHECK(!param_set_charp(text, &charp_param) && pointed != text);
    text[0] = 'x';
    CHECK(!strcmp(pointed, "first") && !param_ops_charp.set("second", &charp_param) && !strcmp(pointed, "second"));
    memset(long_text, 'a', 1025);
    CHECK(param_set_charp(long_text, &charp_param) == -ENOSPC && !strcmp(pointed, "second"));
    long_text[1024] = 0;
    CHECK(!param_set_charp(long_text, &charp_param) && strlen(pointed) == 1024 && stub_check_leaks() == 0);`,
  'a text for which there is no memory is an error': `
    FAIL(kmalloc);
    CHECK(param_set_charp("text", &charp_param) == -ENOMEM && !param_set_charp("text", &charp_param));`,
  'setting a text may sleep': {
    c: `
    preempt_disable();
    CHECK(!param_set_charp("text", &charp_param));
    preempt_enable();`,
    violations: ['sleep-in-atomic'],
  },

  'numbers have the range of their type': `
    static u8 byte_value;
    static unsigned long long wide_value;
    static const struct kernel_param byte_param = { .name = "byte", .ops = &param_ops_byte, .perm = 0644, .arg = &byte_value };
    static const struct kernel_param wide_param = { .name = "wide", .ops = &param_ops_ullong, .perm = 0644, .arg = &wide_value };
    -----
    CHECK(!param_set_byte("255", &byte_param) && byte_value == 255 && param_set_byte("256", &byte_param) == -ERANGE);
    CHECK(param_set_byte("-1", &byte_param) == -EINVAL && param_set_byte("x", &byte_param) == -EINVAL && byte_value == 255);
    CHECK(!param_ops_byte.set("0x10", &byte_param) && byte_value == 16);
    CHECK(!param_set_ullong("18446744073709551615", &wide_param) && wide_value == ~0ull);
    CHECK(param_set_ullong("18446744073709551616", &wide_param) == -ERANGE && !param_ops_ullong.set("010", &wide_param) && wide_value == 8);`,

  'an inverted switch is on where the text says off': `
    static bool inverted;
    static const struct kernel_param invbool_param = { .name = "invbool", .ops = &param_ops_invbool, .perm = 0644, .arg = &inverted };
    -----
    CHECK(!param_set_invbool("n", &invbool_param) && inverted && !param_ops_invbool.set("1", &invbool_param) && !inverted);
    CHECK(param_set_invbool("maybe", &invbool_param) == -EINVAL && !inverted);
    inverted = true;
    CHECK(!param_set_invbool(NULL, &invbool_param) && !inverted);`,
  'a switch that is only for switching on stays on': `
    static bool enabled_only;
    static const struct kernel_param enable_param = { .name = "enable", .ops = &param_ops_bool_enable_only, .perm = 0644, .arg = &enabled_only };
    -----
    CHECK(!param_set_bool_enable_only("0", &enable_param) && !enabled_only && param_set_bool_enable_only("x", &enable_param) == -EINVAL);
    CHECK(!param_set_bool_enable_only("y", &enable_param) && enabled_only && !param_set_bool_enable_only("1", &enable_param));
    CHECK(param_set_bool_enable_only("n", &enable_param) == -EROFS && enabled_only);
    enabled_only = false;
    CHECK(!param_ops_bool_enable_only.set(NULL, &enable_param) && enabled_only && param_ops_bool_enable_only.flags & KERNEL_PARAM_OPS_FL_NOARG);`,
};
