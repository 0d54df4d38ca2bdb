// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** A text that a format and its arguments come to. */
const says = (text: string, ...args: string[]): string =>
  `    CHECK(snprintf(printed, sizeof(printed), ${args.join(', ')}) == (int)strlen(${text}) && !strcmp(printed, ${text}));\n`;

const printed = (...lines: string[]): string => `\n    char printed[96];\n${lines.join('')}`;

/** Texts from formats, and values from texts. */
export const treePrinting: Contracts = {
  'numbers are printed in their bases': printed(
    says('"-7 7 7"', '"%d %i %u"', '-7', '7', '7u'),
    says('"0 17 ff FF"', '"%x %o %x %X"', '0', '15', '255', '255'),
    says('"-2147483648 4294967295"', '"%d %u"', 'INT_MIN', 'UINT_MAX'),
    says('"-9223372036854775808 18446744073709551615"', '"%lld %llu"', 'LLONG_MIN', '~0ull'),
    says('"1777777777777777777777"', '"%llo"', '~0ull'),
    says('"100% of 5"', '"100%% of %d"', '5'),
  ),
  'a length says how wide an argument is': printed(
    says('"-1 255 -1 65535"', '"%hhd %hhu %hd %hu"', '255', '255', '65535', '65535'),
    says('"1 7 9 -3"', '"%ld %lx %zu %zd"', '1l', '7ul', '9ul', '-3l'),
    says('"4294967296 100000000"', '"%llu %llx"', '1ull << 32', '1ull << 32'),
    says('"12345678 5"', '"%llx %d"', '0x12345678ull', '5'),
  ),
  'a width fills in front, or behind where there is a minus, or with zeroes': printed(
    says('"[   42] [42   ] [00042]"', '"[%5d] [%-5d] [%05d]"', '42', '42', '42'),
    says('"[  -42] [-42  ] [-0042]"', '"[%5d] [%-5d] [%05d]"', '-42', '-42', '-42'),
    says('"[   42] [42   ]"', '"[%*d] [%*d]"', '5', '42', '-5', '42'),
    says('"[12345] [12345]"', '"[%3d] [%-3d]"', '12345', '12345'),
    says('"[  ab] [ab  ] [c   ]"', '"[%4s] [%-4s] [%-4c]"', '"ab"', '"ab"', "'c'"),
  ),
  'a precision is the least number of digits, and the largest of characters': printed(
    says('"00042 -00042 [  007]"', '"%.5d %.5d [%5.3d]"', '42', '-42', '7'),
    says('"0042 [00ff  ]"', '"%.*u [%-6.4x]"', '4', '42', '255'),
    says(
      '"abc [  ab] [ab  ] []"',
      '"%.3s [%4.2s] [%-4.2s] [%.0s]"',
      '"abcdef"',
      '"abcdef"',
      '"abcdef"',
      '"x"',
    ),
    says('"abc 7"', '"%.*s %.*d"', '-1', '"abc"', '-1', '7'),
    // A C library prints no digit of these zeroes; the kernel's own test says that it prints one.
    says('"00|0|0|0|0"', '"%.2d|%.1d|%.0d|%.*d|%1.0d"', '0', '0', '0', '0', '0', '0'),
  ),
  'what is not ended is printed up to its precision': printed(`
    char part[2] = { 'a', 'b' };
    CHECK(snprintf(printed, 96, "%.2s.", part) == 3 && !strcmp(printed, "ab."));
`),
  'a sign or a blank stands in front of what is not negative, a prefix in front of other bases': printed(
    '    const char *both = "%+ d % +d %-05d.";\n',
    says('"+7 +7 7    ."', 'both', '7', '7', '7'),
    says('"+7 -7  7"', '"%+d %+d % d"', '7', '-7', '7'),
    says('"0x1f 0X1F 017 0x0 0"', '"%#x %#X %#o %#x %#o"', '31', '31', '15', '0', '0'),
    says('"[  0x1f] [0x001f] [0x1f  ] [+0007]"', '"[%#6x] [%#06x] [%-#6x] [%+05d]"', '31', '31', '31', '7'),
  ),
  'a character is one, also where it is 0': printed(`
    CHECK(snprintf(printed, 96, "a%cb%c", 0, 'c') == 4 && !memcmp(printed, "a\\0bc", 5));
    CHECK(snprintf(printed, 96, "[%3c]", 'x') == 5 && !strcmp(printed, "[  x]"));
`),
  'a text that is none is said to be none': printed(
    says('"(null) (nu [  (null)]"', '"%s %.3s [%8s]"', '(char *)NULL', '(char *)NULL', '(char *)NULL'),
    says('"(efault)"', '"%s"', '(char *)ERR_PTR(-EIO)'),
  ),
  'pointers have as many digits as there can be': printed(
    says('"12345678 00000000"', '"%p %p"', '(void *)0x12345678', 'NULL'),
    says('"0000abcd 0000abcd."', '"%px %pK."', '(void *)0xabcd', '(void *)0xabcd'),
    says('"[        abcd] [abcd    ]"', '"[%12px] [%-8px]"', '(void *)0xabcd', '(void *)0xabcd'),
  ),
  'an error that is a pointer is printed as its number': printed(
    says('"-12 00001000."', '"%pe %pe."', 'ERR_PTR(-ENOMEM)', '(void *)0x1000'),
    says('"[   -5] [-5   ]"', '"[%5pe] [%-5pe]"', 'ERR_PTR(-EIO)', 'ERR_PTR(-EIO)'),
  ),
  'a conversion that is none is warned of, and ends the text': {
    c: `
    char printed[16], format[] = "a%n";
    CHECK(snprintf(printed, 16, format, (int *)NULL) == 1 && !strncmp(printed, "a", 1));
    format[2] = 'f';
    CHECK(snprintf(printed, 16, format, 0) == 1);`,
    violations: ['warned', 'warned'],
  },

  'snprintf ends what it cuts, and returns how long it would have been': `
    char printed[6] = "zzzzz";
    CHECK(snprintf(printed, 4, "%s", "abcdef") == 6 && !strcmp(printed, "abc") && printed[4] == 'z');
    CHECK(snprintf(printed, 4, "%d", 1234) == 4 && !strcmp(printed, "123") && snprintf(printed, 4, "abc") == 3);
    CHECK(snprintf(printed, 1, "abc") == 3 && !printed[0]);
    printed[0] = 'z';
    CHECK(snprintf(printed, 0, "abc") == 3 && printed[0] == 'z' && snprintf(NULL, 0, "%d", 12345) == 5);`,
  'a room beyond an int is warned of, and nothing is written': {
    c: `
    char printed[4] = "abc";
    CHECK(snprintf(printed, (size_t)INT_MAX + 1, "x") == 0 && !strcmp(printed, "abc"));`,
    violations: ['warned'],
  },
  'scnprintf returns what it has written': `
    char printed[6] = "zzzzz";
    CHECK(scnprintf(printed, 4, "abcdef") == 3 && !strcmp(printed, "abc") && scnprintf(printed, 6, "ab") == 2 && !strcmp(printed, "ab"));
    CHECK(scnprintf(printed, 1, "abc") == 0 && !printed[0]);
    printed[0] = 'z';
    CHECK(scnprintf(printed, 0, "abc") == 0 && printed[0] == 'z');`,
  'sprintf has all the room that there is': `
    char printed[16];
    CHECK(sprintf(printed, "%s-%03u", "ab", 7u) == 6 && !strcmp(printed, "ab-007"));`,
  'with arguments in a list, which is as it was afterwards': `
    #include <linux/stdarg.h>
    static int print_twice(char *first, char *second, const char *format, ...)
    {
      va_list args;
      int ret;
      va_start(args, format);
      ret = vsprintf(first, format, args);
      va_end(args);
      va_start(args, format);
      ret = ret * 100 + vscnprintf(second, 4, format, args) * 10 + vsnprintf(NULL, 0, format, args);
      va_end(args);
      return ret;
    }
    static int scan_list(const char *text, const char *format, ...)
    {
      va_list args;
      int ret;
      va_start(args, format);
      ret = vsscanf(text, format, args);
      va_end(args);
      return ret;
    }
    static const char *print_const(const char *format, ...)
    {
      const char *text;
      va_list args;
      va_start(args, format);
      text = kvasprintf_const(GFP_KERNEL, format, args);
      va_end(args);
      return text;
    }
    static char *print_new(const char *format, ...)
    {
      char *text;
      va_list args;
      va_start(args, format);
      text = kvasprintf(GFP_KERNEL, format, args);
      va_end(args);
      return text;
    }
    -----
    char first[8], second[8];
    int a, b;
    CHECK(print_twice(first, second, "%d-%d", 12, 34) == 535 && !strcmp(first, "12-34") && !strcmp(second, "12-"));
    CHECK(scan_list("5 6", "%d %d", &a, &b) == 2 && a == 5 && b == 6);`,

  'kasprintf allocates as much as it needs': `
    char *text = kasprintf(GFP_KERNEL, "%s-%d", "name", 12), *empty = kasprintf(GFP_KERNEL, "%s", "");
    const char *constant = print_const("%s", "constant"), *plain = print_const("plain"), *other = print_const("%d", 5);
    CHECK(!strcmp(text, "name-12") && ksize(text) == 8 && !*empty);
    CHECK(!strcmp(constant, "constant") && !strcmp(plain, "plain") && !strcmp(other, "5"));
    kfree(text);
    kfree(empty);
    kfree_const(constant);
    kfree_const(plain);
    kfree_const(other);
    text = print_new("%x", 255);
    CHECK(!strcmp(text, "ff"));
    kfree(text);
    FAIL(kmalloc);
    CHECK(!kasprintf(GFP_KERNEL, "%d", 1));
    FAIL(kmalloc);
    CHECK(!print_new("%d", 1) && stub_check_leaks() == 0);`,
  'kasprintf may sleep if its flags say so': {
    c: `
    char *waits, *never;
    preempt_disable();
    never = kasprintf(GFP_ATOMIC, "a");
    CHECK(!stub_violations.count);
    waits = kasprintf(GFP_KERNEL, "a");
    preempt_enable();
    kfree(never);
    kfree(waits);`,
    violations: ['sleep-in-atomic'],
  },
  'seq_printf that has no room says so by a count that is the size': `
    #include <linux/seq_file.h>
    -----
    char buf[8];
    struct seq_file m = { .buf = buf, .size = 8 };
    seq_printf(&m, "%d,", 12);
    CHECK(m.count == 3 && !memcmp(buf, "12,", 3) && !seq_has_overflowed(&m));
    seq_printf(&m, "%s", "abcd");
    CHECK(m.count == 7 && !memcmp(buf, "12,abcd", 7) && !seq_has_overflowed(&m));
    seq_printf(&m, "x");
    CHECK(seq_has_overflowed(&m) && m.count == 8);
    seq_printf(&m, "more");
    CHECK(m.count == 8);`,

  'sscanf returns how many values it found': `
    int a = 0, b = 0;
    unsigned int u = 0, x = 0;
    CHECK(sscanf("12 -34", "%d %d", &a, &b) == 2 && a == 12 && b == -34);
    CHECK(sscanf("  7,8", "%u,%x", &u, &x) == 2 && u == 7 && x == 8 && sscanf("1 x", "%d %d", &a, &b) == 1 && a == 1 && b == -34);
    CHECK(sscanf("", "%d", &a) == 0 && sscanf("x", "%d", &a) == 0 && sscanf("-", "%d", &a) == 0 && a == 1);
    CHECK(sscanf("5;6", "%d,%d", &a, &b) == 1 && a == 5 && b == -34);
    CHECK(sscanf("-5", "%u", &u) == 0 && u == 7);`,
  'sscanf reads bases, widths and lengths as they are said': `
    int a, b;
    unsigned int x;
    unsigned long long big;
    long whole;
    u8 byte, behind = 9;
    short less;
    CHECK(sscanf("0x1F ff 0XA", "%x %x %x", &a, &x, &b) == 3 && a == 31 && x == 255 && b == 10);
    CHECK(sscanf("0x10 010 10", "%i %i %i", &a, &x, &b) == 3 && a == 16 && x == 8 && b == 10);
    CHECK(sscanf("17", "%o", &x) == 1 && x == 15 && sscanf("12345", "%2d%3d", &a, &b) == 2 && a == 12 && b == 345);
    CHECK(sscanf("0000:1a:02.7", "%x:%x:%x", &a, &x, &b) == 3 && x == 0x1a && b == 2);
    CHECK(sscanf("18446744073709551615 -7", "%llu %ld", &big, &whole) == 2 && big == ~0ull && whole == -7);
    CHECK(sscanf("200 -300", "%hhu %hd", &byte, &less) == 2 && byte == 200 && behind == 9 && less == -300);`,
  'sscanf reads words and characters': `
    char word[8], other[4], letters[3] = "zz", c;
    int n = -1, a;
    CHECK(sscanf(" one two", "%s %2s", word, other) == 2 && !strcmp(word, "one") && !strcmp(other, "tw"));
    CHECK(sscanf(" x", "%c%c", &c, letters) == 2 && c == ' ' && letters[0] == 'x');
    CHECK(sscanf("abc", "%2c", letters) == 1 && letters[0] == 'a' && letters[1] == 'b' && !letters[2]);
    CHECK(sscanf("skip 5", "%*s %d", &a) == 1 && a == 5 && sscanf("1 2", "%*d %d", &a) == 1 && a == 2);
    CHECK(sscanf("12 x", "%d %n", &a, &n) == 1 && n == 3 && sscanf("5%6", "%d%%%d", &a, &n) == 2 && n == 6);`,
};
