// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** Character devices and misc devices, classes, and where their inodes come from. */
export const treeFiles: Contracts = {
  'a region of device numbers begins where it was asked for, and no major is given twice': `
    #include <linux/cdev.h>
    #include <linux/device/class.h>
    #include <linux/fs.h>
    #include <linux/miscdevice.h>
    #include <linux/mount.h>
    -----
    dev_t one, two, none;
    CHECK(!alloc_chrdev_region(&one, 5, 2, "one") && !alloc_chrdev_region(&two, 0, 1, "two"));
    CHECK(MINOR(one) == 5 && !MINOR(two) && MAJOR(one) && MAJOR(two) && MAJOR(one) != MAJOR(two) && MAJOR(one) != MISC_MAJOR);
    FAIL(alloc_chrdev_region);
    CHECK(alloc_chrdev_region(&none, 0, 1, "none") == -EBUSY);
    unregister_chrdev_region(one, 2);
    unregister_chrdev_region(two, 1);
    CHECK(stub_check_leaks() == 0);`,
  'giving out device numbers, and adding devices, may sleep': {
    c: `
    static struct cdev sleepy_cdev;
    static struct miscdevice sleepy_misc = { .minor = MISC_DYNAMIC_MINOR, .name = "sleepy" };
    -----
    dev_t number;
    preempt_disable();
    CHECK(!alloc_chrdev_region(&number, 0, 1, "number"));
    preempt_enable();
    cdev_init(&sleepy_cdev, NULL);
    preempt_disable();
    CHECK(!cdev_add(&sleepy_cdev, number, 1));
    preempt_enable();
    cdev_del(&sleepy_cdev);
    preempt_disable();
    CHECK(!misc_register(&sleepy_misc));
    preempt_enable();
    misc_deregister(&sleepy_misc);`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic', 'sleep-in-atomic'],
  },

  'a character device is opened by the numbers that it was added with': `
    static int opens, closes, open_ret;
    static int count_open(struct inode *inode, struct file *filp) { opens++; filp->private_data = &opens; return open_ret; }
    static int count_release(struct inode *inode, struct file *filp) { closes++; return 0; }
    static struct module text_module = { .state = MODULE_STATE_UNFORMED };
    static const struct file_operations char_fops = { .owner = &text_module, .open = count_open, .release = count_release };
    static struct cdev opened_cdev;
    -----
    struct file *filp;
    dev_t first;
    stub_module_insert(&text_module);
    CHECK(!alloc_chrdev_region(&first, 3, 2, "opened"));
    cdev_init(&opened_cdev, &char_fops);
    CHECK(PTR_ERR(stub_open_chrdev(first)) == -ENXIO && !cdev_add(&opened_cdev, first, 2));
    CHECK(PTR_ERR(stub_open_chrdev(first - 1)) == -ENXIO && PTR_ERR(stub_open_chrdev(first + 2)) == -ENXIO && !opens);
    filp = stub_open_chrdev(first + 1);
    CHECK(!IS_ERR(filp) && opens == 1 && filp->f_op == &char_fops && filp->private_data == &opens);
    CHECK(file_inode(filp)->i_cdev == &opened_cdev && iminor(file_inode(filp)) == 4 && imajor(file_inode(filp)) == MAJOR(first));
    CHECK(S_ISCHR(file_inode(filp)->i_mode) && filp->f_mode & FMODE_READ && filp->f_mode & FMODE_WRITE);
    cdev_del(&opened_cdev);
    CHECK(PTR_ERR(stub_open_chrdev(first)) == -ENXIO && !closes && stub_module_stop(&text_module) == -EWOULDBLOCK);
    fput(filp);
    CHECK(closes == 1 && !stub_module_stop(&text_module) && stub_check_leaks() == 0);`,
  'a device that could not be opened is not released, and keeps no module': `
    struct file *filp;
    dev_t first;
    opens = closes = 0;
    stub_module_insert(&text_module);
    CHECK(!alloc_chrdev_region(&first, 0, 1, "refused"));
    cdev_init(&opened_cdev, &char_fops);
    opened_cdev.owner = &text_module;
    CHECK(!cdev_add(&opened_cdev, first, 1));
    open_ret = -EPERM;
    CHECK(PTR_ERR(stub_open_chrdev(first)) == -EPERM && opens == 1 && !closes && stub_check_leaks() == 0);
    open_ret = 0;
    FAIL(kmalloc);
    CHECK(PTR_ERR(stub_open_chrdev(first)) == -ENOMEM && opens == 1 && stub_check_leaks() == 0);
    filp = stub_open_chrdev(first);
    CHECK(!IS_ERR(filp) && stub_module_stop(&text_module) == -EWOULDBLOCK);
    fput(filp);
    CHECK(!stub_module_stop(&text_module) && PTR_ERR(stub_open_chrdev(first)) == -ENXIO && opens == 2);
    cdev_del(&opened_cdev);
    CHECK(stub_check_leaks() == 0);`,
  'a device that could not be added is not opened': `
    dev_t first;
    stub_module_insert(&text_module);
    CHECK(!alloc_chrdev_region(&first, 0, 1, "failed"));
    cdev_init(&opened_cdev, &char_fops);
    CHECK(opened_cdev.ops == &char_fops && list_empty(&opened_cdev.list));
    FAIL(cdev_add);
    CHECK(cdev_add(&opened_cdev, first, 1) == -ENOMEM && PTR_ERR(stub_open_chrdev(first)) == -ENXIO);`,
  'the parent of a character device stays until the last opener has gone': `
    static int parents_gone;
    static void parent_gone(struct device *dev) { parents_gone++; }
    static struct device char_parent = { .release = parent_gone };
    static struct cdev child_cdev;
    -----
    struct file *filp;
    dev_t first;
    stub_module_insert(&text_module);
    device_initialize(&char_parent);
    CHECK(!alloc_chrdev_region(&first, 0, 1, "child"));
    cdev_init(&child_cdev, &char_fops);
    cdev_set_parent(&child_cdev, &char_parent.kobj);
    FAIL(cdev_add);
    CHECK(cdev_add(&child_cdev, first, 1) && kref_read(&char_parent.kobj.kref) == 1);
    CHECK(!cdev_add(&child_cdev, first, 1) && kref_read(&char_parent.kobj.kref) == 2);
    put_device(&char_parent);
    filp = stub_open_chrdev(first);
    cdev_del(&child_cdev);
    CHECK(!IS_ERR(filp) && !parents_gone);
    fput(filp);
    CHECK(parents_gone == 1 && stub_check_leaks() == 0);`,
  'a device is added with its character device, or without one where it has no number': `
    static const struct bus_type char_bus = { .name = "char" };
    static struct device char_device = { .release = parent_gone, .bus = &char_bus };
    static struct cdev device_cdev;
    -----
    struct file *filp;
    int refs;
    parents_gone = 0;
    stub_module_insert(&text_module);
    device_initialize(&char_device);
    CHECK(!dev_set_name(&char_device, "char%d", 1));
    cdev_init(&device_cdev, &char_fops);
    CHECK(!cdev_device_add(&device_cdev, &char_device) && stub_devices() == &char_device);
    refs = kref_read(&char_device.kobj.kref);
    CHECK(PTR_ERR(stub_open_device("char1")) == -ENOENT);
    cdev_device_del(&device_cdev, &char_device);
    CHECK(stub_devices() != &char_device && !alloc_chrdev_region(&char_device.devt, 0, 1, "char"));
    CHECK(!cdev_device_add(&device_cdev, &char_device) && kref_read(&char_device.kobj.kref) == refs + 1);
    filp = stub_open_device("char1");
    CHECK(!IS_ERR(filp) && file_inode(filp)->i_rdev == char_device.devt && PTR_ERR(stub_open_device("char2")) == -ENOENT);
    cdev_device_del(&device_cdev, &char_device);
    CHECK(PTR_ERR(stub_open_device("char1")) == -ENOENT && PTR_ERR(stub_open_chrdev(char_device.devt)) == -ENXIO);
    put_device(&char_device);
    CHECK(!parents_gone);
    fput(filp);
    CHECK(parents_gone == 1 && stub_check_leaks() == 0);`,
  'a device that fails to come has no character device either': `
    static struct device failing_device = { .release = parent_gone, .bus = &char_bus };
    static struct cdev failing_cdev;
    -----
    stub_module_insert(&text_module);
    device_initialize(&failing_device);
    CHECK(!alloc_chrdev_region(&failing_device.devt, 0, 1, "char"));
    cdev_init(&failing_cdev, &char_fops);
    FAIL(kmalloc);
    CHECK(cdev_device_add(&failing_cdev, &failing_device) == -ENOMEM && kref_read(&failing_device.kobj.kref) == 1);
    CHECK(PTR_ERR(stub_open_chrdev(failing_device.devt)) == -ENXIO);
    cdev_init(&failing_cdev, &char_fops);
    FAIL(cdev_add);
    CHECK(cdev_device_add(&failing_cdev, &failing_device) == -ENOMEM && stub_devices() != &failing_device);
    put_device(&failing_device);
    CHECK(stub_check_leaks() == 0);`,

  'a misc device is opened by its name, and handed to who opens it': `
    static void *misc_seen;
    static int see_misc(struct inode *inode, struct file *filp) { misc_seen = filp->private_data; return open_ret; }
    static const struct file_operations misc_fops = { .owner = &text_module, .open = see_misc }, bare_fops = { .owner = &text_module };
    static struct miscdevice first_misc = { .minor = MISC_DYNAMIC_MINOR, .name = "first", .fops = &misc_fops };
    static struct miscdevice second_misc = { .minor = MISC_DYNAMIC_MINOR, .name = "second", .fops = &bare_fops };
    -----
    struct file *first, *second;
    stub_module_insert(&text_module);
    CHECK(PTR_ERR(stub_open_misc("first")) == -ENODEV && !misc_register(&first_misc) && !misc_register(&second_misc));
    CHECK(first_misc.minor != MISC_DYNAMIC_MINOR && second_misc.minor != MISC_DYNAMIC_MINOR && first_misc.minor != second_misc.minor);
    first = stub_open_misc("first");
    second = stub_open_misc("second");
    CHECK(!IS_ERR(first) && misc_seen == &first_misc && !IS_ERR(second) && second->private_data == &second_misc);
    CHECK(imajor(file_inode(first)) == MISC_MAJOR && (int)iminor(file_inode(first)) == first_misc.minor);
    misc_deregister(&first_misc);
    CHECK(PTR_ERR(stub_open_misc("first")) == -ENODEV && stub_module_stop(&text_module) == -EWOULDBLOCK);
    fput(first);
    fput(second);
    open_ret = -EBUSY;
    CHECK(!misc_register(&first_misc) && PTR_ERR(stub_open_misc("first")) == -EBUSY);
    misc_deregister(&first_misc);
    misc_deregister(&second_misc);
    CHECK(!stub_module_stop(&text_module) && stub_check_leaks() == 0);`,
  'a minor is one misc device’s, and free again when that has gone': `
    static struct miscdevice fixed_misc = { .minor = 200, .name = "fixed", .fops = &bare_fops };
    static struct miscdevice late_misc = { .minor = 200, .name = "late", .fops = &bare_fops };
    static struct miscdevice dynamic_misc = { .minor = MISC_DYNAMIC_MINOR, .name = "dynamic", .fops = &bare_fops };
    -----
    stub_module_insert(&text_module);
    FAIL(misc_register);
    CHECK(misc_register(&fixed_misc) == -EBUSY && fixed_misc.minor == 200 && !misc_register(&fixed_misc));
    CHECK(misc_register(&late_misc) == -EBUSY && PTR_ERR(stub_open_misc("late")) == -ENODEV);
    misc_deregister(&fixed_misc);
    CHECK(!misc_register(&late_misc));
    misc_deregister(&late_misc);
    FAIL(misc_register);
    CHECK(misc_register(&dynamic_misc) == -EBUSY && dynamic_misc.minor == MISC_DYNAMIC_MINOR && !misc_register(&dynamic_misc));
    misc_deregister(&dynamic_misc);
    CHECK(dynamic_misc.minor == MISC_DYNAMIC_MINOR);`,
  'a misc device that is not there is not taken away': {
    c: `
    INIT_LIST_HEAD(&dynamic_misc.list);
    misc_deregister(&dynamic_misc);
    CHECK(!misc_register(&dynamic_misc));
    misc_deregister(&dynamic_misc);
    misc_deregister(&dynamic_misc);`,
    violations: ['warned', 'warned'],
  },

  'what cannot be sought is opened so': `
    struct file filp = { .f_mode = FMODE_READ | FMODE_WRITE | FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS };
    CHECK(!nonseekable_open(NULL, &filp) && filp.f_mode == (FMODE_READ | FMODE_WRITE | FMODE_ATOMIC_POS));
    filp.f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
    CHECK(!stream_open(NULL, &filp) && filp.f_mode == (FMODE_READ | FMODE_WRITE | FMODE_STREAM));`,

  'a class is made and destroyed, or is static': `
    static struct class static_class = { .name = "static" };
    -----
    struct class *own = class_create("own");
    CHECK(!IS_ERR(own) && !strcmp(own->name, "own") && !class_register(&static_class));
    class_unregister(&static_class);
    class_destroy(own);
    class_destroy(NULL);
    class_destroy(ERR_PTR(-ENOMEM));
    FAIL(kmalloc);
    CHECK(PTR_ERR(class_create("none")) == -ENOMEM);
    FAIL(class_register);
    CHECK(class_register(&static_class) == -ENOMEM && stub_check_leaks() == 0);`,

  'a file system is mounted for the first one who pins it, and goes with the last': `
    static struct file_system_type pinned_type = { .name = "pinned" };
    static struct vfsmount *pinned;
    static int pins;
    -----
    struct vfsmount *first;
    FAIL(kmalloc);
    CHECK(simple_pin_fs(&pinned_type, &pinned, &pins) == -ENOMEM && !pinned && !pins);
    CHECK(!simple_pin_fs(&pinned_type, &pinned, &pins) && pinned && pins == 1 && pinned->mnt_sb->s_type == &pinned_type);
    first = pinned;
    CHECK(!simple_pin_fs(&pinned_type, &pinned, &pins) && pinned == first && pins == 2);
    simple_release_fs(&pinned, &pins);
    CHECK(pinned == first && pins == 1);
    simple_release_fs(&pinned, &pins);
    CHECK(!pinned && !pins && stub_check_leaks() == 0);`,
  'mounting may sleep': {
    c: `
    pinned = NULL;
    pins = 0;
    preempt_disable();
    CHECK(!simple_pin_fs(&pinned_type, &pinned, &pins));
    preempt_enable();
    simple_release_fs(&pinned, &pins);`,
    violations: ['sleep-in-atomic'],
  },
  'an inode without a name has pages of its own, and goes with its last reference': `
    static struct super_block anon_sb;
    -----
    struct inode *inode = alloc_anon_inode(&anon_sb);
    CHECK(!IS_ERR(inode) && inode->i_sb == &anon_sb && icount_of(inode) == 1 && inode->i_mapping == &inode->i_data);
    CHECK(inode->i_data.host == inode && (inode->i_mode & 0777) == (S_IRUSR | S_IWUSR) && inode_trylock(inode));
    inode_unlock(inode);
    atomic_inc(&inode->i_count);
    iput(inode);
    CHECK(icount_of(inode) == 1);
    iput(inode);
    iput(NULL);
    FAIL(kmalloc);
    CHECK(PTR_ERR(alloc_anon_inode(&anon_sb)) == -ENOMEM && stub_check_leaks() == 0);`.replaceAll(
    /icount_of\((\w+)\)/g,
    'atomic_read(&$1->i_count)',
  ),
  'putting an inode may sleep': {
    c: `
    struct inode *inode = alloc_anon_inode(&anon_sb);
    preempt_disable();
    iput(NULL);
    CHECK(!stub_violations.count);
    iput(inode);
    preempt_enable();
    CHECK(stub_check_leaks() == 0);`,
    violations: ['sleep-in-atomic'],
  },
};
