// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** Texts, and copies of what users have. */
export const treeStrings: Contracts = {
  'strsep gives each part, empty ones too, and none behind the last': `
    char text[] = "one,;two,", *rest = text, *none = NULL;
    CHECK(!strcmp(strsep(&rest, ",;"), "one") && rest == text + 4);
    CHECK(!strcmp(strsep(&rest, ",;"), "") && !strcmp(strsep(&rest, ",;"), "two"));
    CHECK(rest && !strcmp(strsep(&rest, ",;"), "") && !rest && !strsep(&rest, ",;") && !strsep(&none, ","));`,

  'strpbrk finds the first character that is one of some': `
    const char *text = "key=value;more";
    CHECK(strpbrk(text, ";=") == text + 3 && strpbrk(text, ";") == text + 9);
    CHECK(!strpbrk(text, "") && !strpbrk("", "x") && !strpbrk(text, "XYZ"));`,

  'strcpy and strcat end what they write, and return where it begins': `
    char to[8] = "zzzzzzz";
    const char *from = "abc", *more = "de";
    CHECK(strcpy(to, from) == to && !strcmp(to, "abc") && to[4] == 'z');
    CHECK(strcat(to, more) == to && !strcmp(to, "abcde") && to[6] == 'z');
    CHECK(strcat(to, "") == to && !strcmp(to, "abcde"));`,

  'strncpy fills what is left with zeroes, and ends nothing that is too long': `
    char to[6] = "zzzzz";
    const char *shorter = "ab", *longer = "abcdefgh";
    CHECK(strncpy(to, shorter, 5) == to && to[1] == 'b' && !to[2] && !to[3] && !to[4]);
    memset(to, 'z', 6);
    strncpy(to, longer, 4);
    CHECK(!memcmp(to, "abcdzz", 6));
    strncpy(to, shorter, 0);
    CHECK(to[0] == 'a' && to[4] == 'z');`,

  'skip_spaces finds the first character that is no space, strim cuts those at the end as well': `
    char text[] = " \\t\\n\\v\\f\\r one two \\n", blank[] = " \\t ", empty[] = "";
    CHECK(skip_spaces(text) == text + 7 && skip_spaces(text + 7) == text + 7 && !*skip_spaces(blank));
    CHECK(strim(text) == text + 7 && !strcmp(text + 7, "one two") && !*strim(blank) && strim(empty) == empty);
    CHECK(strstrip(text) == text + 7);`,

  'strncasecmp compares so many characters, whatever their case': `
    CHECK(!strncasecmp("ABCx", "abcy", 3) && strncasecmp("ABCx", "abcy", 4) < 0 && strncasecmp("abd", "ABC", 3) > 0);
    CHECK(!strncasecmp("a", "b", 0) && !strncasecmp("Ab", "aB", 9) && strncasecmp("a", "ab", 9) < 0 && strncasecmp("[", "{", 1));`,

  'kmemdup_nul ends what was not ended': `
    char *text = kmemdup_nul("abcdef", 3, GFP_KERNEL);
    CHECK(text && !strcmp(text, "abc") && !kmemdup_nul(NULL, 3, GFP_KERNEL));
    kfree(text);
    FAIL(kmalloc);
    CHECK(!kmemdup_nul("abc", 3, GFP_KERNEL) && stub_check_leaks() == 0);`,

  'a copy of a constant text goes by kfree_const': `
    char own[] = "own";
    const char *copy = kstrdup_const(own, GFP_KERNEL), *constant = kstrdup_const("constant", GFP_KERNEL);
    own[0] = 'x';
    CHECK(!strcmp(copy, "own") && copy != own && !strcmp(constant, "constant"));
    kfree_const(copy);
    kfree_const(constant);
    kfree_const(NULL);
    FAIL(kmalloc);
    CHECK(!kstrdup_const(own, GFP_KERNEL) && stub_check_leaks() == 0);`,

  'what a user has is copied, whole or with an end': `
    char from[8] = "abcdefg", *copy = memdup_user(from, 4), *ended = memdup_user_nul(from, 3), *large = vmemdup_user(from, 8);
    CHECK(!memcmp(copy, "abcd", 4) && !strcmp(ended, "abc") && !memcmp(large, from, 8) && copy != from);
    kfree(copy);
    kfree(ended);
    kvfree(large);
    CHECK(stub_check_leaks() == 0);`,
  'what there is no memory for is not copied from a user': `
    char from[4] = "abc";
    FAIL(kmalloc);
    CHECK(PTR_ERR(memdup_user(from, 4)) == -ENOMEM);
    FAIL(kmalloc);
    CHECK(PTR_ERR(memdup_user_nul(from, 4)) == -ENOMEM);
    FAIL(kmalloc);
    CHECK(PTR_ERR(vmemdup_user(from, 4)) == -ENOMEM);
    FAIL(kmalloc);
    CHECK(PTR_ERR(strndup_user(from, 4)) == -ENOMEM && stub_check_leaks() == 0);
    CHECK(PTR_ERR(memdup_user(from, (8 << 20))) == -ENOMEM);`,
  "a user's text is copied with its end, which has to be within the limit": `
    char *copy = strndup_user("text", 5);
    CHECK(!IS_ERR(copy) && !strcmp(copy, "text"));
    CHECK(PTR_ERR(strndup_user("text", 4)) == -EINVAL && PTR_ERR(strndup_user("", 0)) == -EINVAL);
    kfree(copy);
    copy = strndup_user("", 1);
    CHECK(!IS_ERR(copy) && !*copy);
    kfree(copy);
    CHECK(stub_check_leaks() == 0);`,
  'copying what a user has may sleep': {
    c: `
    char from[4] = "abc", *copy;
    preempt_disable();
    copy = memdup_user(from, 4);
    might_fault();
    preempt_enable();
    kfree(copy);`,
    // Where there is room for it, where it is read, and where it is said.
    violations: ['sleep-in-atomic', 'sleep-in-atomic', 'sleep-in-atomic'],
  },

  'random bytes are so many, and others each time': `
    u8 first[9] = { 0 }, second[9] = { 0 };
    get_random_bytes(first, 8);
    get_random_bytes(second, 8);
    CHECK(memcmp(first, second, 8) && !first[8] && !second[8] && !all_zero(first, 8));
    memcpy(second, first, 8);
    get_random_bytes(first, 0);
    CHECK(!memcmp(first, second, 8));`,
};
