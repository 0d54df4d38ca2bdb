// SPDX-License-Identifier: GPL-2.0-only
/* Eventfds by which a user tells the kernel something, without a system call of ours in between. */
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>

struct virqfd {
	void *opaque;
	struct eventfd_ctx *eventfd;
	int (*handler)(void *opaque, void *data);
	void (*thread)(void *opaque, void *data);
	void *data;
	struct work_struct inject;
	wait_queue_entry_t wait;
	poll_table pt;
	struct work_struct shutdown;
	struct work_struct flush_inject;
	struct virqfd **pvirqfd;
};

/* What the pointers lead to; who takes one away has it shut down. */
static DEFINE_SPINLOCK(virqfd_lock);
static struct workqueue_struct *vfio_irqfd_cleanup_wq;

int vfio_virqfd_init(void)
{
	vfio_irqfd_cleanup_wq = create_singlethread_workqueue("vfio-irqfd-cleanup");
	return vfio_irqfd_cleanup_wq ? 0 : -ENOMEM;
}

static void virqfd_deactivate(struct virqfd *virqfd)
{
	queue_work(vfio_irqfd_cleanup_wq, &virqfd->shutdown);
}

static void tell(struct virqfd *virqfd)
{
	bool handled = virqfd->handler && !virqfd->handler(virqfd->opaque, virqfd->data);

	if (!handled && virqfd->thread)
		schedule_work(&virqfd->inject);
}

/* Under the lock of the eventfd's queue, with interrupts off. */
static int virqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct virqfd *virqfd = container_of(wait, struct virqfd, wait);
	__poll_t events = key_to_poll(key);
	unsigned long flags;
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(virqfd->eventfd, &count);
		tell(virqfd);
	}
	/* The user has closed it, unless somebody disables it just now. */
	if (events & EPOLLHUP) {
		spin_lock_irqsave(&virqfd_lock, flags);
		if (*virqfd->pvirqfd == virqfd) {
			*virqfd->pvirqfd = NULL;
			virqfd_deactivate(virqfd);
		}
		spin_unlock_irqrestore(&virqfd_lock, flags);
	}
	return 0;
}

static void virqfd_add(struct file *file, wait_queue_head_t *wq, poll_table *pt)
{
	add_wait_queue(wq, &container_of(pt, struct virqfd, pt)->wait);
}

static void virqfd_inject(struct work_struct *work)
{
	struct virqfd *virqfd = container_of(work, struct virqfd, inject);

	virqfd->thread(virqfd->opaque, virqfd->data);
}

/* Nobody can be told any more once it is out of the queue. */
static void virqfd_shutdown(struct work_struct *work)
{
	struct virqfd *virqfd = container_of(work, struct virqfd, shutdown);
	u64 count;

	eventfd_ctx_remove_wait_queue(virqfd->eventfd, &virqfd->wait, &count);
	flush_work(&virqfd->inject);
	eventfd_ctx_put(virqfd->eventfd);
	kfree(virqfd);
}

static void virqfd_flush_inject(struct work_struct *work)
{
	flush_work(&container_of(work, struct virqfd, flush_inject)->inject);
}

/* One at a time: who wants another takes this one away first. */
static bool publish(struct virqfd *virqfd)
{
	bool is_first;

	spin_lock_irq(&virqfd_lock);
	is_first = !*virqfd->pvirqfd;
	if (is_first)
		*virqfd->pvirqfd = virqfd;
	spin_unlock_irq(&virqfd_lock);
	return is_first;
}

int vfio_virqfd_enable(void *opaque, int (*handler)(void *opaque, void *data),
		       void (*thread)(void *opaque, void *data), void *data, struct virqfd **pvirqfd,
		       int fd)
{
	struct virqfd *virqfd = kzalloc(sizeof(*virqfd), GFP_KERNEL_ACCOUNT);
	struct fd file;
	int ret = -EBADF;

	if (!virqfd)
		return -ENOMEM;
	virqfd->opaque = opaque;
	virqfd->handler = handler;
	virqfd->thread = thread;
	virqfd->data = data;
	virqfd->pvirqfd = pvirqfd;
	INIT_WORK(&virqfd->inject, virqfd_inject);
	INIT_WORK(&virqfd->shutdown, virqfd_shutdown);
	INIT_WORK(&virqfd->flush_inject, virqfd_flush_inject);

	file = fdget((unsigned int)fd);
	if (fd_empty(file))
		goto out_free;
	virqfd->eventfd = eventfd_ctx_fileget(fd_file(file));
	if (IS_ERR(virqfd->eventfd)) {
		ret = (int)PTR_ERR(virqfd->eventfd);
		goto out_put_file;
	}
	ret = -EBUSY;
	if (!publish(virqfd))
		goto out_put;

	init_waitqueue_func_entry(&virqfd->wait, virqfd_wakeup);
	init_poll_funcptr(&virqfd->pt, virqfd_add);
	/* What was signalled before nobody has told. */
	if (vfs_poll(fd_file(file), &virqfd->pt) & EPOLLIN)
		tell(virqfd);
	fdput(file);
	return 0;

out_put:
	eventfd_ctx_put(virqfd->eventfd);
out_put_file:
	fdput(file);
out_free:
	kfree(virqfd);
	return ret;
}

/* Nothing of it runs any more when this returns. */
void vfio_virqfd_disable(struct virqfd **pvirqfd)
{
	if (READ_ONCE(*pvirqfd)) {
		spin_lock_irq(&virqfd_lock);
		if (*pvirqfd) {
			virqfd_deactivate(*pvirqfd);
			*pvirqfd = NULL;
		}
		spin_unlock_irq(&virqfd_lock);
	}
	/* Somebody else may have taken it away. */
	flush_workqueue(vfio_irqfd_cleanup_wq);
}

/* What it has been told so far is passed on when this returns; it stays. */
void vfio_virqfd_flush_thread(struct virqfd **pvirqfd)
{
	bool queued;

	spin_lock_irq(&virqfd_lock);
	queued = *pvirqfd && (*pvirqfd)->thread;
	if (queued)
		queue_work(vfio_irqfd_cleanup_wq, &(*pvirqfd)->flush_inject);
	spin_unlock_irq(&virqfd_lock);
	if (queued)
		flush_workqueue(vfio_irqfd_cleanup_wq);
}
