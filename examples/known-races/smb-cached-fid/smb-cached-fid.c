// SPDX-License-Identifier: GPL-2.0-only
/*
 * From fs/smb/client/cached_dir.c: the handle of a directory that is kept open while the
 * server grants a lease. Left out: the list and the requests.
 */
#include <linux/spinlock.h>
#include <linux/types.h>

struct cached_fid {
	bool has_lease:1;
	bool is_open:1;
	bool on_list:1;
	bool file_all_info_is_valid:1;
	unsigned long time;
};

struct cached_fids {
	spinlock_t cfid_list_lock;
	int num_entries;
};

static struct cached_fids cfids = { .num_entries = 1 };
/* As init_cached_dir() and find_or_create_cached_dir() leave it. */
static struct cached_fid cfid = { .has_lease = true, .on_list = true };

/* The reply to the open is there. */
void open_cached_dir(struct cached_fid *cfid)
{
	cfid->is_open = true;
}

/* The server takes the lease away. */
bool cached_dir_lease_break(struct cached_fids *cfids, struct cached_fid *cfid)
{
	bool found;

	spin_lock(&cfids->cfid_list_lock);
	found = cfid->has_lease;
	if (found) {
		cfid->has_lease = false;
		cfid->time = 0;
		cfid->on_list = false;
		cfids->num_entries--;
	}
	spin_unlock(&cfids->cfid_list_lock);
	return found;
}
